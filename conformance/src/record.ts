/** Results as they are kept in the repository: what a broker did when it was last tested, without what differs from run to run. */
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import type { RunResult, StatementResult } from './results.js';
import type { Role } from './statements.js';

/** The result of one statement. */
export type RecordedStatement = Pick<StatementResult, 'status' | 'reason'>;

/** A recorded run. */
export interface RecordedRun {
  /** With its version. */
  readonly name: string;
  readonly role: Role;
  readonly unsupported: readonly string[];
  /** By version, such as "5.0", then by statement. */
  readonly versions: Readonly<Record<string, Readonly<Record<string, RecordedStatement>>>>;
}

/** Turns a run into what is recorded of it. */
export function toRecord({ name, role, unsupported, versions }: RunResult): RecordedRun {
  return {
    name,
    role,
    unsupported,
    versions: Object.fromEntries(
      versions.map(({ version, statements }) => [
        version,
        Object.fromEntries(
          statements.map(({ id, status, reason }) => [id, { status, reason: withoutChance(reason) }]),
        ),
      ]),
    ),
  };
}

/** Reads what was recorded under a key, such as "server-mosquitto"; undefined when nothing was. */
export function readRecord(key: string): RecordedRun | undefined {
  try {
    return JSON.parse(readFileSync(fileOf(key), 'utf8')) as RecordedRun;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Records a run under a key. */
export async function writeRecord(key: string, run: RecordedRun): Promise<void> {
  await writeFile(fileOf(key), `${JSON.stringify(run, undefined, 2)}\n`);
}

/** Statements that a recorded run passed and this one fails. */
export function regressions(recorded: RecordedRun, now: RecordedRun): readonly string[] {
  return Object.entries(recorded.versions).flatMap(([version, statements]) =>
    Object.entries(statements)
      .filter(([id, { status }]) => status === 'passed' && now.versions[version]?.[id]?.status === 'failed')
      .map(([id]) => `${version} ${id}: ${now.versions[version]?.[id]?.reason}`),
  );
}

function fileOf(key: string): URL {
  return new URL(`../recorded/${key}.json`, import.meta.url);
}

/** Names of this run, Packet Identifiers and times would be a difference where there is none. */
function withoutChance(reason: string): string {
  return reason
    .replaceAll(/petrel-conformance\/\w+\/\d+/g, '…')
    .replaceAll(/"[^"]{0,40}\/\d+\/(\w+)"/g, '"…/$1"')
    .replaceAll(/\b\d{4,5}\b(?=,(true|false))/g, '…');
}
