import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { StoredMessage, StoredSession } from '../session-store.js';
import { DiskSessionStore } from './disk-session-store.js';
import { sessionStoreCases } from './session-store.suite.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'petrel-session-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const message = (sequence: number, payload = new Uint8Array(10)): StoredMessage => ({
  sequence,
  topicName: 'a',
  payload,
  qos: 2,
  retain: false,
  properties: {},
  packetIdentifier: 0,
  released: false,
});

/** The one file of the folder. */
function file(): string {
  return join(folder, readdirSync(folder).find((name) => name.endsWith('.session')) ?? '');
}

async function sequences(session: StoredSession): Promise<readonly number[]> {
  await session.close();
  return session.messages.map(({ sequence }) => sequence);
}

/** A file with these messages, each in a frame of its own; returns where each frame ends. */
async function written(...numbers: number[]): Promise<number[]> {
  const session = await new DiskSessionStore({ path: folder }).open('device');
  const ends = [];
  for (const number of numbers) {
    session.put(message(number));
    await session.commit();
    ends.push(statSync(file()).size);
  }
  await session.close();
  return ends;
}

describe.each(['sync', 'os'] as const)('on disk, durability %s', (durability) => {
  test.each(sessionStoreCases)('$name', async ({ observe, expected }) => {
    expect(await observe(new DiskSessionStore({ path: folder, durability }))).toEqual(expected);
  });
});

test('what a killed process was writing is cut off at every byte, and what it had committed is there', async () => {
  const [first = 0, second = 0] = await written(1, 2);
  const bytes = readFileSync(file());
  for (let size = first; size < second; size++) {
    truncateSync(file(), size);
    const session = await new DiskSessionStore({ path: folder }).open('device');
    session.put(message(3));
    expect(await sequences(session)).toEqual([1]);
    expect(await sequences(await new DiskSessionStore({ path: folder }).open('device'))).toEqual([1, 3]);
    writeFileSync(file(), bytes);
  }
});

test('zeros where a file system had no time for the bytes are no damage', async () => {
  const [end = 0] = await written(1);
  writeFileSync(file(), Buffer.concat([readFileSync(file()).subarray(0, end), Buffer.alloc(4_096)]));
  expect(await sequences(await new DiskSessionStore({ path: folder }).open('device'))).toEqual([1]);
});

test('a damaged frame in front of others is an error, and the file is left as it is', async () => {
  const [first = 0] = await written(1, 2);
  const bytes = readFileSync(file());
  bytes[first - 1] = (bytes[first - 1] ?? 0) ^ 1;
  writeFileSync(file(), bytes);
  await expect(new DiskSessionStore({ path: folder }).open('device')).rejects.toMatchObject({
    code: 'PETREL_SESSION_STORE_CORRUPT',
  });
  expect(readFileSync(file())).toEqual(bytes);
});

test('a file of something else, and one of a newer version, are errors', async () => {
  await written(1);
  const bytes = readFileSync(file());
  const open = () => new DiskSessionStore({ path: folder }).open('device');
  writeFileSync(file(), 'a text that somebody put here');
  await expect(open()).rejects.toMatchObject({ code: 'PETREL_SESSION_STORE_CORRUPT' });
  bytes[7] = 2;
  writeFileSync(file(), bytes);
  await expect(open()).rejects.toMatchObject({ code: 'PETREL_SESSION_STORE_NEWER' });
});

test('a folder that cannot be one is an error that names it', async () => {
  writeFileSync(join(folder, 'file'), '');
  const path = join(folder, 'file');
  await expect(new DiskSessionStore({ path }).open('device')).rejects.toMatchObject({
    code: 'PETREL_SESSION_STORE_UNAVAILABLE',
    message: expect.stringContaining(path),
  });
});

test('a session is open once, and free again when it is closed', async () => {
  const first = await new DiskSessionStore({ path: folder }).open('device');
  const other = await new DiskSessionStore({ path: folder }).open('other');
  await expect(new DiskSessionStore({ path: folder }).open('device')).rejects.toMatchObject({
    code: 'PETREL_SESSION_STORE_LOCKED',
  });
  await first.close();
  await other.close();
  expect(await sequences(await new DiskSessionStore({ path: folder }).open('device'))).toEqual([]);
});

test('the file does not grow with what has ended', async () => {
  const session = await new DiskSessionStore({ path: folder, durability: 'os' }).open('device');
  for (let sequence = 1; sequence <= 200; sequence++) {
    session.put(message(sequence, new Uint8Array(50_000)));
    session.remove(sequence - 1);
    await session.commit();
  }
  expect(statSync(file()).size).toBeLessThan(2 * 1024 * 1024);
  await session.close();
  expect(await sequences(await new DiskSessionStore({ path: folder }).open('device'))).toEqual([200]);
});

test('bad options are refused', async () => {
  expect(() => new DiskSessionStore({ path: '' })).toThrow('option "path" must name a folder, got ""');
  expect(() => new DiskSessionStore({ path: folder, durability: 'none' as 'os' })).toThrow(
    'option "durability" must be "sync" or "os", got "none"',
  );
  await expect(new DiskSessionStore({ path: folder }).open('')).rejects.toMatchObject({
    code: 'PETREL_INVALID_ARGUMENT',
  });
});
