/** For what no event tells: asks again and again. */
import { vi } from 'vitest';

/**
 * Settles with what `check` gives once it does not throw any more, and rejects with its last error.
 * The limit, 15 s, is below that of a test, so that the test fails in the words of the check; no test measures time with it.
 */
export function eventually<T>(check: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(check, { timeout: 15_000, interval: 20 });
}
