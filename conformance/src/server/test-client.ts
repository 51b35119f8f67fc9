/** A client of the broker under test: the vocabulary that the tests are written in. */
import type {
  AcknowledgementType,
  ConnackPacket,
  DisconnectProperties,
  Packet,
  PublishPacket,
  PublishProperties,
  QoS,
  SubackPacket,
  SubscriptionRequest,
  UnsubackPacket,
} from '@petrel/protocol';
import { ConformanceError, Peer, type PeerOptions } from '../wire/peer.js';
import type { Transport } from '../wire/transport.js';

/** What a PUBLISH may say beside its Topic Name and payload. */
export interface PublishOptions {
  readonly qos?: QoS;
  readonly retain?: boolean;
  readonly dup?: boolean;
  readonly packetIdentifier?: number;
  readonly properties?: PublishProperties;
}

/** What a subscription may say beside its Topic Filter. */
export interface SubscribeOptions extends Partial<Omit<SubscriptionRequest, 'topicFilter'>> {
  readonly subscriptionIdentifier?: number;
}

/** An open connection to the broker, after CONNACK unless a test wants it otherwise. */
export class TestClient extends Peer {
  clientIdentifier = '';
  /** Set by `TestContext.connect`. */
  connack: ConnackPacket = { type: 'connack', sessionPresent: false, reasonCode: 0, properties: {} };
  #lastIdentifier = 0;
  #markers = 0;
  readonly #onSend: (client: TestClient, packet: Packet) => void;

  constructor(
    transport: Transport,
    options: PeerOptions,
    onSend: (client: TestClient, packet: Packet) => void,
  ) {
    super(transport, options);
    this.#onSend = onSend;
  }

  override send(...parts: readonly (Packet | Uint8Array | readonly number[])[]): void {
    for (const part of parts) if ('type' in part) this.#onSend(this, part);
    super.send(...parts);
  }

  /** A Packet Identifier that this connection has not used yet. */
  nextIdentifier(): number {
    return ++this.#lastIdentifier;
  }

  /** A PUBLISH of this client; a Packet Identifier of its own at QoS 1 and 2 unless one is given. */
  publishPacket(
    topicName: string,
    payload: string | Uint8Array,
    options: PublishOptions = {},
  ): PublishPacket {
    const { qos = 0, retain = false, dup = false, properties = {} } = options;
    return {
      type: 'publish',
      topicName,
      payload: typeof payload === 'string' ? Buffer.from(payload) : payload,
      qos,
      retain,
      dup,
      packetIdentifier: qos === 0 ? 0 : (options.packetIdentifier ?? this.nextIdentifier()),
      properties,
    };
  }

  /** Publishes and completes the exchange of its QoS; returns the Reason Code of the PUBACK or PUBREC, 0 at QoS 0. */
  async publish(
    topicName: string,
    payload: string | Uint8Array,
    options: PublishOptions = {},
  ): Promise<number> {
    const packet = this.publishPacket(topicName, payload, options);
    const { packetIdentifier } = packet;
    this.send(packet);
    if (packet.qos === 0) return 0;
    const isItsAnswer = (answer: { readonly packetIdentifier: number }) =>
      answer.packetIdentifier === packetIdentifier;
    if (packet.qos === 1) return (await this.expectPacket('puback', isItsAnswer)).reasonCode;
    const { reasonCode } = await this.expectPacket('pubrec', isItsAnswer);
    if (reasonCode < 0x80) {
      this.answer('pubrel', packetIdentifier);
      await this.expectPacket('pubcomp', isItsAnswer);
    }
    return reasonCode;
  }

  /** Subscribes to one Topic Filter, or to several with the same options; every one must be granted. */
  async subscribe(
    topicFilter: string | readonly string[],
    options: SubscribeOptions = {},
  ): Promise<SubackPacket> {
    const suback = await this.trySubscribe(topicFilter, options);
    for (const code of suback.reasonCodes) {
      if (code >= 0x80)
        throw new ConformanceError(
          `SUBSCRIBE to "${String(topicFilter)}" was refused with 0x${code.toString(16)}`,
        );
    }
    return suback;
  }

  /** `subscribe` that takes a refusal for an answer. */
  async trySubscribe(
    topicFilter: string | readonly string[],
    options: SubscribeOptions = {},
  ): Promise<SubackPacket> {
    const { qos = 0, noLocal = false, retainAsPublished = false, retainHandling = 0 } = options;
    const packetIdentifier = this.nextIdentifier();
    const { subscriptionIdentifier } = options;
    this.send({
      type: 'subscribe',
      packetIdentifier,
      subscriptions: [topicFilter]
        .flat()
        .map((filter) => ({ topicFilter: filter, qos, noLocal, retainAsPublished, retainHandling })),
      properties: subscriptionIdentifier === undefined ? {} : { subscriptionIdentifier },
    });
    return this.expectPacket('suback', (suback) => suback.packetIdentifier === packetIdentifier);
  }

  /** Unsubscribes and waits for the answer. */
  async unsubscribe(...topicFilters: readonly string[]): Promise<UnsubackPacket> {
    const packetIdentifier = this.nextIdentifier();
    this.send({ type: 'unsubscribe', packetIdentifier, topicFilters, properties: {} });
    return this.expectPacket('unsuback', (unsuback) => unsuback.packetIdentifier === packetIdentifier);
  }

  /** The next PUBLISH, of this topic if one is given, without any acknowledgement. */
  expectPublish(topicName?: string): Promise<PublishPacket> {
    return this.expectPacket(
      'publish',
      (packet) => topicName === undefined || packet.topicName === topicName,
    );
  }

  /** The next message, of this topic if one is given, with the exchange of its QoS completed. */
  async expectMessage(topicName?: string): Promise<PublishPacket> {
    const packet = await this.expectPublish(topicName);
    await this.acknowledge(packet);
    return packet;
  }

  /** Sends a packet of the QoS 1 and QoS 2 exchanges. */
  answer(type: AcknowledgementType, packetIdentifier: number, reasonCode = 0): void {
    this.send({ type, packetIdentifier, reasonCode, properties: {} });
  }

  /** Completes the exchange of a received PUBLISH. */
  async acknowledge({ qos, packetIdentifier }: PublishPacket): Promise<void> {
    if (qos === 1) this.answer('puback', packetIdentifier);
    if (qos !== 2) return;
    this.answer('pubrec', packetIdentifier);
    await this.expectPacket('pubrel', (pubrel) => pubrel.packetIdentifier === packetIdentifier);
    this.answer('pubcomp', packetIdentifier);
  }

  /** PINGREQ and its PINGRESP: what the broker had to say until now has come. */
  async ping(): Promise<void> {
    this.send({ type: 'pingreq' });
    await this.expectPacket('pingresp');
  }

  /** Nothing of this type has come by now. */
  async expectNone(type: Packet['type']): Promise<void> {
    await this.ping();
    const unexpected = this.pending(type);
    if (unexpected.length > 0)
      throw new ConformanceError(`expected no ${type.toUpperCase()}, got ${unexpected.length}`);
  }

  /**
   * No message comes before the marker that `publisher` now sends on the way that the message would have taken.
   * This client must be subscribed to `topicName`.
   */
  async expectNothingBefore(publisher: TestClient, topicName: string, qos: QoS = 1): Promise<void> {
    const marker = `marker ${++this.#markers} of ${this.clientIdentifier}`;
    await publisher.publish(topicName, marker, { qos });
    const packet = await this.expectMessage();
    if (textOf(packet) !== marker) {
      throw new ConformanceError(`expected nothing, got ${describeMessage(packet)}`);
    }
  }

  /** Ends the connection the ordinary way, and waits until the broker has closed it too. */
  async disconnect(reasonCode = 0, properties: DisconnectProperties = {}): Promise<void> {
    this.send({ type: 'disconnect', reasonCode, properties });
    this.end();
    await this.waitClosed();
  }
}

/** The payload as text. */
export function textOf({ payload }: PublishPacket): string {
  return Buffer.from(payload).toString();
}

/** A message for people: what it is, not what it holds, unless it is one of ours. */
export function describeMessage(packet: PublishPacket): string {
  const { topicName, qos, retain } = packet;
  return `PUBLISH "${textOf(packet).slice(0, 40)}" on "${topicName.slice(-40)}", QoS ${qos}${retain ? ', RETAIN' : ''}`;
}
