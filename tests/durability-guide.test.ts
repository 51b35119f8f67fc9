/** The programs and commands in the durability guide run as they stand there, but for the folders. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test, vi } from 'vitest';
import { petrel } from '../packages/cli/src/test-terminal.suite.js';
import { fencedBlocks } from './markdown.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const page = readFileSync(`${root}docs/guides/durability.md`, 'utf8');
const programs = fencedBlocks(page, 'ts');
const printed = [['door 1', 'open'], ['1 session, 1 retained']];
const folder = mkdtempSync(join(tmpdir(), 'petrel-guide-'));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const inFolder = (text: string) =>
  text.replaceAll(/\.\/(petrel-data|nightly|backup|restored)/g, join(folder, '$1'));

test.each(printed.map((lines, index) => [index + 1, lines] as const))(
  'program %i prints %j',
  async (number, lines) => {
    // A folder that git ignores, inside the workspace, so that the packages are found.
    mkdirSync(`${root}.petrel/guides`, { recursive: true });
    const file = `${root}.petrel/guides/durability-${number}.ts`;
    writeFileSync(file, inFolder(programs[number - 1] ?? ''));
    const log = vi.spyOn(console, 'log').mockImplementation(() => {});
    try {
      await import(file);
      expect(log.mock.calls.map((values) => values.join(' '))).toEqual(lines);
    } finally {
      log.mockRestore();
    }
  },
);

test('the commands of the guide work on the folder that its program left', async () => {
  const commands = [...page.matchAll(/^ {4}petrel (store .*?)(?: {2,}.*)?$/gm)].map(
    ({ 1: command = '' }) => command,
  );
  expect(commands).toHaveLength(4);
  for (const command of commands) {
    const { code, out, err } = await petrel(inFolder(command).split(' '));
    expect([command, code, err]).toEqual([command, 0, '']);
    expect(out).toContain('retained messages  1');
  }
});

test('every program of the guide is among them', () => {
  expect(programs).toHaveLength(printed.length);
});
