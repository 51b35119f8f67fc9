/** Time that stands still until a test moves it. Fits every `clock` option of the packages. */

/** Tells the time and calls back later; the shape that the packages' `clock` options ask for. */
export interface Clock {
  /** Milliseconds. */
  now(): number;
  /** Runs once after `delayMs`; the returned function cancels and may be called at any time. */
  schedule(delayMs: number, run: () => void): () => void;
}

interface ScheduledCall {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/** A clock that only `advance` moves. Calls run in the order of their time, those of one time as they were scheduled. */
export class FakeClock implements Clock {
  #now: number;
  #order = 0;
  readonly #calls = new Set<ScheduledCall>();

  /** `startMs` defaults to 2026-01-01T00:00:00Z, a time that no code takes for "never set". */
  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#now = startMs;
  }

  now(): number {
    return this.#now;
  }

  /** Calls that wait for their time. */
  get pending(): number {
    return this.#calls.size;
  }

  schedule(delayMs: number, run: () => void): () => void {
    const call: ScheduledCall = { at: this.#now + Math.max(0, delayMs), order: this.#order++, run };
    this.#calls.add(call);
    return () => {
      this.#calls.delete(call);
    };
  }

  /**
   * Moves time by `ms` and runs what falls due on the way, each call at its own time, including calls
   * scheduled by other calls. A call that throws stops the clock at its time and the error reaches the test.
   */
  advance(ms: number): void {
    const until = this.#now + ms;
    for (let call = this.#next(); call !== undefined && call.at <= until; call = this.#next()) {
      this.#calls.delete(call);
      this.#now = call.at;
      call.run();
    }
    this.#now = until;
  }

  /** Moves time to the next scheduled call and runs it; false when nothing is scheduled. */
  advanceToNext(): boolean {
    const call = this.#next();
    if (call === undefined) return false;
    this.#calls.delete(call);
    this.#now = call.at;
    call.run();
    return true;
  }

  #next(): ScheduledCall | undefined {
    let next: ScheduledCall | undefined;
    for (const call of this.#calls) {
      if (next === undefined || call.at < next.at || (call.at === next.at && call.order < next.order)) {
        next = call;
      }
    }
    return next;
  }
}
