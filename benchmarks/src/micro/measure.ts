/** What one call of a function costs, when it is called very often. */
import { median, spread } from '../statistics.js';

/** One measured function. */
export interface MicroResult {
  readonly name: string;
  /** The median of several rounds. */
  readonly nanoseconds: number;
  readonly spread: number;
}

/** How long and how often; a test takes less of both. */
export interface MicroPlan {
  readonly rounds: number;
  readonly roundNs: number;
}

/** Long enough that a collection of garbage is in every round, not in some. */
export const defaultPlan: MicroPlan = { rounds: 9, roundNs: 100e6 };

/**
 * Calls `work` until a round is full, several times. `work` does its thing `count` times and returns a number that depends on all of it, so
 * that no compiler may leave it out; `count` is large enough that the clock costs nothing.
 */
export function measure(
  name: string,
  count: number,
  work: (count: number) => number,
  plan: MicroPlan = defaultPlan,
  now: () => number = () => performance.now() * 1e6,
): MicroResult {
  const each: number[] = [];
  // The first round is for the compiler.
  for (let round = 0; round <= plan.rounds; round++) {
    const start = now();
    let calls = 0;
    let elapsed = 0;
    while (elapsed < plan.roundNs) {
      sink += work(count);
      calls += count;
      elapsed = now() - start;
    }
    if (round > 0) each.push(elapsed / calls);
  }
  return { name, nanoseconds: median(each), spread: spread(each) };
}

let sink = 0;

/** What all measured functions returned, added up: nobody needs it, and no compiler knows that. */
export function sinkValue(): number {
  return sink;
}
