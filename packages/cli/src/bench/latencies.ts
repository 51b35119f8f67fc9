/** Times, counted in classes that are one percent wide: as many as there may be, they take the same memory. */

const base = 1.01;
const shortestMs = 0.001;
// Up to more than five hours.
const classes = 2_400;

/** How long messages took. */
export interface LatencyFigures {
  readonly medianMs: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maximumMs: number;
}

/** A histogram of times. */
export class Latencies {
  readonly #counts = new Float64Array(classes);
  #maximumMs = 0;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  note(ms: number): void {
    const index = Math.floor(Math.log(Math.max(ms, shortestMs) / shortestMs) / Math.log(base));
    const at = Math.min(index, classes - 1);
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    this.#maximumMs = Math.max(this.#maximumMs, ms);
    this.#count += 1;
  }

  /** All 0 where nothing was noted. */
  figures(): LatencyFigures {
    return {
      medianMs: this.#within(0.5),
      p90Ms: this.#within(0.9),
      p99Ms: this.#within(0.99),
      p999Ms: this.#within(0.999),
      maximumMs: rounded(this.#maximumMs),
    };
  }

  /** The time within which a share of them was; at most one percent more than the truth. */
  #within(share: number): number {
    let rest = share * this.#count;
    const index = this.#counts.findIndex((each) => {
      rest -= each;
      return rest <= 0;
    });
    return rounded(Math.min(shortestMs * base ** (index + 1), this.#maximumMs));
  }
}

function rounded(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}
