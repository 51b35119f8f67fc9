/** When to try again: exponential backoff with full jitter (Brooker, "Exponential Backoff and Jitter", 2015). Pure. */
import { UsageError } from '@petrel/protocol';
import type { OptionReader } from './option-reader.js';

/** Resolved reconnect options. */
export interface ReconnectPolicy {
  readonly minDelayMs: number;
  readonly maxDelayMs: number;
  /** Failures in a row after which to give up. */
  readonly attempts: number;
}

/** The delays where the options name none. */
export const defaultDelays = { minDelayMs: 500, maxDelayMs: 30_000 } as const;

/** Milliseconds before the next attempt: random between 0 and `minDelayMs × 2^failures`, which stops growing at `maxDelayMs`. */
export function backoffDelayMs(
  failures: number,
  { minDelayMs, maxDelayMs }: Pick<ReconnectPolicy, 'minDelayMs' | 'maxDelayMs'>,
  random: () => number,
): number {
  return Math.floor(random() * Math.min(maxDelayMs, minDelayMs * 2 ** Math.min(failures, 52)));
}

/** Reads the option `reconnect`; undefined when it is false. */
export function resolveReconnect(read: OptionReader): ReconnectPolicy | undefined {
  if (read.raw('reconnect') === false) return undefined;
  const fields = read.object('reconnect');
  const milliseconds = { minimum: 1, maximum: 0x7fffffff, unit: 'milliseconds' };
  const minDelayMs = fields.integer('minDelayMs', milliseconds) ?? defaultDelays.minDelayMs;
  const maxDelayMs =
    fields.integer('maxDelayMs', milliseconds) ?? Math.max(defaultDelays.maxDelayMs, minDelayMs);
  const attempts =
    fields.integer('attempts', { minimum: 1, maximum: Number.MAX_SAFE_INTEGER, infinity: true }) ??
    Number.POSITIVE_INFINITY;
  fields.end();
  if (maxDelayMs < minDelayMs) {
    throw new UsageError(
      `option "reconnect.maxDelayMs" must be at least minDelayMs (${minDelayMs}), got ${maxDelayMs}`,
    );
  }
  return Object.freeze({ minDelayMs, maxDelayMs, attempts });
}
