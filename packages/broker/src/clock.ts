/** The broker's only source of time; simulations and tests bring their own. */

/** Tells the time and calls back later. */
export interface Clock {
  /** Milliseconds since the Unix epoch; never runs backwards. */
  now(): number;
  /** Runs once after `delayMs` (0–2,147,483,647); the returned function cancels and may be called at any time. */
  schedule(delayMs: number, run: () => void): () => void;
}

/** Time of this machine, immune to steps of its wall clock. */
export const systemClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  schedule(delayMs, run) {
    const timeout = setTimeout(run, delayMs);
    // Waiting for an expiry is no reason for a process to stay alive; an open socket is.
    timeout.unref();
    return () => clearTimeout(timeout);
  },
};
