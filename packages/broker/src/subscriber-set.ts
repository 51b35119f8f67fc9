/** The subscriptions of one Topic Filter; made for the usual case of exactly one, which needs no Map. */
export class SubscriberSet<K, S> {
  #key: K | undefined;
  #subscription: S | undefined;
  #several: Map<K, S> | undefined;

  get size(): number {
    if (this.#several !== undefined) return this.#several.size;
    return this.#subscription === undefined ? 0 : 1;
  }

  /** Adds or replaces, and gives back what was there before. */
  set(key: K, subscription: S): S | undefined {
    if (this.#several !== undefined) {
      const previous = this.#several.get(key);
      this.#several.set(key, subscription);
      return previous;
    }
    const previous = this.#subscription;
    if (previous === undefined || this.#key === key) {
      this.#key = key;
      this.#subscription = subscription;
      return previous;
    }
    this.#several = new Map([
      [this.#key as K, previous],
      [key, subscription],
    ]);
    this.#key = undefined;
    this.#subscription = undefined;
    return undefined;
  }

  /** Removes, and gives back what was there. */
  delete(key: K): S | undefined {
    if (this.#several !== undefined) {
      const previous = this.#several.get(key);
      this.#several.delete(key);
      return previous;
    }
    if (this.#subscription === undefined || this.#key !== key) return undefined;
    const previous = this.#subscription;
    this.#key = undefined;
    this.#subscription = undefined;
    return previous;
  }

  appendTo(list: S[]): void {
    if (this.#several === undefined) {
      if (this.#subscription !== undefined) list.push(this.#subscription);
      return;
    }
    for (const subscription of this.#several.values()) list.push(subscription);
  }
}
