/**
 * The QoS 1 and 2 exchanges of one session towards its client, and all its PUBLISH packets: what is written, what the store is told, what an
 * answer of the client ends. Knows nothing of what waits.
 */
import { OutboundDelivery, type OutboundEntry, type QoS } from '@petrel/protocol';
import type { MemoryBudget } from './bounds/memory-budget.js';
import type { BrokerContext } from './broker-context.js';
import type { Connection } from './connection.js';
import type { Delivery } from './delivery.js';
import type { Message } from './message.js';
import type { Session } from './session.js';
import type { DeliveryTerms } from './subscription.js';
import type { UndeliveredReason } from './undelivered.js';

/** In flight for any session, however little memory is left. */
const fairBytes = 65_536;

/** Made once per session. */
export class OutboundExchanges {
  readonly #session: Session;
  readonly #context: BrokerContext;
  /** Made with the first QoS 1 or 2 delivery: most sessions never have one. */
  #outbound: OutboundDelivery<Delivery> | undefined;
  #receiveMaximum = 65_535;
  readonly #memory: MemoryBudget;
  readonly #maximumBytes: number;
  /** Of the messages of open exchanges. */
  #bytes = 0;

  constructor(session: Session, context: BrokerContext) {
    this.#session = session;
    this.#context = context;
    this.#memory = context.memory;
    this.#maximumBytes = context.options.limits.maximumInFlightBytes;
  }

  /** Exchanges that are not over. */
  get size(): number {
    return this.#outbound?.size ?? 0;
  }

  /** Whether another one may begin now. */
  get canBegin(): boolean {
    if (this.#outbound === undefined) return true;
    if (!this.#outbound.canBegin || this.#bytes >= this.#maximumBytes) return false;
    return this.#bytes < fairBytes || !this.#memory.isSpent;
  }

  /** Those that are open, in order. */
  deliveries(): Delivery[] {
    return (this.#outbound?.entries() ?? []).map((entry) => entry.message);
  }

  /** The session has a new connection: everything open is due again [MQTT-4.4.0-1]. */
  resume(receiveMaximum: number): void {
    this.#receiveMaximum = receiveMaximum;
    this.#outbound?.resume(receiveMaximum);
  }

  /** Ends all of them and gives back what was never acknowledged, in order. */
  clear(): Delivery[] {
    const deliveries = this.#outbound?.clear().map((entry) => entry.message) ?? [];
    for (const { message } of deliveries) this.#release(message);
    return deliveries;
  }

  /** Puts back one that a store kept. */
  restore(delivery: Delivery): void {
    this.#hold(delivery.message);
    this.#ensureOutbound().restore(delivery.packetIdentifier, delivery.qos, delivery, delivery.released);
  }

  /** Takes PUBACK. */
  puback(packetIdentifier: number): void {
    const entry = this.#outbound?.puback(packetIdentifier);
    if (entry !== undefined) this.#acknowledged(entry.message);
  }

  /** Takes PUBREC; answers whether PUBREL follows, and false with an unknown identifier. */
  pubrec(packetIdentifier: number, reasonCode: number): 'release' | 'ended' | 'unknown' {
    const delivery = this.#outbound?.get(packetIdentifier)?.message;
    const outcome = this.#outbound?.pubrec(packetIdentifier, reasonCode) ?? 'unknown';
    if (delivery === undefined) return outcome;
    if (outcome === 'ended') this.#ended(delivery);
    if (outcome === 'release' && !delivery.released) {
      delivery.released = true;
      if (this.#session.isStored)
        this.#context.store.updateDelivery(this.#session.clientIdentifier, delivery);
    }
    return outcome;
  }

  /** Takes PUBCOMP. */
  pubcomp(packetIdentifier: number): void {
    const entry = this.#outbound?.pubcomp(packetIdentifier);
    if (entry !== undefined) this.#acknowledged(entry.message);
  }

  #ensureOutbound(): OutboundDelivery<Delivery> {
    return (this.#outbound ??= new OutboundDelivery<Delivery>(this.#receiveMaximum));
  }

  /** Sends a QoS 0 message, or drops it where the rules say so. */
  sendAtMostOnce(connection: Connection, message: Message, terms: DeliveryTerms, retain: boolean): void {
    if (!connection.mayTakeMore) {
      this.#lost(message, 'slow');
      return;
    }
    const now = message.expiresAt === undefined ? 0 : this.#context.clock.now();
    const obstacle = this.#obstacle(connection, message, 0, terms, now);
    if (obstacle !== undefined) {
      this.#lost(message, obstacle);
      return;
    }
    connection.sender.send(message, 0, retain, false, 0, terms.encodedIdentifiers, now);
    this.#sent();
    if (this.#context.hooks.has.delivered) this.#session.tell('delivered', message, { qos: 0, retain });
  }

  /** Begins the exchange of a delivery, or drops it where the rules say so. `isNew`: the store does not have it yet. */
  start(connection: Connection, delivery: Delivery, isNew: boolean): void {
    const { message, qos, terms } = delivery;
    const now = message.expiresAt === undefined ? 0 : this.#context.clock.now();
    // What waited while the rules changed is asked about here, and only here: this is where a client gets it.
    const obstacle = this.#obstacle(connection, message, qos, terms, now);
    if (obstacle !== undefined) {
      if (isNew) this.#lost(message, obstacle);
      else this.drop(delivery, obstacle);
      return;
    }
    delivery.packetIdentifier = this.#ensureOutbound().begin(delivery, qos); // [MQTT-2.2.1-4]
    this.#hold(message);
    if (this.#session.isStored && this.#mustWait(connection, delivery, isNew)) return;
    this.#transmit(connection, delivery, false, now);
  }

  /**
   * Tells the store what is sent. A QoS 2 message leaves once the store owns its identifier: after a crash it would come a second time, under
   * another one. True when it leaves later.
   */
  #mustWait({ acknowledgements }: Connection, delivery: Delivery, isNew: boolean): boolean {
    const { store, clock } = this.#context;
    const { clientIdentifier, readyConnection } = this.#session;
    if (isNew) store.addDelivery(clientIdentifier, delivery);
    else store.updateDelivery(clientIdentifier, delivery);
    if (delivery.qos === 1) return false;
    const commit = store.commit();
    if (acknowledgements.mayLeaveNow(commit)) return false;
    acknowledgements.after(commit, () => {
      if (readyConnection !== undefined) this.#transmit(readyConnection, delivery, false, clock.now());
    });
    return true;
  }

  /** Sends again what an earlier connection left open. */
  resend(connection: Connection): void {
    const outbound = this.#outbound;
    if (outbound === undefined) return;
    for (let entry = outbound.nextResend(); entry !== undefined; entry = outbound.nextResend()) {
      this.#resendOne(connection, entry);
    }
  }

  #resendOne(
    connection: Connection,
    { packetIdentifier, qos, message: delivery, released }: OutboundEntry<Delivery>,
  ): void {
    if (released) {
      connection.sendPubrel(packetIdentifier, 0);
      return;
    }
    const { message, terms } = delivery;
    const now = message.expiresAt === undefined ? 0 : this.#context.clock.now();
    const mayGet = this.#mayGet(message);
    if (!mayGet || !connection.sender.fits(message, qos, terms.encodedIdentifiers, now)) {
      this.#abandon(connection, packetIdentifier, delivery, mayGet ? 'too large' : 'no rights');
      return;
    }
    this.#transmit(connection, delivery, true, now); // [MQTT-3.3.1-1]
  }

  #mayGet({ topic }: Message): boolean {
    const { accessControl } = this.#context;
    return (
      accessControl.policy === undefined || accessControl.mayReceive(this.#session.client, topic.topicName)
    );
  }

  #transmit(connection: Connection, delivery: Delivery, dup: boolean, now: number): void {
    const { message, qos, retain, packetIdentifier, terms } = delivery;
    connection.sender.send(message, qos, retain, dup, packetIdentifier, terms.encodedIdentifiers, now);
    this.#sent();
    if (this.#context.hooks.has.delivered) this.#session.tell('delivered', message, delivery);
  }

  /**
   * The message was sent before, and this connection cannot take it, or its client must not have it any more [MQTT-3.1.2-25]. At QoS 2 the client may know its identifier, which means
   * nothing else before the exchange is over [MQTT-2.2.1-4].
   */
  #abandon(
    connection: Connection,
    packetIdentifier: number,
    delivery: Delivery,
    reason: UndeliveredReason,
  ): void {
    if (delivery.qos === 1) {
      this.#outbound?.drop(packetIdentifier);
      this.drop(delivery, reason);
      return;
    }
    this.#lost(delivery.message, reason);
    this.pubrec(packetIdentifier, 0);
    connection.sendPubrel(packetIdentifier, 0);
  }

  /** Forgets a delivery that will never be sent. */
  drop(delivery: Delivery, reason: UndeliveredReason): void {
    this.#lost(delivery.message, reason);
    this.#ended(delivery);
  }

  /** Why a message cannot be sent: such a one gets no identifier. */
  #obstacle(
    connection: Connection,
    message: Message,
    qos: QoS,
    { encodedIdentifiers }: DeliveryTerms,
    now: number,
  ): UndeliveredReason | undefined {
    if (!this.#mayGet(message)) return 'no rights';
    if (message.isExpired(now)) return 'expired'; // [MQTT-3.3.2-5]
    return connection.sender.fits(message, qos, encodedIdentifiers, now) ? undefined : 'too large'; // [MQTT-3.1.2-25]
  }

  #lost(message: Message, reason: UndeliveredReason): void {
    this.#context.metrics.messagesDropped += 1;
    this.#session.noteUndelivered(message, reason);
  }

  #hold(message: Message): void {
    const bytes = message.heldBytes;
    this.#bytes += bytes;
    this.#memory.hold(message, bytes);
  }

  #release(message: Message): void {
    const bytes = message.heldBytes;
    this.#bytes -= bytes;
    this.#memory.release(message, bytes);
  }

  #acknowledged(delivery: Delivery): void {
    this.#ended(delivery);
    if (this.#context.hooks.has.acknowledged) this.#session.tell('acknowledged', delivery.message, delivery);
  }

  #ended(delivery: Delivery): void {
    if (delivery.packetIdentifier > 0) this.#release(delivery.message);
    if (this.#session.isStored)
      this.#context.store.deleteDelivery(this.#session.clientIdentifier, delivery.sequence);
  }

  #sent(): void {
    const { metrics } = this.#context;
    metrics.messagesSent += 1;
    metrics.packetsSent += 1;
  }
}
