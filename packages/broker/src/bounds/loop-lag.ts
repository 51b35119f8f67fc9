/**
 * Measures how late the event loop is. A timer of this machine and not of the broker's clock: lag is a fact of the process, however its program
 * tells the time.
 */

/** Time between two samples. */
const sampleIntervalMs = 100;

// Taken once: a test that replaces the global timers does not stop the measurement.
const { setInterval: repeat, clearInterval: stopRepeating } = globalThis;

/** Samples until it is stopped; does not keep the process alive. */
export class LoopLag {
  readonly #timer: NodeJS.Timeout;
  #dueAt = performance.now() + sampleIntervalMs;

  /** `onSample` is told how many milliseconds the timer came too late. */
  constructor(onSample: (lagMs: number) => void) {
    this.#timer = repeat(() => {
      const now = performance.now();
      const lagMs = Math.max(0, now - this.#dueAt);
      this.#dueAt = now + sampleIntervalMs;
      onSample(lagMs);
    }, sampleIntervalMs);
    this.#timer.unref();
  }

  stop(): void {
    stopRepeating(this.#timer);
  }
}
