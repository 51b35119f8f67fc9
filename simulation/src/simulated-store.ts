/** Stores that outlive brokers, and that can be taken away from one that died: what it still writes is lost. */
import { type Clock, DiskStore, MemoryStore, type Store, silentLogger } from '@petrel/broker';
import { type SeededRandom, SimulatedFiles } from '@petrel/testing';

/** What a run keeps its state in. */
export type StoreKind = 'memory' | 'disk';

/** Owned by one broker at a time. */
export interface SimulatedStore {
  /** The store as the next broker sees it, the only one whose writes count from now on. */
  open(): Store;
  /** The broker that has it is dead. */
  takeAway(): void;
}

/** A store of this kind, with nothing in it. */
export function simulatedStore(kind: StoreKind, clock: Clock, random: SeededRandom): SimulatedStore {
  return kind === 'memory' ? new SharedMemory() : new SimulatedFolder(clock, random);
}

class SharedMemory implements SimulatedStore {
  readonly #memory = new MemoryStore();
  #owner = 0;

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

  takeAway(): void {
    this.#owner++;
  }
}

/** The store with a disk, on one that loses what was not synced. Small segments, so that it tidies up all the time. */
class SimulatedFolder implements SimulatedStore {
  readonly #clock: Clock;
  readonly #random: SeededRandom;
  #files = new SimulatedFiles();

  constructor(clock: Clock, random: SeededRandom) {
    this.#clock = clock;
    this.#random = random;
  }

  open(): Store {
    return new DiskStore({
      files: this.#files,
      clock: this.#clock,
      logger: silentLogger,
      durability: 'sync',
      segmentBytes: 2048,
      maximumMessages: Number.POSITIVE_INFINITY,
      maximumBytes: Number.POSITIVE_INFINITY,
      minimumFreeBytes: 0,
    });
  }

  takeAway(): void {
    this.#files = this.#random.chance(0.5) ? this.#files.cutPower(this.#random) : this.#files.kill();
  }
}
