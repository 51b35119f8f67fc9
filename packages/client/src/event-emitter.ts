/** Events for observers: typed, the same in Node and browsers. A listener can neither stop nor slow the client. */

/** Names of events and the arguments that their listeners get. */
export type EventMap = Record<string, readonly unknown[]>;

/** A listener of one event. */
export type Listener<A extends readonly unknown[]> = (...args: A) => void;

/** Holds listeners and calls them in the order they came. */
export class EventEmitter<E extends { [K in keyof E]: readonly unknown[] }> {
  readonly #listeners = new Map<keyof E, readonly Listener<never>[]>();

  /** Adds a listener; the returned function removes it. */
  on<K extends keyof E>(event: K, listener: Listener<E[K]>): () => void {
    this.#listeners.set(event, [...this.#of(event), listener]);
    return () => this.off(event, listener);
  }

  /** Removes a listener that was added with `on`; does nothing when there is none. */
  off<K extends keyof E>(event: K, listener: Listener<E[K]>): void {
    const listeners = this.#of(event);
    const at = listeners.indexOf(listener);
    if (at !== -1) this.#listeners.set(event, listeners.toSpliced(at, 1));
  }

  /** Tells whether emitting would reach anybody; lets hot paths skip making the arguments. */
  has(event: keyof E): boolean {
    return this.#of(event).length > 0;
  }

  /** Calls every listener; what one throws is rethrown outside of the client, where it ends like any uncaught error. */
  emit<K extends keyof E>(event: K, ...args: E[K]): void {
    for (const listener of this.#of(event)) {
      try {
        listener(...args);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  #of<K extends keyof E>(event: K): readonly Listener<E[K]>[] {
    return (this.#listeners.get(event) ?? []) as readonly Listener<E[K]>[];
  }
}
