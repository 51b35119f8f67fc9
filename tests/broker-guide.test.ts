/** The programs in the broker's guide run as they stand there. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test, vi } from 'vitest';
import { fencedBlocks } from './markdown.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const programs = fencedBlocks(readFileSync(`${root}docs/guides/broker.md`, 'utf8'), 'ts');
const printed = [
  ['greetings/world hello'],
  ['no matching subscribers'],
  ['PETREL_PUBLISH_REFUSED'],
  ['anna', 'the given stream refused: 0x87 not authorized: user name or password is wrong'],
  ['users/anna/inbox', 'PETREL_PUBLISH_REFUSED', '0 subscriptions'],
  ['temperature 4 bytes', '1 1'],
  ['true 1'],
];

test.each(printed.map((lines, index) => [index + 1, lines] as const))(
  'program %i prints %j',
  async (number, lines) => {
    // A folder that git ignores, inside the workspace, so that the packages are found.
    const folder = `${root}.petrel/guides`;
    mkdirSync(folder, { recursive: true });
    const file = `${folder}/broker-${number}.ts`;
    writeFileSync(file, programs[number - 1] ?? '');
    const log = vi.spyOn(console, 'log').mockImplementation(() => {});
    try {
      await import(file);
      expect(log.mock.calls.map((values) => values.join(' '))).toEqual(lines);
    } finally {
      log.mockRestore();
    }
  },
);

test('every program of the guide is among them', () => {
  expect(programs).toHaveLength(printed.length);
});
