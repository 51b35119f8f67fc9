/** When a failed handler is called again. Pure: owns no timer. */
import { UsageError } from '@petrel/protocol';
import { assertMilliseconds } from './assert-option.js';

/** How often and after what pauses a handler is called again for one message. */
export interface RetryPolicy {
  /** Calls in all, from 1; the first one counts. Default 3. */
  readonly attempts?: number | undefined;
  /** Milliseconds before the second call. Default 100. */
  readonly delayMs?: number | undefined;
  /** How many times as long each pause is as the one before, from 1. Default 2. */
  readonly factor?: number | undefined;
  /** Milliseconds; no pause is longer. Default 30,000. */
  readonly maximumDelayMs?: number | undefined;
  /** Share of each pause that is left to chance, 0–1, so that those who failed together do not come back together. Default 0.5. */
  readonly jitter?: number | undefined;
  /** False for an error that another call cannot mend. Default: all but a payload that cannot be read or breaks its contract. */
  readonly when?: ((error: unknown) => boolean) | undefined;
}

/** A checked policy without gaps. */
export type ResolvedRetryPolicy = { readonly [Name in keyof RetryPolicy]-?: NonNullable<RetryPolicy[Name]> };

const names = ['attempts', 'delayMs', 'factor', 'maximumDelayMs', 'jitter', 'when'];

/** Completes and checks a policy; a number is its `attempts`. Throws UsageError naming option, rule and value. */
export function resolveRetryPolicy(policy: RetryPolicy | number): ResolvedRetryPolicy {
  const given: RetryPolicy = typeof policy === 'number' ? { attempts: policy } : policy;
  if (typeof given !== 'object' || given === null) {
    throw new UsageError(`option "retry" must be a number of attempts or an object, got ${String(policy)}`);
  }
  const unknown = Object.keys(given).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new UsageError(`option "retry.${unknown}" is unknown; known are ${names.join(', ')}`);
  }
  const { attempts = 3, delayMs = 100, factor = 2, maximumDelayMs = 30_000, jitter = 0.5 } = given;
  const { when = mayBeMended } = given;
  if (attempts !== Infinity && !(Number.isInteger(attempts) && attempts >= 1)) {
    throw new UsageError(
      `option "retry.attempts" must be an integer from 1, or Infinity, got ${String(attempts)}`,
    );
  }
  assertMilliseconds('retry.delayMs', delayMs);
  assertMilliseconds('retry.maximumDelayMs', maximumDelayMs);
  if (!(factor >= 1))
    throw new UsageError(`option "retry.factor" must be a number from 1, got ${String(factor)}`);
  if (!(jitter >= 0 && jitter <= 1)) {
    throw new UsageError(`option "retry.jitter" must be a number from 0 to 1, got ${String(jitter)}`);
  }
  if (typeof when !== 'function')
    throw new UsageError(`option "retry.when" must be a function, got ${typeof when}`);
  return Object.freeze({ attempts, delayMs, factor, maximumDelayMs, jitter, when });
}

/** Milliseconds to wait after failure number `failures`, from 1; `random` is from 0 to 1. */
export function retryDelayMs(
  { delayMs, factor, maximumDelayMs, jitter }: ResolvedRetryPolicy,
  failures: number,
  random: number,
): number {
  const longest = Math.min(maximumDelayMs, delayMs * factor ** (failures - 1));
  return longest * (1 - jitter * random);
}

/** A message that is wrong stays wrong. */
function mayBeMended(error: unknown): boolean {
  const { code } = (error ?? {}) as { code?: unknown };
  return code !== 'PETREL_PAYLOAD_INVALID' && code !== 'PETREL_CONTRACT_BROKEN';
}
