/** Durations in buckets of fixed bounds, as Prometheus counts them: memory does not grow with what is counted. */

/** Upper bounds in seconds: from a handler in memory to one that waits for a slow database. */
export const durationBounds: readonly number[] = Object.freeze([
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
]);

export class Histogram {
  /** Observations per bound, the last one for those above all bounds; not cumulative. */
  readonly counts: number[] = new Array<number>(durationBounds.length + 1).fill(0);
  /** Seconds of all observations together. */
  sum = 0;
  count = 0;

  observe(seconds: number): void {
    let at = 0;
    while (at < durationBounds.length && seconds > (durationBounds[at] ?? Infinity)) at++;
    this.counts[at] = (this.counts[at] ?? 0) + 1;
    this.sum += seconds;
    this.count++;
  }
}
