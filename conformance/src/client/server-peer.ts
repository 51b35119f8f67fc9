/** The server's end of a connection with the client under test: the vocabulary that the tests are written in. */
import type {
  AcknowledgementType,
  ConnackPacket,
  ConnectPacket,
  Packet,
  PublishPacket,
  PublishProperties,
  QoS,
} from '@petrel/protocol';
import { ConformanceError, Peer, type Received } from '../wire/peer.js';
import type { TestedClient } from './adapter.js';

/** What a PUBLISH may say beside its Topic Name and payload. */
export interface DeliverOptions {
  readonly qos?: QoS;
  readonly dup?: boolean;
  readonly packetIdentifier?: number;
  readonly properties?: PublishProperties;
}

let markers = 0;

/** A connection that a client has opened. */
export class ServerPeer extends Peer {
  /** Receives CONNECT and answers CONNACK, 0x00 unless said otherwise. */
  async accept(connack: Partial<ConnackPacket> = {}): Promise<Received<ConnectPacket>> {
    const received = await this.expectFrame('connect');
    this.protocolVersion = received.packet.protocolVersion;
    this.send({ type: 'connack', sessionPresent: false, reasonCode: 0, properties: {}, ...connack });
    return received;
  }

  /** Sends a PUBLISH to the client. */
  deliver(topicName: string, payload: string, options: DeliverOptions = {}): void {
    const { qos = 0, dup = false, packetIdentifier = 1, properties = {} } = options;
    this.send({
      type: 'publish',
      topicName,
      payload: Buffer.from(payload),
      qos,
      dup,
      retain: false,
      packetIdentifier: qos === 0 ? 0 : packetIdentifier,
      properties,
    });
  }

  /** Sends a packet of the QoS 1 and QoS 2 exchanges. */
  answer(type: AcknowledgementType, packetIdentifier: number, reasonCode = 0): void {
    this.send({ type, packetIdentifier, reasonCode, properties: {} });
  }

  /** Receives SUBSCRIBE and grants all of it. */
  async grant(): Promise<Received<Extract<Packet, { type: 'subscribe' }>>> {
    const received = await this.expectFrame('subscribe');
    this.#grant(received.packet);
    return received;
  }

  /** Receives a PUBLISH and completes the exchange of its QoS. */
  async take(): Promise<PublishPacket> {
    const packet = await this.expectPacket('publish');
    const { qos, packetIdentifier } = packet;
    if (qos === 1) this.answer('puback', packetIdentifier);
    if (qos === 2) {
      this.answer('pubrec', packetIdentifier);
      await this.expectPacket('pubrel', (pubrel) => pubrel.packetIdentifier === packetIdentifier);
      this.answer('pubcomp', packetIdentifier);
    }
    return packet;
  }

  /**
   * What the client sends before a SUBSCRIBE that it is now asked for; PINGREQ is answered and not counted. `answering`: also answers
   * what belongs to QoS 1 and QoS 2, for clients that send again one message after the other.
   */
  async framesBeforeMarker(
    client: TestedClient,
    { answering = false }: { readonly answering?: boolean } = {},
  ): Promise<readonly Received[]> {
    const topicFilter = `marker/${++markers}`;
    const subscribed = client.subscribe(topicFilter, { qos: 0 });
    const frames: Received[] = [];
    for (;;) {
      const received = await this.next();
      const { packet } = received;
      if (packet.type === 'pingreq') this.send({ type: 'pingresp' });
      else if (packet.type === 'subscribe' && packet.subscriptions[0]?.topicFilter === topicFilter) {
        this.#grant(packet);
        await subscribed;
        return frames;
      } else {
        frames.push(received);
        if (answering) this.#respond(packet);
      }
    }
  }

  /** `framesBeforeMarker` without the bytes. */
  async packetsBeforeMarker(
    client: TestedClient,
    options?: { readonly answering?: boolean },
  ): Promise<readonly Packet[]> {
    return (await this.framesBeforeMarker(client, options)).map(({ packet }) => packet);
  }

  /** The client sends nothing before a SUBSCRIBE that it is now asked for. */
  async expectNothingBefore(client: TestedClient): Promise<void> {
    const packets = await this.packetsBeforeMarker(client);
    if (packets.length > 0) {
      throw new ConformanceError(
        `expected nothing, got ${packets.map(({ type }) => type.toUpperCase()).join(', ')}`,
      );
    }
  }

  #respond(packet: Packet): void {
    if (packet.type === 'publish' && packet.qos === 1) this.answer('puback', packet.packetIdentifier);
    if (packet.type === 'publish' && packet.qos === 2) this.answer('pubrec', packet.packetIdentifier);
    if (packet.type === 'pubrel') this.answer('pubcomp', packet.packetIdentifier);
  }

  #grant({ packetIdentifier, subscriptions }: Extract<Packet, { type: 'subscribe' }>): void {
    const reasonCodes = subscriptions.map(({ qos }) => qos);
    this.send({ type: 'suback', packetIdentifier, reasonCodes, properties: {} });
  }
}
