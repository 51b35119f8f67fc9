/** From results of tests to results of statements, and the shape of both as JSON. */
import type { Status, TestResult } from './run-tests.js';
import {
  type Role,
  statementsOf,
  type TestedVersion,
  testedVersions,
  unobservable,
  unobservableKey,
  versionName,
} from './statements.js';

/** What the tests of one statement say together. */
export interface StatementResult {
  readonly id: string;
  readonly gist: string;
  readonly status: Status | 'not observable' | 'not tested';
  /** Of a failure, or of why there is none to be seen; empty when passed. */
  readonly reason: string;
}

/** All statements of one version. */
export interface VersionResult {
  readonly version: string;
  readonly statements: readonly StatementResult[];
}

/** A whole run as `--json` writes it. */
export interface RunResult {
  /** The implementation, as people call it. */
  readonly name: string;
  readonly role: Role;
  readonly versions: readonly VersionResult[];
}

/** Sums up. Statements without a test in `results` are left out when `only` some tests ran. */
export function summarize(
  name: string,
  role: Role,
  results: readonly TestResult[],
  onlyTested: boolean,
): RunResult {
  const versions = testedVersions.map((version) => ({
    version: versionName[version],
    statements: statementsOf(version, role)
      .map(({ id, gist }) => ({ id, gist, ...verdict(version, role, id, results) }))
      .filter(({ status }) => !onlyTested || (status !== 'not tested' && status !== 'not observable')),
  }));
  return { name, role, versions: versions.filter(({ statements }) => statements.length > 0) };
}

function verdict(
  version: TestedVersion,
  role: Role,
  id: string,
  results: readonly TestResult[],
): Pick<StatementResult, 'status' | 'reason'> {
  const own = results.filter((result) => result.version === version && result.ids.includes(id));
  // One broken promise is enough; a test that could run outweighs one that could not.
  for (const status of ['failed', 'passed', 'not applicable'] as const) {
    const decisive = own.filter((result) => result.status === status);
    if (decisive.length > 0) return { status, reason: decisive.map(explain).filter(Boolean).join('; ') };
  }
  const why = unobservable.get(unobservableKey(version, role, id));
  return why === undefined ? { status: 'not tested', reason: '' } : { status: 'not observable', reason: why };
}

function explain({ status, title, reason = '' }: TestResult): string {
  return status === 'failed' ? `${title}: ${reason}` : reason;
}

/** How many statements have each status. */
export function countStatuses({
  statements,
}: VersionResult): Readonly<Record<StatementResult['status'], number>> {
  const counts = { passed: 0, failed: 0, 'not applicable': 0, 'not observable': 0, 'not tested': 0 };
  for (const { status } of statements) counts[status]++;
  return counts;
}
