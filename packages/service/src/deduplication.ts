/** Which messages have been handled before: by an id that their sender gave them, for as long as the window says. */
import { type Clock, systemClock } from '@petrel/client';
import { UsageError } from '@petrel/protocol';
import { assertCount, assertMilliseconds } from './assert-option.js';
import type { InboundMessage } from './link.js';

/** Remembers ids. What it has taken it must give back until the time given, also after a restart where it is durable. */
export interface HandledMessages {
  /** Whether the id was added and its time is not over. */
  has(id: string): boolean | Promise<boolean>;
  /** Remembers the id for `windowMs` milliseconds; a promise resolves once it is safe. */
  add(id: string, windowMs: number): void | Promise<void>;
}

/** How repeated messages are recognised. */
export interface Deduplicate {
  /** Milliseconds that an id is remembered. Default 300,000: five minutes. */
  readonly windowMs?: number | undefined;
  /** Where ids are remembered. Default: in memory, the last 100,000. */
  readonly store?: HandledMessages | undefined;
  /** The id of a message; one without is handled whenever it comes. Default: its User Property `message-id`. */
  readonly id?: ((message: InboundMessage) => string | undefined) | undefined;
}

/** Checked, and without gaps. */
export type ResolvedDeduplicate = { readonly [Name in keyof Deduplicate]-?: NonNullable<Deduplicate[Name]> };

/** Completes and checks; throws UsageError naming option, rule and value. */
export function resolveDeduplicate(given: Deduplicate | false): ResolvedDeduplicate | false {
  if (given === false) return false;
  if (typeof given !== 'object' || given === null) {
    throw new UsageError(`option "deduplicate" must be an object or false, got ${String(given)}`);
  }
  const { windowMs = 300_000, store = new HandledInMemory(), id = messageIdOf } = given;
  assertMilliseconds('deduplicate.windowMs', windowMs);
  if (typeof id !== 'function')
    throw new UsageError(`option "deduplicate.id" must be a function, got ${typeof id}`);
  if (typeof store?.has !== 'function' || typeof store.add !== 'function') {
    throw new UsageError('option "deduplicate.store" must have the methods has and add');
  }
  return Object.freeze({ windowMs, store, id });
}

/** Ids in memory: gone with the process. */
export class HandledInMemory implements HandledMessages {
  /** Id → when it is forgotten, in the order they came. */
  readonly #ids = new Map<string, number>();
  readonly #capacity: number;
  readonly #clock: Clock;

  /** Keeps the last `capacity` ids. */
  constructor({ capacity = 100_000, clock = systemClock }: { capacity?: number; clock?: Clock } = {}) {
    assertCount('capacity', capacity, 1);
    this.#capacity = capacity;
    this.#clock = clock;
  }

  has(id: string): boolean {
    const until = this.#ids.get(id);
    return until !== undefined && until > this.#clock.now();
  }

  add(id: string, windowMs: number): void {
    this.#ids.delete(id);
    this.#ids.set(id, this.#clock.now() + windowMs);
    for (const [oldest, until] of this.#ids) {
      if (this.#ids.size <= this.#capacity && until > this.#clock.now()) return;
      this.#ids.delete(oldest);
    }
  }
}

/** Runs the handler of each id once: those that come meanwhile wait for how it ends. */
export class Deduplication {
  readonly #options: ResolvedDeduplicate;
  /** Tells the ids of one handler from those of another that shares its store. */
  readonly #scope: string;
  readonly #running = new Map<string, Promise<void>>();

  constructor(options: ResolvedDeduplicate, scope: string) {
    this.#options = options;
    this.#scope = scope;
  }

  /** Runs `handle`, which rejects when the message is not dealt with, unless a message of the same id has been. */
  async once(message: InboundMessage, handle: () => Promise<void>): Promise<void> {
    const own = this.#options.id(message);
    if (own === undefined) return handle();
    const id = `${this.#scope} ${own}`;
    for (let other = this.#running.get(id); other !== undefined; other = this.#running.get(id)) {
      await other.catch(() => undefined);
    }
    const run = this.#run(id, handle);
    this.#running.set(id, run);
    try {
      await run;
    } finally {
      this.#running.delete(id);
    }
  }

  async #run(id: string, handle: () => Promise<void>): Promise<void> {
    const { store, windowMs } = this.#options;
    if (await store.has(id)) return;
    await handle();
    await store.add(id, windowMs);
  }
}

function messageIdOf({ properties }: InboundMessage): string | undefined {
  return properties.userProperties?.find(([name]) => name === 'message-id')?.[1];
}
