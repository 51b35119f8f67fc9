/** Tells handlers in work that nobody waits for them any more. Knows nothing of what they do. */

/** The part of one handling in it. */
export class Interruption {
  readonly #all: Interruptions;
  #controller: AbortController | undefined;
  #isOver = false;
  #reason: unknown;

  /** `Interruptions.begin` makes them. */
  constructor(all: Interruptions) {
    this.#all = all;
  }

  /** Made when it is first asked for: most handlers never do. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#reason !== undefined || this.#all.isAborted) this.#controller.abort(this.#reason);
      else if (!this.#isOver) this.#all.add(this);
    }
    return this.#controller.signal;
  }

  /** Aborts this one, with a reason; also where its signal is asked for later. */
  abort(reason?: unknown): void {
    this.#reason = reason;
    this.#controller?.abort(reason);
  }

  /** The handling is over; its signal will never be aborted. */
  end(): void {
    this.#isOver = true;
    if (this.#controller !== undefined) this.#all.delete(this);
  }
}

/** One signal for each handling and none for all: what listens to it is gone with the work, and no signal has many listeners. */
export class Interruptions {
  readonly #open = new Set<Interruption>();
  #isAborted = false;

  /** Handlings in work whose signal somebody asked for. */
  get size(): number {
    return this.#open.size;
  }

  /** Nobody waits for any handling any more. */
  get isAborted(): boolean {
    return this.#isAborted;
  }

  begin(): Interruption {
    return new Interruption(this);
  }

  /** For an interruption whose signal somebody listens to. */
  add(interruption: Interruption): void {
    this.#open.add(interruption);
  }

  /** For an interruption that is over. */
  delete(interruption: Interruption): void {
    this.#open.delete(interruption);
  }

  /** Aborts the signals of all handlings, also of those that ask later. */
  abort(): void {
    this.#isAborted = true;
    for (const interruption of this.#open) interruption.abort();
    this.#open.clear();
  }
}
