/** From a list of steps that fails to the shortest one that still does. */
import type { Step } from './step.js';

/** Tells whether a list of steps still shows the fault. */
export type StillFails = (steps: readonly Step[]) => Promise<boolean>;

/**
 * Takes steps out, first many at once, then one by one, as long as the rest still fails. The time that a removed step let pass is given to
 * the next one first, for faults that need it; then pauses are taken out too.
 */
export async function shrink(steps: readonly Step[], stillFails: StillFails): Promise<readonly Step[]> {
  let shortest = steps;
  for (let size = Math.ceil(steps.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let start = shortest.length - size; start > -size; start -= size) {
      for (const candidate of without(shortest, Math.max(0, start), Math.max(0, start) + size)) {
        if (!(await stillFails(candidate))) continue;
        shortest = candidate;
        break;
      }
    }
  }
  return withoutPauses(shortest, stillFails);
}

/** Without the pauses of what is taken out, and with them. */
function without(steps: readonly Step[], start: number, end: number): readonly (readonly Step[])[] {
  const [next, ...others] = steps.slice(end);
  const before = steps.slice(0, start);
  const pause = steps.slice(start, end).reduce((sum, { afterMs }) => sum + afterMs, 0);
  if (next === undefined || pause === 0) return [[...before, ...steps.slice(end)]];
  return [
    [...before, next, ...others],
    [...before, { ...next, afterMs: next.afterMs + pause }, ...others],
  ];
}

async function withoutPauses(steps: readonly Step[], stillFails: StillFails): Promise<readonly Step[]> {
  let simplest = steps;
  for (const index of steps.keys()) {
    const candidate = simplest.map((step, at) => (at === index ? { ...step, afterMs: 0 } : step));
    if (steps[index]?.afterMs !== 0 && (await stillFails(candidate))) simplest = candidate;
  }
  return simplest;
}
