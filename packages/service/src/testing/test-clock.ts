/** Time that stands still until the harness moves it. Runs what falls due, one call at a time. */
import type { Clock } from '@petrel/client';

interface ScheduledCall {
  readonly at: number;
  readonly run: () => void;
}

/** The clock of a harness, its broker, its services and their connections. */
export class TestClock implements Clock {
  #now: number;
  // In the order in which they were scheduled, which decides between calls of one time.
  readonly #calls = new Set<ScheduledCall>();

  constructor(startMs: number) {
    this.#now = startMs;
  }

  /** Milliseconds since 1970. */
  now(): number {
    return this.#now;
  }

  /** Runs once, when the time has been moved past `delayMs` from now; the returned function cancels. */
  schedule(delayMs: number, run: () => void): () => void {
    const call = { at: this.#now + Math.max(0, delayMs), run };
    this.#calls.add(call);
    return () => this.#calls.delete(call);
  }

  /** Moves to the next call that is due by `until` and runs it; false, and then the time is `until`, when there is none. */
  runNext(until: number): boolean {
    let next: ScheduledCall | undefined;
    for (const call of this.#calls)
      if (call.at <= until && (next === undefined || call.at < next.at)) next = call;
    this.#now = Math.max(this.#now, next?.at ?? until);
    if (next === undefined) return false;
    this.#calls.delete(next);
    next.run();
    return true;
  }
}
