import { describe, expect, it } from 'vitest';
import { resolveRetryPolicy, retryDelayMs } from './retry-policy.js';

describe('retryDelayMs', () => {
  const policy = resolveRetryPolicy({ delayMs: 100, factor: 3, maximumDelayMs: 1000, jitter: 0.5 });

  it('grows by the factor, up to the longest', () => {
    expect([1, 2, 3, 4, 400].map((failures) => retryDelayMs(policy, failures, 0))).toEqual([
      100, 300, 900, 1000, 1000,
    ]);
  });

  it('leaves the jitter to chance', () => {
    expect([0, 0.5, 1].map((random) => retryDelayMs(policy, 1, random))).toEqual([100, 75, 50]);
    expect(retryDelayMs(resolveRetryPolicy({ delayMs: 100, jitter: 0 }), 1, 0.9)).toBe(100);
  });
});

describe('resolveRetryPolicy', () => {
  it('takes a number for the calls in all', () => {
    expect(resolveRetryPolicy(4)).toMatchObject({ attempts: 4, delayMs: 100, factor: 2 });
  });

  it.each([
    [0, 'option "retry.attempts" must be an integer from 1, or Infinity, got 0'],
    ['often', 'option "retry" must be a number of attempts or an object, got often'],
    [{ tries: 3 }, /^option "retry.tries" is unknown; known are attempts, /],
    [{ delayMs: -1 }, 'option "retry.delayMs" must be a number of milliseconds from 0, got -1'],
    [{ factor: 0.5 }, 'option "retry.factor" must be a number from 1, got 0.5'],
    [{ jitter: 2 }, 'option "retry.jitter" must be a number from 0 to 1, got 2'],
    [{ when: true }, 'option "retry.when" must be a function, got boolean'],
  ])('refuses %j and says why', (given, message) => {
    expect(() => resolveRetryPolicy(given as never)).toThrow(message);
  });
});
