/** Runs the tests of a client against one library. */
import type { ClientAdapter } from './client/adapter.js';
import { ClientContext } from './client/client-context.js';
import { clientTests } from './client/index.js';
import { selectTests } from './conformance-test.js';
import { type RunResult, summarize } from './results.js';
import type { Selection } from './run-server.js';
import { runTests } from './run-tests.js';
import { testedVersions } from './statements.js';

/** Runs what is selected; each expectation waits for `timeoutMs`. */
export async function runClient(
  adapter: ClientAdapter,
  selection: Selection = {},
  timeoutMs = 5000,
): Promise<RunResult> {
  const results = await runTests(selectTests(clientTests, selection), {
    createContext: ({ version }) => new ClientContext(adapter, version, timeoutMs),
    testTimeoutMs: 6 * timeoutMs,
    concurrency: 16,
  });
  return summarize(adapter.name, 'client', results, {
    versions: testedVersions.filter(
      (version) => selection.version === undefined || selection.version === version,
    ),
    unsupported: [],
    onlyTested: selection.only !== undefined,
  });
}
