/** The client's only source of time; tests and simulations bring their own. */

/** Tells the time and calls back later. */
export interface Clock {
  /** Milliseconds; never runs backwards. */
  now(): number;
  /** Runs once after `delayMs` (0–2,147,483,647); the returned function cancels and may be called at any time. */
  schedule(delayMs: number, run: () => void): () => void;
}

/** Time of this machine, immune to steps of its wall clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  schedule(delayMs, run) {
    const timeout = setTimeout(run, delayMs);
    return () => clearTimeout(timeout);
  },
};
