/** The part of a session's queue that only the store holds: how much it is, and how it comes back. */
import type { BrokerContext } from './broker-context.js';
import { restoreMessage } from './create-message.js';
import { Delivery } from './delivery.js';
import type { QueueReader, StoredDelivery, StoredQueue } from './stores/store.js';
import { DeliveryTerms } from './subscription.js';

const readMessages = 128;
const readBytes = 262_144;

/** Begins behind the last delivery that the queue itself was given. */
export class QueueTail {
  readonly #context: BrokerContext;
  readonly #reader: QueueReader;
  readonly #clientIdentifier: string;
  #after = -1;
  /** Nothing stays in memory for a client that is not there. */
  isAbsent = true;
  isReading = false;
  messages = 0;
  bytes = 0;

  constructor(context: BrokerContext, reader: QueueReader, clientIdentifier: string) {
    this.#context = context;
    this.#reader = reader;
    this.#clientIdentifier = clientIdentifier;
  }

  /** Whether a delivery stays in the store alone. */
  mustTake(isWindowFull: boolean): boolean {
    return this.messages > 0 || this.isReading || this.isAbsent || isWindowFull;
  }

  /** One more, which the store has already. */
  add(sequence: number, size: number): void {
    if (this.messages === 0 && !this.isReading) this.#after = sequence - 1;
    this.messages += 1;
    this.bytes += size;
  }

  /** What the store had when it was opened. */
  restore({ messages, bytes }: StoredQueue): void {
    this.messages = messages;
    this.bytes = bytes;
  }

  /** What stood in front of it is in the store alone again. */
  takeBack(deliveries: readonly Delivery[]): void {
    const first = deliveries[0];
    if (first === undefined) return;
    this.#after = first.sequence - 1;
    this.messages += deliveries.length;
    for (const delivery of deliveries) this.bytes += delivery.sizeBytes;
  }

  /** Drops the oldest whose sequence is lower than the given one; false when there is none. */
  dropFirst(beforeSequence = Number.POSITIVE_INFINITY): boolean {
    const dropped = this.#reader.dropFirst(this.#clientIdentifier, this.#after, beforeSequence);
    if (dropped === undefined) {
      if (beforeSequence === Number.POSITIVE_INFINITY) this.#isEmpty();
      return false;
    }
    this.#context.metrics.messagesDropped += 1;
    this.#context.metrics.messagesOverflowed += 1;
    this.#after = dropped.sequence;
    this.#took(dropped.bytes);
    return true;
  }

  /** The next deliveries; what was dropped meanwhile is not among them. Not to be called while it is reading. */
  async read(): Promise<Delivery[]> {
    this.isReading = true;
    const before = this.#after;
    try {
      const found = await this.#reader.read(this.#clientIdentifier, before, readMessages, readBytes);
      // The client went, and what stood in front is behind this point again: it is read anew when it is back.
      if (this.#after < before || this.isAbsent) return [];
      const wanted = found.filter(({ sequence }) => sequence > this.#after);
      if (found.length === 0) this.#isEmpty();
      return wanted.map((stored) => this.#restore(stored));
    } finally {
      this.isReading = false;
    }
  }

  #restore(stored: StoredDelivery): Delivery {
    const delivery = restoreDelivery(this.#context, stored);
    this.#after = delivery.sequence;
    this.#took(delivery.sizeBytes);
    return delivery;
  }

  #took(bytes: number): void {
    this.messages -= 1;
    // After a restart the sum is an estimate.
    this.bytes = this.messages <= 0 ? 0 : Math.max(0, this.bytes - bytes);
  }

  #isEmpty(): void {
    this.messages = 0;
    this.bytes = 0;
  }
}

/** A delivery that a store kept. */
export function restoreDelivery({ topics }: BrokerContext, stored: StoredDelivery): Delivery {
  const terms = DeliveryTerms.restored(stored.qos, stored.subscriptionIdentifiers, stored.sharedGroup);
  const message = restoreMessage(stored.message, topics);
  const delivery = new Delivery(stored.sequence, message, stored.qos, stored.retain, terms);
  delivery.packetIdentifier = stored.packetIdentifier;
  delivery.released = stored.released;
  return delivery;
}
