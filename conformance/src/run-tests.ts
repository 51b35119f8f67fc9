/** Runs tests side by side, each with a bounded time, and says how each ended. Knows nothing of brokers or clients. */
import { type ConformanceTest, NotApplicable } from './conformance-test.js';
import type { TestedVersion } from './statements.js';

/** How a test ended, or what all tests of a statement together say. */
export type Status = 'passed' | 'failed' | 'not applicable';

/** How one test ended. */
export interface TestResult {
  readonly version: TestedVersion;
  readonly ids: readonly string[];
  readonly title: string;
  readonly status: Status;
  /** Why it failed or does not apply. */
  readonly reason?: string;
  readonly durationMs: number;
}

/** What the runner needs of a test's context. */
export interface Disposable {
  cleanUp(): Promise<void>;
}

/** How to run. */
export interface RunOptions<Context extends Disposable> {
  /** Makes the context of one test; the number is unique in the run. */
  readonly createContext: (test: ConformanceTest<Context>, number: number) => Context;
  /** The longest a test may take beside the seconds it declares. */
  readonly testTimeoutMs: number;
  /** Tests that wait for nothing but answers, at once; those that wait for time to pass all start at once beside them. */
  readonly concurrency: number;
}

/** Runs all tests and returns the results in the order of the tests. */
export async function runTests<Context extends Disposable>(
  tests: readonly ConformanceTest<Context>[],
  options: RunOptions<Context>,
): Promise<readonly TestResult[]> {
  const results: TestResult[] = [];
  const run = async (index: number) => {
    const test = tests[index] as ConformanceTest<Context>;
    results[index] = await runTest(test, options.createContext(test, index), options.testTimeoutMs);
  };
  const indexes = [...tests.keys()];
  const waiting = indexes.filter((index) => (tests[index]?.seconds ?? 0) > 0);
  const quick = indexes.filter((index) => tests[index]?.seconds === 0);
  const workers = Array.from({ length: options.concurrency }, async () => {
    for (let index = quick.shift(); index !== undefined; index = quick.shift()) await run(index);
  });
  await Promise.all([...waiting.map(run), ...workers]);
  return results;
}

async function runTest<Context extends Disposable>(
  test: ConformanceTest<Context>,
  context: Context,
  timeoutMs: number,
): Promise<TestResult> {
  const { version, ids, title } = test;
  const start = performance.now();
  const durationMs = () => Math.round(performance.now() - start);
  try {
    await within(timeoutMs + test.seconds * 1000, test.run(context));
    return { version, ids, title, status: 'passed', durationMs: durationMs() };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const status = error instanceof NotApplicable ? 'not applicable' : 'failed';
    return { version, ids, title, status, reason, durationMs: durationMs() };
  } finally {
    // A broker that failed the test may also fail to be tidied; the test's own result is what counts.
    await within(timeoutMs, context.cleanUp()).catch(() => {});
  }
}

function within(ms: number, promise: Promise<void>): Promise<void> {
  let timeout: NodeJS.Timeout | undefined;
  const expired = new Promise<never>((_, reject) => {
    timeout = setTimeout(() => reject(new Error(`the test did not end within ${ms} ms`)), ms);
  });
  return Promise.race([promise, expired]).finally(() => clearTimeout(timeout));
}
