/** Runs the tests of a server against one broker. */
import { type ConformanceTest, selectTests } from './conformance-test.js';
import { type RunResult, summarize } from './results.js';
import { runTests } from './run-tests.js';
import { serverTests } from './server/index.js';
import type { Target } from './server/target.js';
import { TestContext } from './server/test-context.js';
import { type TestedVersion, testedVersions, versionName } from './statements.js';

/** Which tests to run. */
export interface Selection {
  /** Default: both. */
  readonly version?: TestedVersion | undefined;
  /** Default: all statements. */
  readonly only?: string | undefined;
}

/** Runs what is selected, and sums up under the given name of the broker. */
export async function runServer(name: string, target: Target, selection: Selection = {}): Promise<RunResult> {
  const run = `${Date.now().toString(36)}${process.pid.toString(36)}`;
  const spoken = new Set<TestedVersion>();
  for (const version of testedVersions) if (await speaks(target, version)) spoken.add(version);
  const results = await runTests(
    selectTests(serverTests, selection).map((test) => (spoken.has(test.version) ? test : unspoken(test))),
    {
      createContext: ({ version }, number) => new TestContext(target, version, `${run}/${number}`),
      testTimeoutMs: 6 * target.timeoutMs,
      concurrency: 16,
    },
  );
  if (process.env.SLOW)
    for (const r of [...results].sort((a, b) => b.durationMs - a.durationMs).slice(0, 25))
      console.log(r.durationMs, r.version, r.ids.join(), r.title);
  return summarize(name, 'server', results, selection.only !== undefined);
}

/** A broker of another version refuses the first CONNECT or hangs up; one that cannot be reached is an error. */
async function speaks(target: Target, version: TestedVersion): Promise<boolean> {
  const context = new TestContext(target, version, 'probe');
  const probe = await context.open();
  try {
    probe.send(context.connectPacket());
    return (await probe.expectPacket('connack')).reasonCode === 0;
  } catch {
    return false;
  } finally {
    probe.cut();
  }
}

function unspoken(test: ConformanceTest<TestContext>): ConformanceTest<TestContext> {
  const reason = `the broker does not accept MQTT ${versionName[test.version]}`;
  return { ...test, seconds: 0, run: async (t) => t.require(false, reason) };
}
