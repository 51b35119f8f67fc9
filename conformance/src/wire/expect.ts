/** Expectations of tests. */
import { ConformanceError } from './peer.js';

/** Fails the test with what was expected and what came instead. */
export function expectEqual(actual: unknown, expected: unknown, what: string): void {
  const [shownActual, shownExpected] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (shownActual !== shownExpected) {
    throw new ConformanceError(`${what}: expected ${shownExpected}, got ${shownActual}`);
  }
}

/** Fails the test unless the condition holds. */
export function expectTrue(condition: boolean, otherwise: string): asserts condition {
  if (!condition) throw new ConformanceError(otherwise);
}
