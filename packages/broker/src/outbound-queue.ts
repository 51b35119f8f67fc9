/** What waits for a session, in order and within bounds; the policy says who goes when a bound is reached. */
import type { Delivery } from './delivery.js';

/** `drop-oldest` makes room for the new message, `drop-newest` refuses it. */
export type OverflowPolicy = 'drop-oldest' | 'drop-newest';

/** Bounds of one queue. */
export interface QueueLimits {
  readonly maximumMessages: number;
  readonly maximumBytes: number;
  readonly overflow: OverflowPolicy;
}

const nothing: readonly Delivery[] = [];

/** A queue that is read from the front without moving what is behind. */
export class OutboundQueue {
  readonly #limits: QueueLimits;
  #deliveries: (Delivery | undefined)[] = [];
  #first = 0;
  #bytes = 0;

  constructor(limits: QueueLimits) {
    this.#limits = limits;
  }

  get length(): number {
    return this.#deliveries.length - this.#first;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Tells that publishers should slow down rather than run into the bound. */
  get isHalfFull(): boolean {
    return this.length * 2 >= this.#limits.maximumMessages || this.#bytes * 2 >= this.#limits.maximumBytes;
  }

  /** Adds a delivery and gives back what had to go for it: older ones, or itself. */
  push(delivery: Delivery): readonly Delivery[] {
    const size = delivery.sizeBytes;
    if (this.#fits(size)) {
      this.#append(delivery, size);
      return nothing;
    }
    if (
      this.#limits.overflow === 'drop-newest' ||
      size > this.#limits.maximumBytes ||
      this.#limits.maximumMessages === 0
    ) {
      return [delivery];
    }
    const dropped: Delivery[] = [];
    while (!this.#fits(size)) dropped.push(this.shift() as Delivery);
    this.#append(delivery, size);
    return dropped;
  }

  shift(): Delivery | undefined {
    const delivery = this.#deliveries[this.#first];
    if (delivery === undefined) return undefined;
    this.#deliveries[this.#first] = undefined;
    this.#first += 1;
    this.#bytes -= delivery.sizeBytes;
    if (this.#first === this.#deliveries.length) {
      this.#deliveries = [];
      this.#first = 0;
    } else if (this.#first >= 1024 && this.#first * 2 >= this.#deliveries.length) {
      this.#deliveries = this.#deliveries.slice(this.#first);
      this.#first = 0;
    }
    return delivery;
  }

  /** Empties the queue and gives back what was in it, in order. */
  clear(): Delivery[] {
    const deliveries = this.#deliveries.slice(this.#first) as Delivery[];
    this.#deliveries = [];
    this.#first = 0;
    this.#bytes = 0;
    return deliveries;
  }

  *[Symbol.iterator](): IterableIterator<Delivery> {
    for (let at = this.#first; at < this.#deliveries.length; at++) yield this.#deliveries[at] as Delivery;
  }

  #fits(size: number): boolean {
    return this.length < this.#limits.maximumMessages && this.#bytes + size <= this.#limits.maximumBytes;
  }

  #append(delivery: Delivery, size: number): void {
    this.#deliveries.push(delivery);
    this.#bytes += size;
  }
}
