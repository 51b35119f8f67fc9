/**
 * Publishers that wait for one receiver: they are not read while what they feed is above its mark, but only for a grace period. A
 * receiver that does not recover in that time loses messages itself, and nobody waits for it until it does.
 */
import type { Clock } from './clock.js';
import type { Timer, TimerQueue } from './timer-queue.js';

/** How long a receiver may slow its publishers down before it loses messages instead. */
const slowReceiverGraceMs = 500;

/** A connection that can stop reading. */
export interface Backpressured {
  /** False while not reading it could make it wait for itself. */
  readonly mayBeHeld: boolean;
  /** Stops reading until as many unblock() calls. */
  block(): void;
  unblock(): void;
}

/** The publishers held by one receiver. */
export class Backpressure {
  readonly #clock: Clock;
  readonly #timers: TimerQueue;
  readonly #held = new Set<Backpressured>();
  #timer: Timer | undefined;
  #isSlow = false;

  constructor(clock: Clock, timers: TimerQueue) {
    this.#clock = clock;
    this.#timers = timers;
  }

  /** Holds a publisher; does nothing for a receiver that has used up its grace. */
  hold(publisher: Backpressured): void {
    if (this.#isSlow || this.#held.has(publisher)) return;
    this.#held.add(publisher);
    publisher.block();
    this.#timer ??= this.#timers.add(this.#clock.now() + slowReceiverGraceMs, () => {
      this.#timer = undefined;
      this.#isSlow = true;
      this.#release();
    });
  }

  /** The receiver is below its mark. */
  recovered(): void {
    this.#isSlow = false;
    if (this.#timer === undefined) return;
    this.#timers.cancel(this.#timer);
    this.#timer = undefined;
    this.#release();
  }

  #release(): void {
    const held = [...this.#held];
    this.#held.clear();
    for (const publisher of held) publisher.unblock();
  }
}
