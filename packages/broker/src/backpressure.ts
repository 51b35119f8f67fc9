/**
 * Publishers that wait for one receiver: they are not read while what they feed is above its mark, but only for a grace period. A
 * receiver that does not recover in that time loses messages itself, and nobody waits for it until it does.
 */
import type { Patience } from './bounds/patience.js';
import type { Clock } from './clock.js';
import type { Timer, TimerQueue } from './timer-queue.js';

/** A connection that can stop reading. */
export interface Backpressured {
  /** False while not reading it could make it wait for itself. */
  readonly mayBeHeld: boolean;
  /** Stops reading until as many unblock() calls. */
  block(): void;
  unblock(): void;
}

/** What all receivers share. */
export interface BackpressureContext {
  readonly clock: Clock;
  readonly timers: TimerQueue;
  readonly patience: Patience;
}

/** The publishers held by one receiver. */
export class Backpressure {
  readonly #context: BackpressureContext;
  readonly #held = new Set<Backpressured>();
  #timer: Timer | undefined;
  #isSlow = false;
  /** It has recovered within its grace, and not failed to since. */
  #reads = false;

  constructor(context: BackpressureContext) {
    this.#context = context;
  }

  /** Holds a publisher; does nothing for a receiver that has used up its grace. */
  hold(publisher: Backpressured): void {
    if (this.#isSlow || this.#held.has(publisher)) return;
    this.#timer ??= this.#begin();
    if (this.#timer === undefined) return;
    this.#held.add(publisher);
    publisher.block();
  }

  /** The receiver is below its mark. */
  recovered(): void {
    this.#isSlow = false;
    if (this.#timer === undefined) return;
    this.#context.timers.cancel(this.#timer);
    this.#end(true);
  }

  /** Undefined where nobody waits for this receiver. */
  #begin(): Timer | undefined {
    const { clock, timers, patience } = this.#context;
    const now = clock.now();
    const graceMs = this.#reads ? patience.graceMs : patience.graceOfStrangers(now);
    if (graceMs === 0) {
      this.#isSlow = true;
      return undefined;
    }
    if (!this.#reads) patience.began(now);
    return timers.add(now + graceMs, () => {
      this.#isSlow = true;
      this.#end(false);
    });
  }

  #end(reads: boolean): void {
    const { clock, patience } = this.#context;
    this.#timer = undefined;
    if (!this.#reads) patience.ended(clock.now());
    this.#reads = reads;
    const held = [...this.#held];
    this.#held.clear();
    for (const publisher of held) publisher.unblock();
  }
}
