/**
 * Everything on its way to one session: what is in flight, what waits, what is retained and still to be replayed. The one pump
 * towards a client. Knows nothing of how a message came here.
 */
import { OutboundDelivery, type OutboundEntry } from '@petrel/protocol';
import type { BrokerContext } from './broker-context.js';
import type { Connection } from './connection.js';
import { Delivery, effectiveQoS } from './delivery.js';
import type { Message } from './message.js';
import { OutboundQueue } from './outbound-queue.js';
import { RetainedDeliveries } from './retained-deliveries.js';
import type { RetainedReplay } from './retained-replay.js';
import type { Session } from './session.js';
import type { DeliveryTerms, Subscription } from './subscription.js';

/** The outgoing half of a session. */
export class SessionDeliveries {
  readonly #session: Session;
  readonly #context: BrokerContext;
  readonly #queue: OutboundQueue;
  /** Made with the first QoS 1 or 2 delivery: most sessions never have one. */
  #outbound: OutboundDelivery<Delivery> | undefined;
  #retained: RetainedDeliveries | undefined;
  #receiveMaximum = 65_535;
  #sequence = 0;
  #retainedIsNext = false;

  constructor(session: Session, context: BrokerContext) {
    this.#session = session;
    this.#context = context;
    this.#queue = new OutboundQueue(context.options.limits.sessionQueue);
  }

  /** QoS 1 and 2 messages that wait for a free place. */
  get queued(): number {
    return this.#queue.length;
  }

  get queuedBytes(): number {
    return this.#queue.bytes;
  }

  /** QoS 1 and 2 messages whose exchange is not over. */
  get inFlight(): number {
    return this.#outbound?.size ?? 0;
  }

  /** Tells publishers to slow down. */
  get isHalfFull(): boolean {
    return this.#queue.length > 0 && this.#queue.isHalfFull;
  }

  /** Tells whether a message would be sent at once. */
  get hasRoom(): boolean {
    return this.#queue.length === 0 && (this.#outbound === undefined || this.#outbound.canBegin);
  }

  /** Sends a message, or queues it, or drops it where the rules say so. `retain` is RETAIN as this session sees it. */
  deliver(message: Message, terms: DeliveryTerms, retain: boolean): void {
    const session = this.#session;
    if (this.#context.hooks.has.deliver && !session.mayGet(message)) return;
    const qos = effectiveQoS(message.qos, terms.qos);
    const { readyConnection } = session;
    if (qos === 0) {
      // A QoS 0 message never waits for a client that is not there.
      if (readyConnection !== undefined) this.#sendAtMostOnce(readyConnection, message, terms, retain);
      return;
    }
    const delivery = new Delivery(this.#sequence++, message.keep(), qos, retain, terms);
    if (session.isDurable) this.#context.store.addDelivery(session.clientIdentifier, delivery);
    if (readyConnection !== undefined && this.hasRoom && readyConnection.hasRoom) {
      this.#start(readyConnection, delivery);
    } else {
      this.#enqueue(delivery);
    }
  }

  /** Begins to send the retained messages that a new subscription matches. */
  replay(subscription: Subscription, replay: RetainedReplay<Message>): void {
    this.#retained ??= new RetainedDeliveries();
    this.#retained.add(subscription, replay);
  }

  /** Ends what replay() began, for a subscription that is no more. */
  endReplay(subscription: Subscription): void {
    this.#retained?.remove(subscription);
  }

  /** The session has a new connection: everything open is due again [MQTT-4.4.0-1]. */
  resume(receiveMaximum: number): void {
    this.#receiveMaximum = receiveMaximum;
    this.#outbound?.resume(receiveMaximum);
  }

  /** The connection is gone: what stays must not hold on to large shared arrays. */
  suspend(): void {
    // What a lasting session asked for and has not got yet waits for it like everything else.
    if (!this.#session.isDurable) this.#retained = undefined;
    for (const delivery of this.#queue) delivery.message.detach();
    for (const entry of this.#outbound?.entries() ?? []) entry.message.message.detach();
  }

  /** Takes PUBACK. */
  puback(packetIdentifier: number): void {
    const entry = this.#outbound?.puback(packetIdentifier);
    if (entry !== undefined) this.#ended(entry.message);
  }

  /** Takes PUBREC; answers whether PUBREL follows, and false with an unknown identifier. */
  pubrec(packetIdentifier: number, reasonCode: number): 'release' | 'ended' | 'unknown' {
    const delivery = this.#outbound?.get(packetIdentifier)?.message;
    const outcome = this.#outbound?.pubrec(packetIdentifier, reasonCode) ?? 'unknown';
    if (delivery === undefined) return outcome;
    if (outcome === 'ended') this.#ended(delivery);
    if (outcome === 'release' && !delivery.released) {
      delivery.released = true;
      if (this.#session.isDurable)
        this.#context.store.updateDelivery(this.#session.clientIdentifier, delivery);
    }
    return outcome;
  }

  /** Takes PUBCOMP. */
  pubcomp(packetIdentifier: number): void {
    const entry = this.#outbound?.pubcomp(packetIdentifier);
    if (entry !== undefined) this.#ended(entry.message);
  }

  /** Sends whatever may be sent now; called whenever there might be room. */
  pump(): void {
    const connection = this.#session.readyConnection;
    if (connection === undefined) return;
    this.#resend(connection);
    while (connection.hasRoom) {
      // Live and retained messages take turns, so that neither keeps the other waiting for long.
      this.#retainedIsNext = !this.#retainedIsNext;
      const sent = this.#retainedIsNext
        ? this.#pumpRetained(connection) || this.#pumpQueue(connection)
        : this.#pumpQueue(connection) || this.#pumpRetained(connection);
      if (!sent) return;
    }
  }

  /** Empties everything, for a session that ended; gives back what was never acknowledged, in order. */
  clear(): readonly Delivery[] {
    const open = this.#outbound?.clear().map((entry) => entry.message) ?? [];
    this.#retained = undefined;
    return [...open, ...this.#queue.clear()];
  }

  /** Puts back a delivery that a store kept. */
  restore(delivery: Delivery): void {
    this.#sequence = Math.max(this.#sequence, delivery.sequence + 1);
    if (delivery.packetIdentifier === 0) {
      this.#enqueue(delivery);
    } else {
      this.#ensureOutbound().restore(delivery.packetIdentifier, delivery.qos, delivery, delivery.released);
    }
  }

  #ensureOutbound(): OutboundDelivery<Delivery> {
    return (this.#outbound ??= new OutboundDelivery<Delivery>(this.#receiveMaximum));
  }

  #sendAtMostOnce(connection: Connection, message: Message, terms: DeliveryTerms, retain: boolean): void {
    const { metrics } = this.#context;
    if (!connection.mayTakeMore) {
      metrics.messagesDropped += 1;
      return;
    }
    const now = message.expiresAt === undefined ? 0 : this.#context.clock.now();
    if (message.isExpired(now) || !connection.sender.fits(message, 0, terms.encodedIdentifiers, now)) {
      metrics.messagesDropped += 1; // [MQTT-3.1.2-25] [MQTT-3.3.2-5]
      return;
    }
    connection.sender.send(message, 0, retain, false, 0, terms.encodedIdentifiers, now);
    this.#sent(message);
  }

  #start(connection: Connection, delivery: Delivery): void {
    const { message, qos, terms } = delivery;
    const now = message.expiresAt === undefined ? 0 : this.#context.clock.now();
    // Neither an expired message [MQTT-3.3.2-5] nor one the client cannot take [MQTT-3.1.2-25] gets an identifier.
    if (message.isExpired(now) || !connection.sender.fits(message, qos, terms.encodedIdentifiers, now)) {
      this.#drop(delivery);
      return;
    }
    delivery.packetIdentifier = this.#ensureOutbound().begin(delivery, qos); // [MQTT-2.2.1-4]
    if (this.#session.isDurable) this.#context.store.updateDelivery(this.#session.clientIdentifier, delivery);
    this.#transmit(connection, delivery, false, now);
  }

  #resend(connection: Connection): void {
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
    if (!connection.sender.fits(message, qos, terms.encodedIdentifiers, now)) {
      this.#abandon(connection, packetIdentifier, delivery);
      return;
    }
    this.#transmit(connection, delivery, true, now); // [MQTT-3.3.1-1]
  }

  #transmit(connection: Connection, delivery: Delivery, dup: boolean, now: number): void {
    const { message, qos, retain, packetIdentifier, terms } = delivery;
    connection.sender.send(message, qos, retain, dup, packetIdentifier, terms.encodedIdentifiers, now);
    this.#sent(message);
  }

  /**
   * The message was sent before, and this connection cannot take it [MQTT-3.1.2-25]. At QoS 2 the client may know its identifier, which means
   * nothing else before the exchange is over [MQTT-2.2.1-4].
   */
  #abandon(connection: Connection, packetIdentifier: number, delivery: Delivery): void {
    if (delivery.qos === 1) {
      this.#outbound?.drop(packetIdentifier);
      this.#drop(delivery);
      return;
    }
    this.#context.metrics.messagesDropped += 1;
    this.pubrec(packetIdentifier, 0);
    connection.sendPubrel(packetIdentifier, 0);
  }

  /** Sends one queued delivery; false when that is not possible now. */
  #pumpQueue(connection: Connection): boolean {
    if (this.#queue.length === 0 || !this.#ensureOutbound().canBegin) return false;
    this.#start(connection, this.#queue.shift() as Delivery);
    return true;
  }

  /** Sends one retained message, or looks for one; false when there is nothing more or no room in the window. */
  #pumpRetained(connection: Connection): boolean {
    const retained = this.#retained;
    if (retained === undefined) return false;
    const message = retained.peek(this.#context.clock.now());
    if (message === undefined) {
      // A search that passes many topics and finds nothing goes on in the next turn.
      if (retained.isEmpty) this.#retained = undefined;
      else connection.wake();
      return false;
    }
    const { terms, subscription } = retained;
    const qos = effectiveQoS(message.qos, terms.qos);
    if (qos > 0 && !this.#ensureOutbound().canBegin) return false;
    retained.advance();
    // Replaced since it was read: the new one has been delivered live, and an old one behind it would be the last word.
    if (!this.#context.retainedMessages.holds(message)) return true;
    const isOwn = subscription.noLocal && message.publisher === this.#session.clientIdentifier;
    if (isOwn || (this.#context.hooks.has.deliver && !this.#session.mayGet(message))) return true;
    if (qos === 0)
      this.#sendAtMostOnce(connection, message, terms, true); // [MQTT-3.3.1-8]
    else {
      const delivery = new Delivery(this.#sequence++, message, qos, true, terms);
      if (this.#session.isDurable) this.#context.store.addDelivery(this.#session.clientIdentifier, delivery);
      this.#start(connection, delivery);
    }
    return true;
  }

  #enqueue(delivery: Delivery): void {
    if (this.#session.connection === undefined) delivery.message.detach();
    for (const dropped of this.#queue.push(delivery)) this.#drop(dropped);
  }

  #drop(delivery: Delivery): void {
    this.#context.metrics.messagesDropped += 1;
    this.#ended(delivery);
  }

  #ended(delivery: Delivery): void {
    if (this.#session.isDurable)
      this.#context.store.deleteDelivery(this.#session.clientIdentifier, delivery.sequence);
  }

  #sent(message: Message): void {
    const { metrics } = this.#context;
    metrics.messagesSent += 1;
    metrics.packetsSent += 1;
    if (this.#context.hooks.has.delivered) this.#session.tellDelivered(message);
  }
}
