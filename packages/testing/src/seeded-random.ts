/** Randomness that repeats: the same seed gives the same values on every machine. */

/** A pseudo-random generator (splitmix32: 32 bits of state, for tests only). */
export class SeededRandom {
  readonly seed: number;
  #state: number;

  /** `seed`: 0–4,294,967,295; other integers are taken modulo 2^32. */
  constructor(seed: number) {
    this.seed = seed >>> 0;
    this.#state = this.seed;
  }

  /** 0 ≤ value < 1, in place of Math.random; bound, so that it can be handed over as a function. */
  readonly next = (): number => {
    this.#state = (this.#state + 0x9e3779b9) >>> 0;
    let z = this.#state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return ((z ^ (z >>> 15)) >>> 0) / 2 ** 32;
  };

  /** An integer, both ends included. */
  integer(lowest: number, highest: number): number {
    return lowest + Math.floor(this.next() * (highest - lowest + 1));
  }

  /** True with the given probability, 0–1. */
  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** One element; throws RangeError when there is none. */
  pick<T>(values: readonly T[]): T {
    if (values.length === 0) throw new RangeError('pick() needs at least one value, got an empty array');
    return values[this.integer(0, values.length - 1)] as T;
  }

  /** A copy in another order. */
  shuffle<T>(values: readonly T[]): T[] {
    const shuffled = [...values];
    for (let i = shuffled.length - 1; i > 0; i--) {
      const j = this.integer(0, i);
      [shuffled[i], shuffled[j]] = [shuffled[j] as T, shuffled[i] as T];
    }
    return shuffled;
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.integer(0, 255));
  }
}
