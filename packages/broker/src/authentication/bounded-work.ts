/** Work that is done a few at a time, with a bound on what waits: a flood of logins must not eat the machine. */

/** A line with several counters. */
export class BoundedWork {
  readonly #maximumRunning: number;
  readonly #maximumWaiting: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(maximumRunning: number, maximumWaiting: number) {
    this.#maximumRunning = maximumRunning;
    this.#maximumWaiting = maximumWaiting;
  }

  /** Undefined, at once, where too many wait already. */
  run<T>(work: () => Promise<T>): Promise<T> | undefined {
    if (this.#running < this.#maximumRunning) {
      this.#running += 1;
      return this.#start(work);
    }
    if (this.#waiting.length >= this.#maximumWaiting) return undefined;
    return new Promise<void>((resolve) => this.#waiting.push(resolve)).then(() => this.#start(work));
  }

  async #start<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } finally {
      // The place goes straight to the next in line: nobody slips in between.
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }
}
