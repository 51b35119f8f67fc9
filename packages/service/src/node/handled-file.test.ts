import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openHandledFile } from './handled-file.js';

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'petrel-handled-'));
  file = join(folder, 'handled');
});

afterEach(() => rm(folder, { recursive: true }));

it('knows after a restart what it was told before, until the time is over', async () => {
  let time = 1_000_000;
  const now = () => time;
  const before = await openHandledFile(file, { now });
  await Promise.all([before.add('a "quoted"\nid', 100), before.add('b', 1000)]);
  await before.close();
  time += 500;
  const after = await openHandledFile(file, { now });
  expect(['a "quoted"\nid', 'b', 'c'].map((id) => after.has(id))).toEqual([false, true, false]);
  await after.close();
});

it('has an id on the disk when the promise resolves', async () => {
  const store = await openHandledFile(file);
  await store.add('safe', 60_000);
  expect(await readFile(file, 'utf8')).toContain('"safe"');
  await store.close();
});

it('does not take a line that a crash cut off for an id, and writes behind it as if it were not there', async () => {
  const before = await openHandledFile(file);
  await before.add('whole', 60_000);
  await before.close();
  await appendFile(file, `${Date.now() + 60_000} "cut`);
  const after = await openHandledFile(file);
  expect([after.has('whole'), after.has('cut')]).toEqual([true, false]);
  await after.add('next', 60_000);
  await after.close();
  const again = await openHandledFile(file);
  expect([again.has('whole'), again.has('next')]).toEqual([true, true]);
  await again.close();
});

it('writes the file anew when most of it is out of date', async () => {
  let time = 1_000_000;
  const store = await openHandledFile(file, { now: () => time });
  for (let round = 0; round < 30; round++) {
    await Promise.all(Array.from({ length: 100 }, (_, n) => store.add(`${round} ${n}`, 10)));
    time += 20;
  }
  await store.add('last', 10);
  await store.close();
  const lines = (await readFile(file, 'utf8')).split('\n').length;
  expect(lines).toBeLessThan(1300);
  expect(store.has('last')).toBe(true);
});
