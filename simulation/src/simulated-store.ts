/** A store that outlives brokers, and can be taken away from one that died: what it still writes is lost. */
import { MemoryStore, type Store } from '@petrel/broker';

/** Owned by one broker at a time. */
export class SimulatedStore {
  readonly #memory = new MemoryStore();
  #owner = 0;

  /** The store as the next broker sees it, the only one whose writes count from now on. */
  open(): Store {
    const owner = ++this.#owner;
    const memory: Store = this.#memory;
    return new Proxy<Store>(memory, {
      get: (_, name: keyof Store) => {
        const member: unknown = memory[name];
        if (typeof member !== 'function') return member;
        const method = member.bind(memory) as (...args: unknown[]) => unknown;
        return (...args: unknown[]): unknown => (this.#owner === owner ? method(...args) : undefined);
      },
    });
  }

  /** The broker that has it is dead. */
  takeAway(): void {
    this.#owner++;
  }
}
