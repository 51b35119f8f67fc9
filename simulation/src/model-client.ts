/** A small client that does what the specification asks of one, and nothing else; a script says when it connects, publishes and subscribes. */
import {
  encodePacket,
  InboundDelivery,
  noProperties,
  OutboundDelivery,
  type Packet,
  PacketIdentifiers,
  PacketReader,
  type PublishPacket,
} from '@petrel/protocol';
import type { Link } from './link.js';
import { messageOf, payloadOf } from './message-name.js';
import { connectPacketOf } from './model-packets.js';
import type { ClientContext, SimulatedClient } from './simulated-client.js';
import type { ConnectStep, PublishStep, SubscribeStep } from './step.js';

/** A client in the hands of a run. */
export class ModelClient implements SimulatedClient {
  readonly name: string;
  readonly #context: ClientContext;
  #outbound: OutboundDelivery<PublishStep>;
  #inbound = new InboundDelivery(65_535);
  #identifiers = new PacketIdentifiers();
  /** Messages that wait for send quota. */
  #waiting: PublishStep[] = [];
  /** Identifiers of SUBSCRIBE and UNSUBSCRIBE without answer. */
  readonly #requests = new Set<number>();
  #terms: ConnectStep | undefined;
  #link: Link | undefined;
  #isConnected = false;

  constructor(name: string, context: ClientContext) {
    this.name = name;
    this.#context = context;
    this.#outbound = new OutboundDelivery(65_535, this.#identifiers);
  }

  /** The connection it uses, connected or not. */
  get link(): Link | undefined {
    return this.#link;
  }

  connect(step: ConnectStep): void {
    const former = this.#link;
    this.#lost();
    if (step.abandonsFormer) former?.abandon();
    else former?.close();
    this.#terms = step;
    const reader = new PacketReader({ sender: 'server', protocolVersion: step.protocolVersion });
    const link = this.#context.openLink(step, {
      onBytes: (bytes) => {
        try {
          reader.push(bytes);
          for (let packet = reader.next(); packet !== undefined; packet = reader.next()) {
            if (this.#link === link) this.#handle(packet);
          }
        } catch (error) {
          this.#refuse(link, error);
        }
      },
      onClose: () => {
        if (this.#link === link) this.#lost();
      },
    });
    this.#link = link;
    this.#send(connectPacketOf(step));
    this.#keepAlive(link, step.keepAlive * 500);
  }

  publish(step: PublishStep): void {
    if (!this.#isConnected) return;
    if (step.qos > 0) {
      this.#waiting.push(step);
      this.#pump();
      return;
    }
    this.#sendPublish(step, 0, false);
  }

  subscribe({ topicFilter, qos, noLocal, retainAsPublished, retainHandling }: SubscribeStep): void {
    const subscription =
      this.#terms?.protocolVersion === 5
        ? { topicFilter, qos, noLocal, retainAsPublished, retainHandling }
        : { topicFilter, qos, noLocal: false, retainAsPublished: false, retainHandling: 0 as const };
    this.#request((packetIdentifier) => ({
      type: 'subscribe',
      packetIdentifier,
      subscriptions: [subscription],
      properties: noProperties,
    }));
  }

  unsubscribe(topicFilter: string): void {
    this.#request((packetIdentifier) => ({
      type: 'unsubscribe',
      packetIdentifier,
      topicFilters: [topicFilter],
      properties: noProperties,
    }));
  }

  disconnect(reasonCode: number, sessionExpiryInterval: number | undefined): void {
    const { protocolVersion = 5, sessionExpiryInterval: former = 0 } = this.#terms ?? {};
    if (!this.#isConnected) return;
    const mayChange = sessionExpiryInterval !== undefined && former > 0 && protocolVersion === 5;
    this.#send({
      type: 'disconnect',
      reasonCode: protocolVersion === 5 ? reasonCode : 0,
      properties: mayChange ? { sessionExpiryInterval } : noProperties,
    });
    const link = this.#link;
    this.#lost();
    link?.close();
  }

  destroy(): void {
    this.#lost();
  }

  #request(packetOf: (packetIdentifier: number) => Packet): void {
    const packetIdentifier = this.#isConnected ? this.#identifiers.allocate() : undefined;
    if (packetIdentifier === undefined) return;
    this.#requests.add(packetIdentifier);
    this.#send(packetOf(packetIdentifier));
  }

  #handle(packet: Packet): void {
    this.#link?.received(packet);
    switch (packet.type) {
      case 'connack':
        if (packet.reasonCode === 0)
          this.#connected(packet.sessionPresent, packet.properties.receiveMaximum ?? 65_535);
        return;
      case 'publish':
        this.#take(packet);
        return;
      case 'puback':
        this.#outbound.puback(packet.packetIdentifier);
        this.#pump();
        return;
      case 'pubrec':
        this.#onPubrec(packet.packetIdentifier, packet.reasonCode);
        return;
      case 'pubrel': {
        const known = this.#inbound.release(packet.packetIdentifier);
        this.#answer('pubcomp', packet.packetIdentifier, known ? 0 : 0x92);
        return;
      }
      case 'pubcomp':
        this.#outbound.pubcomp(packet.packetIdentifier);
        this.#pump();
        return;
      case 'suback':
      case 'unsuback':
        this.#requests.delete(packet.packetIdentifier);
        this.#identifiers.release(packet.packetIdentifier);
        return;
      default:
    }
  }

  /** The broker broke a rule, and the client goes. */
  #refuse(link: Link, error: unknown): void {
    const { history } = this.#context;
    history.add({ kind: 'fault', at: history.now, who: this.name, error });
    if (this.#link === link) this.#lost();
    link.close();
  }

  /** Without Session Present nothing of what was under way is known any more on either side [MQTT-3.2.2-5]. */
  #connected(sessionPresent: boolean, serverReceiveMaximum: number): void {
    const { receiveMaximum = 65_535, protocolVersion } = this.#terms ?? {};
    const announced = protocolVersion === 5 ? receiveMaximum : 65_535;
    this.#isConnected = true;
    if (!sessionPresent) {
      this.#outbound.clear();
      this.#inbound = new InboundDelivery(announced);
    }
    this.#outbound.resume(serverReceiveMaximum);
    this.#inbound.resume(announced);
    this.#pump();
  }

  #onPubrec(packetIdentifier: number, reasonCode: number): void {
    const outcome = this.#outbound.pubrec(packetIdentifier, reasonCode);
    if (outcome === 'release') this.#sendPubrel(packetIdentifier, 0);
    if (outcome === 'unknown') this.#sendPubrel(packetIdentifier, 0x92);
    this.#pump();
  }

  #take(packet: PublishPacket): void {
    const { packetIdentifier, qos } = packet;
    if (qos === 0 || this.#inbound.begin(packetIdentifier, qos) === 'new') this.#tell(packet);
    const link = this.#link;
    const acknowledge = (): void => {
      if (link !== this.#link || !this.#isConnected) return;
      if (qos === 1) this.#inbound.acknowledged();
      this.#answer(qos === 1 ? 'puback' : 'pubrec', packetIdentifier, 0);
    };
    const { acknowledgeAfterMs = 0 } = this.#terms ?? {};
    if (qos === 0) return;
    if (acknowledgeAfterMs === 0) acknowledge();
    else this.#context.clock.schedule(acknowledgeAfterMs, acknowledge);
  }

  #tell({ payload, topicName, qos, retain }: PublishPacket): void {
    const { history } = this.#context;
    const link = this.#link?.number ?? 0;
    const message = messageOf(payload);
    history.add({ kind: 'take', at: history.now, link, client: this.name, message, topicName, qos, retain });
  }

  #pump(): void {
    if (!this.#isConnected) return;
    for (let entry = this.#outbound.nextResend(); entry !== undefined; entry = this.#outbound.nextResend()) {
      if (entry.released) this.#sendPubrel(entry.packetIdentifier, 0);
      else this.#sendPublish(entry.message, entry.packetIdentifier, true);
    }
    while (this.#waiting.length > 0 && this.#outbound.canBegin) {
      const step = this.#waiting.shift() as PublishStep;
      this.#sendPublish(step, this.#outbound.begin(step, step.qos as 1 | 2), false);
    }
  }

  #sendPublish(step: PublishStep, packetIdentifier: number, dup: boolean): void {
    const { message, topicName, qos, retain, clears, padding } = step;
    const payload = clears ? new Uint8Array(0) : payloadOf(message, padding);
    this.#send({
      type: 'publish',
      topicName,
      payload,
      qos,
      retain,
      dup,
      packetIdentifier,
      properties: noProperties,
    });
  }

  #sendPubrel(packetIdentifier: number, reasonCode: number): void {
    this.#answer('pubrel', packetIdentifier, reasonCode);
  }

  #answer(type: 'puback' | 'pubrec' | 'pubrel' | 'pubcomp', packetIdentifier: number, code: number): void {
    const reasonCode = this.#terms?.protocolVersion === 5 ? code : 0;
    this.#send({ type, packetIdentifier, reasonCode, properties: noProperties });
  }

  #keepAlive(link: Link, everyMs: number): void {
    if (everyMs === 0) return;
    this.#context.clock.schedule(everyMs, () => {
      if (this.#link !== link) return;
      if (this.#isConnected) this.#send({ type: 'pingreq' });
      this.#keepAlive(link, everyMs);
    });
  }

  #send(packet: Packet): void {
    this.#link?.write(encodePacket(packet, this.#terms?.protocolVersion ?? 5));
  }

  #lost(): void {
    this.#link = undefined;
    this.#isConnected = false;
    for (const packetIdentifier of this.#requests) this.#identifiers.release(packetIdentifier);
    this.#requests.clear();
  }
}
