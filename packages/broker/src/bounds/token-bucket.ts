/** A rate with a burst: the token bucket. Owns no timer; the time comes as an argument. */

/** As many as a second has milliseconds. */
const partsPerToken = 1000;

/**
 * Holds as many tokens as `perSecond` brings in one second, and is full at first. What is spent beyond that is a debt: whoever owes
 * waits until it is paid, so that the rate holds on average however large a single piece is.
 */
export class TokenBucket {
  readonly #perSecond: number;
  /** Tokens times a thousand: what one millisecond brings is a whole number of them. */
  #parts: number;
  #filledAt: number;

  /** `perSecond` above 0; `now` in milliseconds, as everywhere here. */
  constructor(perSecond: number, now: number) {
    this.#perSecond = perSecond;
    this.#parts = perSecond * partsPerToken;
    this.#filledAt = now;
  }

  /** Takes tokens, whether they are there or not, and tells for how many milliseconds nothing more should be spent; 0 = none. */
  spend(tokens: number, now: number): number {
    this.#fill(now);
    this.#parts -= tokens * partsPerToken;
    return this.#parts >= 0 ? 0 : Math.ceil(-this.#parts / this.#perSecond);
  }

  /** Milliseconds until a whole token is there; 0 = it is. */
  waitMs(now: number): number {
    this.#fill(now);
    return this.#parts >= partsPerToken ? 0 : Math.ceil((partsPerToken - this.#parts) / this.#perSecond);
  }

  /** Whether nothing was spent lately: a new bucket would be the same. */
  isFull(now: number): boolean {
    this.#fill(now);
    return this.#parts >= this.#perSecond * partsPerToken;
  }

  #fill(now: number): void {
    const passed = now - this.#filledAt;
    if (passed <= 0) return;
    this.#filledAt = now;
    this.#parts = Math.min(this.#perSecond * partsPerToken, this.#parts + passed * this.#perSecond);
  }
}
