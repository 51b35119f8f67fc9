/**
 * Everything on its way to one session: what waits, what is retained and still to be replayed, and when which of it is sent. The one pump
 * towards a client. Knows nothing of how a message came here, and leaves what is sent to its exchanges.
 */
import type { PubrecOutcome } from '@petrel/protocol';
import type { BrokerContext } from './broker-context.js';
import type { Connection } from './connection.js';
import { restoreMessage } from './create-message.js';
import { Delivery, effectiveQoS } from './delivery.js';
import { StoreError, slowReceiver } from './errors.js';
import type { Message } from './message.js';
import { OutboundExchanges } from './outbound-exchanges.js';
import { OutboundQueue } from './outbound-queue.js';
import { QueueAge } from './queue-age.js';
import { QueueTail } from './queue-tail.js';
import { RetainedDeliveries } from './retained-deliveries.js';
import type { RetainedReplay } from './retained-replay.js';
import type { Session } from './session.js';
import type { StoredQueue } from './stores/store.js';
import type { DeliveryTerms, Subscription } from './subscription.js';

/** Below this the store is asked for more. */
const fewReadable = 32;

/** The outgoing half of a session. */
export class SessionDeliveries {
  readonly #session: Session;
  readonly #context: BrokerContext;
  readonly #queue: OutboundQueue;
  readonly #exchanges: OutboundExchanges;
  #retained: RetainedDeliveries | undefined;
  #age: QueueAge | undefined;
  #sequence = 0;
  #retainedIsNext = false;
  #awaited: Promise<void> | undefined;

  constructor(session: Session, context: BrokerContext) {
    this.#session = session;
    this.#context = context;
    this.#exchanges = new OutboundExchanges(session, context);
    this.#queue = new OutboundQueue(context.options.limits.sessionQueue, context.memory);
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
    return this.#exchanges.size;
  }

  /** Tells publishers to slow down. */
  get isHalfFull(): boolean {
    return this.#queue.length > 0 && this.#queue.isHalfFull;
  }

  /** Tells whether a message would be sent at once. */
  get hasRoom(): boolean {
    return this.#queue.length === 0 && this.#exchanges.canBegin;
  }

  /** Sends a message, or queues it, or drops it where the rules say so. `retain` is RETAIN as this session sees it. */
  deliver(message: Message, terms: DeliveryTerms, retain: boolean): void {
    const session = this.#session;
    if (this.#context.hooks.has.deliver && !session.mayGet(message)) return;
    const qos = effectiveQoS(message.qos, terms.qos);
    const { readyConnection } = session;
    if (qos === 0) {
      // A QoS 0 message never waits for a client that is not there.
      if (readyConnection === undefined) session.noteUndelivered(message, 'not connected');
      else this.#exchanges.sendAtMostOnce(readyConnection, message, terms, retain);
      return;
    }
    const delivery = new Delivery(this.#sequence++, message.keep(), qos, retain, terms);
    if (readyConnection !== undefined && this.hasRoom && readyConnection.hasRoom) {
      this.#exchanges.start(readyConnection, delivery, true);
    } else {
      if (session.isStored) this.#context.store.addDelivery(session.clientIdentifier, delivery);
      this.#enqueue(delivery);
    }
  }

  /** Whether a message would break a bound of the queue. */
  isFullFor(message: Message): boolean {
    return !this.hasRoom && this.#queue.mustRefuse(message.sizeBytes);
  }

  /** Begins to send the retained messages that a new subscription matches. */
  replay(subscription: Subscription, replay: RetainedReplay<Message>): void {
    this.#retained ??= new RetainedDeliveries(
      (numbers) => this.#readRetained(numbers),
      (of) => this.#hasRetained(of),
    );
    this.#retained.add(subscription, replay);
  }

  /** Ends what replay() began, for a subscription that is no more. */
  endReplay(subscription: Subscription): void {
    this.#retained?.remove(subscription);
  }

  /** The session has a new connection: everything open is due again [MQTT-4.4.0-1]. */
  resume(receiveMaximum: number): void {
    this.#exchanges.resume(receiveMaximum);
    if (this.#queue.tail !== undefined) this.#queue.tail.isAbsent = false;
  }

  /** The connection is gone: what stays must not hold on to large shared arrays. */
  suspend(): void {
    // What a lasting session asked for and has not got yet waits for it like everything else.
    if (!this.#session.isDurable) this.#retained = undefined;
    this.#retained?.unload();
    if (this.#queue.tail !== undefined) this.#queue.tail.isAbsent = true;
    this.#queue.leaveToStore();
    for (const delivery of this.#queue) delivery.message.detach();
    for (const delivery of this.#exchanges.deliveries()) delivery.message.detach();
  }

  /** Takes PUBACK. */
  puback(packetIdentifier: number): void {
    this.#exchanges.puback(packetIdentifier);
  }

  /** Takes PUBREC; answers whether PUBREL follows, and false with an unknown identifier. */
  pubrec(packetIdentifier: number, reasonCode: number): PubrecOutcome {
    return this.#exchanges.pubrec(packetIdentifier, reasonCode);
  }

  /** Takes PUBCOMP. */
  pubcomp(packetIdentifier: number): void {
    this.#exchanges.pubcomp(packetIdentifier);
  }

  /** Sends whatever may be sent now; called whenever there might be room. */
  pump(): void {
    const connection = this.#session.readyConnection;
    if (connection === undefined) return;
    this.#exchanges.resend(connection);
    while (connection.hasRoom) {
      // Live and retained messages take turns, so that neither keeps the other waiting for long.
      this.#retainedIsNext = !this.#retainedIsNext;
      const sent = this.#retainedIsNext
        ? this.#pumpRetained(connection) || this.#pumpQueue(connection)
        : this.#pumpQueue(connection) || this.#pumpRetained(connection);
      if (!sent) return;
    }
  }

  /** Whether part of the queue is only in the store. */
  get hasTail(): boolean {
    return (this.#queue.tail?.messages ?? 0) > 0;
  }

  /** What is in flight, and what waits but for what is only in the store. */
  inMemory(): readonly Delivery[] {
    return [...this.#exchanges.deliveries(), ...this.#queue];
  }

  /** Empties everything, for a session that ended; gives back what was never acknowledged, in order. */
  clear(): readonly Delivery[] {
    this.#queue.tail = undefined;
    this.#age?.clear();
    const open = this.#exchanges.clear();
    this.#retained = undefined;
    return [...open, ...this.#queue.clear()];
  }

  /** Goes on where a store says that the session was. */
  restoreQueue(lastSequence: number, queued: StoredQueue | undefined): void {
    this.#sequence = lastSequence + 1;
    this.#ensureTail();
    if (queued === undefined) return;
    this.#queue.tail?.restore(queued);
    this.#countAge(lastSequence);
  }

  /** Puts back a delivery that a store kept. */
  restore(delivery: Delivery): void {
    if (delivery.packetIdentifier === 0) {
      this.#enqueue(delivery);
    } else {
      this.#exchanges.restore(delivery);
    }
  }

  /** From now on this message waits. */
  #countAge(sequence: number): void {
    const { clock, timers, options } = this.#context;
    const { maximumAgeMs } = options.limits.sessionQueue;
    if (maximumAgeMs === 0) return;
    this.#age ??= new QueueAge(maximumAgeMs, timers, (before) => {
      for (const dropped of this.#queue.dropBefore(before)) this.#overflowed(dropped);
    });
    this.#age.add(sequence, clock.now());
  }

  /** A bound cost this one. */
  #overflowed(delivery: Delivery): void {
    this.#context.metrics.messagesOverflowed += 1;
    this.#exchanges.drop(delivery, 'queue full');
  }

  #ensureTail(): void {
    const { queueReader } = this.#context.store;
    if (queueReader === undefined || !this.#session.isStored) return;
    if (this.#queue.tail !== undefined) return;
    this.#queue.tail = new QueueTail(this.#context, queueReader, this.#session.clientIdentifier);
    this.#queue.tail.isAbsent = this.#session.connection === undefined;
  }

  /** Sends one queued delivery; false when that is not possible now. */
  #pumpQueue(connection: Connection): boolean {
    if (this.#queue.length === 0 || !this.#exchanges.canBegin) return false;
    if (this.#queue.readable < fewReadable) this.#readTail();
    const delivery = this.#queue.shift();
    if (delivery === undefined) return false;
    this.#exchanges.start(connection, delivery, false);
    return true;
  }

  /** Lets the store give back what comes next, and goes on when it has. */
  #readTail(): void {
    const { tail } = this.#queue;
    if (tail === undefined || tail.isReading || tail.messages === 0) return;
    tail.read().then(
      (deliveries) => {
        this.#queue.fill(deliveries);
        this.pump();
      },
      (cause: unknown) => this.#session.connection?.fail(new StoreError('the store failed', cause)),
    );
  }

  /** Sends one retained message, or looks for one; false when there is nothing more or no room in the window. */
  #pumpRetained(connection: Connection): boolean {
    const retained = this.#retained;
    if (retained === undefined) return false;
    const message = retained.peek(this.#context.clock.now());
    if (message === undefined) {
      if (retained.loading !== undefined) this.#awaitRetained(retained.loading);
      // A search that passes many topics and finds nothing goes on in the next turn.
      else if (retained.isEmpty) this.#retained = undefined;
      else connection.wake();
      return false;
    }
    const { terms, subscription } = retained;
    const qos = effectiveQoS(message.qos, terms.qos);
    if (qos > 0 && !this.#exchanges.canBegin) return false;
    retained.advance();
    const isOwn = subscription.noLocal && message.publisher === this.#session.clientIdentifier;
    if (isOwn || (this.#context.hooks.has.deliver && !this.#session.mayGet(message))) return true;
    if (qos === 0)
      this.#exchanges.sendAtMostOnce(connection, message, terms, true); // [MQTT-3.3.1-8]
    else {
      this.#exchanges.start(connection, new Delivery(this.#sequence++, message, qos, true, terms), true);
    }
    return true;
  }

  /** One wait at a time, whoever pumps meanwhile. */
  #awaitRetained(loading: Promise<void>): void {
    if (this.#awaited === loading) return;
    this.#awaited = loading;
    loading.then(
      () => this.pump(),
      (cause: unknown) => this.#session.connection?.fail(new StoreError('the store failed', cause)),
    );
  }

  #hasRetained(subscription: Subscription): void {
    const { isStored, clientIdentifier } = this.#session;
    subscription.awaitsRetained = false;
    if (isStored) this.#context.store.putSubscription(clientIdentifier, subscription);
  }

  async #readRetained(numbers: readonly number[]): Promise<ReadonlyMap<number, Message>> {
    const { store, topics } = this.#context;
    const found = new Map<number, Message>();
    const stored = (await store.retainedReader?.read(numbers)) ?? [];
    for (const [number, message] of stored) found.set(number, restoreMessage(message, topics));
    return found;
  }

  #enqueue(delivery: Delivery): void {
    this.#ensureTail();
    this.#countAge(delivery.sequence);
    if (this.#session.connection === undefined && this.#queue.tail === undefined) delivery.message.detach();
    for (const dropped of this.#queue.push(delivery)) {
      this.#overflowed(dropped);
      if (dropped === delivery && this.#context.options.limits.sessionQueue.overflow === 'disconnect')
        this.#session.connection?.fail(slowReceiver());
    }
  }
}
