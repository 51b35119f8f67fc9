/** From results of tests to results of statements, and the shape of both as JSON. */
import type { Status, TestResult } from './run-tests.js';
import {
  type Role,
  statementsOf,
  type TestedVersion,
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
  /** Versions that it does not speak at all, such as "5.0". */
  readonly unsupported: readonly string[];
}

/** What was run, and what could not be. */
export interface RunScope {
  readonly versions: readonly TestedVersion[];
  readonly unsupported: readonly TestedVersion[];
  /** Leave statements without a result out, because only some tests ran. */
  readonly onlyTested: boolean;
}

/** Sums up the results of tests. */
export function summarize(
  name: string,
  role: Role,
  results: readonly TestResult[],
  { versions, unsupported, onlyTested }: RunScope,
): RunResult {
  const tested = versions.map((version) => ({
    version: versionName[version],
    statements: statementsOf(version, role)
      .map(({ id, gist }) => ({ id, gist, ...verdict(version, role, id, results) }))
      .filter(({ status }) => !onlyTested || (status !== 'not tested' && status !== 'not observable')),
  }));
  return {
    name,
    role,
    versions: tested.filter(({ statements }) => statements.length > 0),
    unsupported: unsupported.map((version) => versionName[version]),
  };
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
    if (decisive.length === 0) continue;
    const reasons = new Set(decisive.map(explain).filter(Boolean));
    return { status, reason: [...reasons].join('; ') };
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
