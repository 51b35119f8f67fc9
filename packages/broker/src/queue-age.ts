/**
 * Since when the messages of one queue wait, in a few marks instead of a time each, and the timer that drops what waits too long.
 * After a restart the age of what a store gives back begins anew.
 */
import type { Timer, TimerQueue } from './timer-queue.js';

/** Marks per `maximumAgeMs`: what a message may wait longer is one part of these. */
const parts = 16;

interface Mark {
  /** Of the first message that waits since `at` or later. */
  readonly sequence: number;
  readonly at: number;
}

/** Made for a queue whose age is bounded, with its first message. */
export class QueueAge {
  readonly #maximumAgeMs: number;
  readonly #timers: TimerQueue;
  readonly #dropBefore: (sequence: number) => void;
  #marks: Mark[] = [];
  #lastSequence = -1;
  #timer: Timer | undefined;

  /** `dropBefore`: what waits with a sequence below that one has waited too long. */
  constructor(maximumAgeMs: number, timers: TimerQueue, dropBefore: (sequence: number) => void) {
    this.#maximumAgeMs = maximumAgeMs;
    this.#timers = timers;
    this.#dropBefore = dropBefore;
  }

  /** One more message begins to wait. */
  add(sequence: number, now: number): void {
    this.#lastSequence = sequence;
    const last = this.#marks.at(-1);
    if (last !== undefined && now - last.at < this.#partMs) return;
    this.#marks.push({ sequence, at: now });
    if (this.#timer === undefined) this.#arm();
  }

  /** The queue is no more. */
  clear(): void {
    this.#timers.cancel(this.#timer);
    this.#timer = undefined;
    this.#marks = [];
  }

  get #partMs(): number {
    return Math.ceil(this.#maximumAgeMs / parts);
  }

  #arm(): void {
    const first = this.#marks[0];
    // The last that belongs to a mark came less than a part after the first.
    this.#timer =
      first && this.#timers.add(first.at + this.#partMs + this.#maximumAgeMs, () => this.#firstIsDue());
  }

  #firstIsDue(): void {
    this.#marks.shift();
    this.#dropBefore(this.#marks[0]?.sequence ?? this.#lastSequence + 1);
    this.#arm();
  }
}
