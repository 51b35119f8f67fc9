/**
 * What waits for a session, in order and within bounds; the policy says who goes when a bound is reached. The first few deliveries are here,
 * the others only in the store, where it reads them back.
 */
import type { MemoryBudget } from './bounds/memory-budget.js';
import type { Delivery } from './delivery.js';
import type { QueueTail } from './queue-tail.js';

/**
 * `drop-oldest` makes room for the new message, `drop-newest` leaves the new one out for this session, `refuse` refuses it for all with 0x97,
 * `disconnect` leaves it out and ends the connection of the session, with 0x97.
 */
export type OverflowPolicy = 'drop-oldest' | 'drop-newest' | 'refuse' | 'disconnect';

/** Bounds of one queue. */
export interface QueueLimits {
  readonly maximumMessages: number;
  readonly maximumBytes: number;
  readonly overflow: OverflowPolicy;
}

/** What of a queue is held in memory where a store reads the rest back. */
const windowMessages = 128;
const windowBytes = 262_144;

const nothing: readonly Delivery[] = [];

/** A queue that is read from the front without moving what is behind. */
export class OutboundQueue {
  readonly #limits: QueueLimits;
  readonly #memory: MemoryBudget | undefined;
  #deliveries: (Delivery | undefined)[] = [];
  #first = 0;
  #bytes = 0;
  /** Behind what is here; undefined where the store does not read back. */
  tail: QueueTail | undefined;

  /** `memory` is told what is held here. */
  constructor(limits: QueueLimits, memory?: MemoryBudget) {
    this.#limits = limits;
    this.#memory = memory;
  }

  get length(): number {
    return this.#deliveries.length - this.#first + (this.tail?.messages ?? 0);
  }

  get bytes(): number {
    return this.#bytes + (this.tail?.bytes ?? 0);
  }

  /** Deliveries that can be taken at once. */
  get readable(): number {
    return this.#deliveries.length - this.#first;
  }

  /** Tells that publishers should slow down rather than run into the bound. */
  get isHalfFull(): boolean {
    return this.length * 2 >= this.#limits.maximumMessages || this.bytes * 2 >= this.#limits.maximumBytes;
  }

  /** Whether one more of this size breaks a bound. */
  isFullFor(size: number): boolean {
    return this.length >= this.#limits.maximumMessages || this.bytes + size > this.#limits.maximumBytes;
  }

  /** The same, or there is no memory left for any queue to grow. */
  mustRefuse(size: number): boolean {
    return this.#isMemorySpent || this.isFullFor(size);
  }

  /** Adds a delivery and gives back what had to go for it: older ones, or itself. What went from the store only is counted by the tail. */
  push(delivery: Delivery): readonly Delivery[] {
    const size = delivery.sizeBytes;
    if (this.#isMemorySpent) return this.#replace(delivery, size);
    if (!this.isFullFor(size)) {
      this.#append(delivery, size);
      return nothing;
    }
    if (
      this.#limits.overflow !== 'drop-oldest' ||
      size > this.#limits.maximumBytes ||
      this.#limits.maximumMessages === 0
    ) {
      return [delivery];
    }
    const dropped: Delivery[] = [];
    while (this.isFullFor(size)) {
      const oldest = this.shift();
      if (oldest !== undefined) dropped.push(oldest);
      else if (this.tail?.dropFirst() !== true) break;
    }
    this.#append(delivery, size);
    return dropped;
  }

  /** Takes out what waits with a lower sequence; gives back what was here. What goes from the store only is counted by the tail. */
  dropBefore(sequence: number): readonly Delivery[] {
    const dropped: Delivery[] = [];
    for (let next = this.#deliveries[this.#first]; next !== undefined; next = this.#deliveries[this.#first]) {
      if (next.sequence >= sequence) return dropped;
      dropped.push(this.shift() as Delivery);
    }
    const { tail } = this;
    while (tail !== undefined && tail.messages > 0 && tail.dropFirst(sequence));
    return dropped;
  }

  shift(): Delivery | undefined {
    const delivery = this.#deliveries[this.#first];
    if (delivery === undefined) return undefined;
    this.#deliveries[this.#first] = undefined;
    this.#first += 1;
    this.#bytes -= delivery.sizeBytes;
    this.#memory?.release(delivery.message, delivery.message.heldBytes);
    if (this.#first === this.#deliveries.length) {
      this.#deliveries = [];
      this.#first = 0;
    } else if (this.#first >= 1024 && this.#first * 2 >= this.#deliveries.length) {
      this.#deliveries = this.#deliveries.slice(this.#first);
      this.#first = 0;
    }
    return delivery;
  }

  /** Takes in what the tail gave back. */
  fill(deliveries: readonly Delivery[]): void {
    for (const delivery of deliveries) this.#keep(delivery, delivery.sizeBytes);
  }

  /** Leaves everything to the store; without one that reads back, everything stays. */
  leaveToStore(): void {
    if (this.tail === undefined) return;
    this.tail.takeBack(this.#held());
    this.#forget();
  }

  /** Empties what is here and gives it back, in order. */
  clear(): Delivery[] {
    const deliveries = this.#held();
    this.#forget();
    return deliveries;
  }

  /** What is here. */
  [Symbol.iterator](): IterableIterator<Delivery> {
    return this.#held().values();
  }

  /** What waits only in the store costs no memory. */
  get #isMemorySpent(): boolean {
    return this.tail === undefined && this.#memory?.isSpent === true;
  }

  /** A queue that must not grow: as when its bound is reached, but one goes for one. */
  #replace(delivery: Delivery, size: number): readonly Delivery[] {
    const oldest = this.#limits.overflow === 'drop-oldest' ? this.shift() : undefined;
    if (oldest === undefined) return [delivery];
    this.#keep(delivery, size);
    return [oldest];
  }

  #held(): Delivery[] {
    return this.#deliveries.slice(this.#first) as Delivery[];
  }

  #forget(): void {
    if (this.#memory !== undefined)
      for (const { message } of this.#held()) this.#memory.release(message, message.heldBytes);
    this.#deliveries = [];
    this.#first = 0;
    this.#bytes = 0;
  }

  #append(delivery: Delivery, size: number): void {
    if (this.tail?.mustTake(this.readable >= windowMessages || this.#bytes >= windowBytes) === true)
      this.tail.add(delivery.sequence, size);
    else this.#keep(delivery, size);
  }

  #keep(delivery: Delivery, size: number): void {
    this.#deliveries.push(delivery);
    this.#bytes += size;
    this.#memory?.hold(delivery.message, delivery.message.heldBytes);
  }
}
