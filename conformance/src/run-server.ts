/** Runs the tests of a server against one broker. */
import { selectTests } from './conformance-test.js';
import { type RunResult, summarize } from './results.js';
import { runTests } from './run-tests.js';
import { serverTests } from './server/index.js';
import type { Target } from './server/target.js';
import { TestContext } from './server/test-context.js';
import { type TestedVersion, testedVersions } from './statements.js';

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
  const wanted = testedVersions.filter(
    (version) => selection.version === undefined || selection.version === version,
  );
  const versions: TestedVersion[] = [];
  for (const version of wanted) if (await speaks(target, version)) versions.push(version);
  const tests = selectTests(serverTests, selection).filter(({ version }) => versions.includes(version));
  const results = await runTests(tests, {
    createContext: ({ version }, number) => new TestContext(target, version, `${run}/${number}`),
    testTimeoutMs: 6 * target.timeoutMs,
    concurrency: 16,
  });
  return summarize(name, 'server', results, {
    versions,
    unsupported: wanted.filter((version) => !versions.includes(version)),
    onlyTested: selection.only !== undefined,
  });
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
