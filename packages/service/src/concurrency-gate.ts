/** Lets a bounded number of jobs run at once; the others wait in the order they came. */
export class ConcurrencyGate {
  readonly #limit: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  /** `limit` is an integer from 1, or Infinity. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Takes a place: at once when one is free, else with the promise. Each needs one `leave`. */
  enter(): Promise<void> | undefined {
    if (this.#running < this.#limit) {
      this.#running++;
      return undefined;
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Gives the place back. */
  leave(): void {
    // It goes straight to the next in line: nobody can slip in between.
    const next = this.#waiting.shift();
    if (next === undefined) this.#running--;
    else next();
  }
}
