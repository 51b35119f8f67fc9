/**
 * `npm test`: everything that has to hold, from a fresh clone. Arguments go to vitest: `npm test -- packages/client`.
 * The last line counts the tests.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, install, requireNode, runTool, tryStep } from './workspace.mjs';

requireNode();
await install();
await build();

const checks = [
  ['Format and lint', () => runTool('@biomejs/biome', 'biome', ['check', '--error-on-warnings', '.'])],
  ['Promises', () => runTool('oxlint', 'oxlint', [])],
  ['Types of the tests', () => runTool('typescript', 'tsc', ['-p', 'tsconfig.tests.json'])],
];
const failedChecks = [];
for (const [title, check] of checks) {
  const { code } = await tryStep(title, check);
  if (code !== 0) failedChecks.push(title.toLowerCase());
}

const folder = mkdtempSync(join(tmpdir(), 'petrel-test-'));
const reportFile = join(folder, 'report.json');
const vitest = await runTool(
  'vitest',
  'vitest',
  [
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${reportFile}`,
    ...process.argv.slice(2),
  ],
  { inherit: true },
);
const { passed, failed, skipped } = count(reportFile);
rmSync(folder, { recursive: true, force: true });

for (const [name, tests] of skipped) console.log(`Skipped: ${name} (${tests})`);
if (failedChecks.length > 0) console.log(`Failed besides the tests: ${failedChecks.join(', ')}`);
const skippedTests = [...skipped.values()].reduce((sum, tests) => sum + tests, 0);
console.log(`${passed} passed, ${failed} failed, ${skippedTests} skipped`);
process.exitCode = vitest.code !== 0 || failed > 0 || failedChecks.length > 0 ? 1 : 0;

/** Counts the tests of a report; a file that could not even be loaded is one failure, as is a report that is not there. */
function count(file) {
  const totals = { passed: 0, failed: 0, skipped: new Map() };
  let report;
  try {
    report = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return { ...totals, failed: 1 };
  }
  for (const { assertionResults, status } of report.testResults) {
    if (status === 'failed' && !assertionResults.some((test) => test.status === 'failed')) totals.failed++;
    for (const test of assertionResults) {
      if (test.status === 'passed') totals.passed++;
      else if (test.status === 'failed') totals.failed++;
      else {
        // A skipped suite says why in its name.
        const name = test.ancestorTitles[0] ?? test.title;
        totals.skipped.set(name, (totals.skipped.get(name) ?? 0) + 1);
      }
    }
  }
  return totals;
}
