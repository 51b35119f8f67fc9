/** Who waits for which answer. Pure bookkeeping: owns no connection, no timer, no promise. */
import type { Reply } from './exchange.js';

/** The requests of one service that are still waiting, by an id that no other service ever gives out. */
export class ReplyInbox<Waiting> {
  readonly #waiting = new Map<string, Waiting>();
  readonly #prefix: string;
  #next = 0;
  /** Answers that nobody waited for: late ones, and those of a second responder. */
  unclaimed = 0;

  /** `prefix` must be unguessable: knowing an id is knowing how to answer it. */
  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  get size(): number {
    return this.#waiting.size;
  }

  register(waiting: Waiting): string {
    const id = this.#prefix + (this.#next++).toString(36);
    this.#waiting.set(id, waiting);
    return id;
  }

  find(id: string): Waiting | undefined {
    return this.#waiting.get(id);
  }

  /**
   * Gives who waits for an answer, and forgets it where the answer is final; undefined when nobody waits. Answers for other services of
   * the same connection, and for those of an earlier process of its session, are none of ours.
   */
  settle(id: string, reply: Reply): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined && id.startsWith(this.#prefix)) this.unclaimed++;
    if (reply.kind !== 'next') this.#waiting.delete(id);
    return waiting;
  }

  /** False when nobody waited any more. */
  forget(id: string): boolean {
    return this.#waiting.delete(id);
  }

  /** All that wait; those may be forgotten meanwhile. */
  values(): Iterable<Waiting> {
    return this.#waiting.values();
  }

  /** Takes out all that still wait. */
  drain(): Waiting[] {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    return waiting;
  }
}
