/** The normative statements of both versions of the standard, and the reasons why a few of them cannot be observed. */
import { readFileSync } from 'node:fs';

/** 5 is MQTT 5.0, 4 is MQTT 3.1.1: the protocol level on the wire. */
export type TestedVersion = 5 | 4;

/** Which end of a connection is under test. */
export type Role = 'server' | 'client';

/** One normative statement. */
export interface Statement {
  /** Such as "MQTT-3.3.1-5"; the two versions use the same numbers for different statements. */
  readonly id: string;
  readonly appliesTo: Role | 'both';
  readonly gist: string;
}

/** As people write the version. */
export const versionName: Readonly<Record<TestedVersion, string>> = { 5: '5.0', 4: '3.1.1' };

/** All versions, the newest first. */
export const testedVersions: readonly TestedVersion[] = [5, 4];

/** The statements of a version, in the order of the standard. */
export const statements: Readonly<Record<TestedVersion, readonly Statement[]>> = {
  5: rowsOf('mqtt5.tsv').map(statement),
  4: rowsOf('mqtt311.tsv').map(statement),
};

/** Why nothing outside of an implementation can tell whether it obeys a statement; keyed by `unobservableKey`. */
export const unobservable: ReadonlyMap<string, string> = new Map(
  rowsOf('unobservable.tsv').map(([version = '', role = '', id = '', reason = '']) => [
    `${version} ${role} ${id}`,
    reason,
  ]),
);

/** The key of `unobservable`. */
export function unobservableKey(version: TestedVersion, role: Role, id: string): string {
  return `${versionName[version]} ${role} ${id}`;
}

/** The statements that bind one end. */
export function statementsOf(version: TestedVersion, role: Role): readonly Statement[] {
  return statements[version].filter(({ appliesTo }) => appliesTo === role || appliesTo === 'both');
}

function statement([id = '', appliesTo = '', gist = '']: readonly string[]): Statement {
  return { id, appliesTo: appliesTo as Statement['appliesTo'], gist };
}

/** The rows of a table behind its head line. */
function rowsOf(file: string): string[][] {
  const text = readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');
  return text
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split('\t'));
}
