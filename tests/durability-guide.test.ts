/** The programs and commands in the durability guide run as they stand there, but for the folders. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { petrel } from '../packages/cli/src/test-terminal.suite.js';
import { guidePage, testPrograms } from './guide-programs.js';

const folder = mkdtempSync(join(tmpdir(), 'petrel-guide-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const inFolder = (text: string) =>
  text.replaceAll(/\.\/(petrel-data|nightly|backup|restored)/g, join(folder, '$1'));

testPrograms('durability', [['door 1', 'open'], ['1 session, 1 retained']], { adapt: inFolder });

test('the commands of the guide work on the folder that its program left', async () => {
  const commands = [...guidePage('durability').matchAll(/^ {4}petrel (store .*?)(?: {2,}.*)?$/gm)].map(
    ({ 1: command = '' }) => command,
  );
  expect(commands).toHaveLength(4);
  for (const command of commands) {
    const { code, out, err } = await petrel(inFolder(command).split(' '));
    expect([command, code, err]).toEqual([command, 0, '']);
    expect(out).toContain('retained messages  1');
  }
});
