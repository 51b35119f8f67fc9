/** Checks that several options share; each throws UsageError naming option, rule and value. */
import { UsageError } from '@petrel/protocol';

/** A number of milliseconds, 0 or more. */
export function assertMilliseconds(option: string, value: number): void {
  if (typeof value === 'number' && value >= 0) return;
  throw new UsageError(
    `option "${option}" must be a number of milliseconds from 0, got ${JSON.stringify(value)}`,
  );
}

/** A whole number from `minimum`, or Infinity. */
export function assertCount(option: string, value: number, minimum: number): void {
  if (value === Infinity || (Number.isInteger(value) && value >= minimum)) return;
  throw new UsageError(
    `option "${option}" must be an integer from ${minimum}, or Infinity, got ${String(value)}`,
  );
}

/** One of a few values. */
export function assertOneOf(option: string, value: unknown, allowed: readonly unknown[]): void {
  if (allowed.includes(value)) return;
  const all = allowed.map((one) => JSON.stringify(one));
  const last = all.pop();
  throw new UsageError(
    `option "${option}" must be ${all.join(', ')} or ${last}, got ${JSON.stringify(value)}`,
  );
}
