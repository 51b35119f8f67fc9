/**
 * A cache in two generations: when the young one is full it becomes the old one, and the former old one is forgotten.
 * What is asked for moves to the young generation, so entries in use survive without any bookkeeping per access.
 */
export class BoundedCache<V> {
  readonly #maximumWeight: number;
  #young = new Map<string, V>();
  #old = new Map<string, V>();
  #youngWeight = 0;

  /** Each generation holds at most `maximumWeight`; an entry above a tenth of it is not kept at all. */
  constructor(
    maximumWeight: number,
    readonly weigh: (key: string, value: V) => number,
  ) {
    this.#maximumWeight = maximumWeight;
  }

  /** Entries in both generations. */
  get size(): number {
    return this.#young.size + this.#old.size;
  }

  get(key: string): V | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) {
      this.#old.delete(key);
      this.set(key, old);
    }
    return old;
  }

  /** Keeps a value under a key that get() did not find. */
  set(key: string, value: V): void {
    const weight = this.weigh(key, value);
    if (weight * 10 > this.#maximumWeight) return;
    if (this.#youngWeight + weight > this.#maximumWeight) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#youngWeight = 0;
    }
    this.#young.set(key, value);
    this.#youngWeight += weight;
  }

  delete(key: string): void {
    // The weight of a deleted entry stays counted: the generation only ends a little sooner.
    if (!this.#young.delete(key)) this.#old.delete(key);
  }

  clear(): void {
    if (this.size === 0) return;
    this.#young = new Map();
    this.#old = new Map();
    this.#youngWeight = 0;
  }
}
