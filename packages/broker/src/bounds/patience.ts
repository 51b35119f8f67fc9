/**
 * How long publishers wait for receivers. One that has shown that it reads gets its grace each time; for all others together there is so much
 * patience, or a row of receivers that never read would hold up everybody. Owns no timer; the time comes as an argument.
 */

/** What all publishers together wait at once for receivers that may never read, in milliseconds. */
const mostPatienceMs = 1_000;
/** Two hundred milliseconds bring back one: nobody is held for more than a two hundredth of the time. */
const returnMs = 200;

/** Made once per broker. */
export class Patience {
  /** How long a receiver may hold its publishers before it loses messages instead; 0 = not at all. */
  readonly graceMs: number;
  #leftMs = mostPatienceMs;
  #seenAt: number;
  /** Receivers that are waited for now, and have not shown that they read. */
  #waitedFor = 0;

  constructor(graceMs: number, now: number) {
    this.graceMs = graceMs;
    this.#seenAt = now;
  }

  /** Milliseconds that a receiver which has not shown that it reads may hold its publishers. */
  graceOfStrangers(now: number): number {
    this.#pass(now);
    return Math.min(this.graceMs, Math.floor(this.#leftMs));
  }

  /** Such a receiver begins to be waited for; `ended` follows. */
  began(now: number): void {
    this.#pass(now);
    this.#waitedFor++;
  }

  ended(now: number): void {
    this.#pass(now);
    this.#waitedFor--;
  }

  /** Waiting for many costs no more than waiting for one. */
  #pass(now: number): void {
    const passed = Math.max(0, now - this.#seenAt);
    this.#seenAt = now;
    this.#leftMs =
      this.#waitedFor > 0
        ? Math.max(0, this.#leftMs - passed)
        : Math.min(mostPatienceMs, this.#leftMs + passed / returnMs);
  }
}
