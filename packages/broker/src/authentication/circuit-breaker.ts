/** Does not ask again what has failed several times in a row, until a while has passed; then one question finds out. Pure. */

/** How soon it opens, and for how long. */
export interface CircuitBreakerOptions {
  readonly maximumFailures: number;
  readonly openForMs: number;
}

/** State of one service that may be away. */
export class CircuitBreaker {
  readonly #options: CircuitBreakerOptions;
  #failures = 0;
  #openUntil = 0;
  #isProbing = false;

  constructor(options: CircuitBreakerOptions) {
    this.#options = options;
  }

  /** Whether to ask; while it finds out, only once. Every true is followed by succeeded() or failed(). */
  mayAsk(now: number): boolean {
    if (this.#failures < this.#options.maximumFailures) return true;
    if (now < this.#openUntil || this.#isProbing) return false;
    this.#isProbing = true;
    return true;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#isProbing = false;
  }

  failed(now: number): void {
    this.#failures += 1;
    this.#isProbing = false;
    if (this.#failures >= this.#options.maximumFailures) this.#openUntil = now + this.#options.openForMs;
  }
}
