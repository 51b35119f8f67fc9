/**
 * Users with their passwords, as a text of lines: `name:$scrypt$…`, and behind another colon what SCRAM-SHA-256 needs, for users that may log
 * in so: `$scram-sha-256$i=15000$salt$stored key$server key`. Empty lines and those that begin with `#` are for people.
 */
import { scram, UsageError } from '@petrel/protocol';
import { type PasswordHash, parsePasswordHash } from './password-hash.js';
import type { ScramCredentials } from './scram-credentials.js';

/** What is known of a user. */
export interface PasswordEntry {
  readonly password: PasswordHash;
  readonly scram: ScramCredentials | undefined;
}

/** By User Name. */
export type PasswordTable = ReadonlyMap<string, PasswordEntry>;

/** Reads a table; throws UsageError with the number of a line that is none. A line is never shown: it has a hash in it. */
export function parsePasswordTable(text: string): PasswordTable {
  const table = new Map<string, PasswordEntry>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line === '' || line.startsWith('#')) continue;
    const where = `line ${index + 1}`;
    const [name = '', hash = '', scram, ...rest] = line.split(':');
    assertUserName(name, where);
    const password = parsePasswordHash(hash);
    if (password === undefined || rest.length > 0)
      throw new UsageError(`${where} must be name:$scrypt$…, as petrel passwd writes it`);
    if (table.has(name)) throw new UsageError(`${where} has the user ${JSON.stringify(name)} once more`);
    const credentials = scram === undefined ? undefined : parseScram(scram);
    if (scram !== undefined && credentials === undefined)
      throw new UsageError(`${where} must have $scram-sha-256$… behind the second colon`);
    table.set(name, { password, scram: credentials });
  }
  return table;
}

/** Throws UsageError for a name that a line cannot have. */
export function assertUserName(name: string, where: string): void {
  // A name that cannot be part of a topic would fill no placeholder, and one with a line end would be another line.
  if (name !== '' && !/[:\r\n\0]/.test(name) && !name.startsWith('#')) return;
  throw new UsageError(
    `${where}: a user name must not be empty, begin with # or contain a colon or a line end, got ${JSON.stringify(name)}`,
  );
}

/** The part of a line that parsePasswordTable reads back. */
export function writeScram({ iterations, salt, storedKey, serverKey }: ScramCredentials): string {
  const [a, b, c] = [salt, storedKey, serverKey].map((bytes) => Buffer.from(bytes).toString('base64'));
  return `$scram-sha-256$i=${iterations}$${a}$${b}$${c}`;
}

/** The text with the line of a user put in, replaced or – where `line` is undefined – taken out; all other lines stay as they are. */
export function withUser(text: string, name: string, line: string | undefined): string {
  const lines = text === '' ? [] : text.replace(/\r?\n$/, '').split(/\r?\n/);
  const at = lines.findIndex((each) => each.startsWith(`${name}:`));
  if (at === -1) lines.push(...(line === undefined ? [] : [line]));
  else lines.splice(at, 1, ...(line === undefined ? [] : [line]));
  return lines.map((each) => `${each}\n`).join('');
}

function parseScram(text: string): ScramCredentials | undefined {
  const base64 = '([A-Za-z0-9+/]+={0,2})';
  const found = new RegExp(`^\\$scram-sha-256\\$i=(\\d{4,9})\\$${base64}\\$${base64}\\$${base64}$`).exec(
    text,
  );
  if (found === null) return undefined;
  const [salt, storedKey, serverKey] = found.slice(2).map((each) => Buffer.from(each, 'base64'));
  if (salt === undefined || storedKey?.length !== 32 || serverKey?.length !== 32) return undefined;
  const iterations = Number(found[1]);
  if (iterations < scram.minimumIterations) return undefined;
  return { iterations, salt, storedKey, serverKey };
}
