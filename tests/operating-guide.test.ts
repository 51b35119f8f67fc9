/** What the guide for operators shows runs as it stands there, but for the ports. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { run } from 'petrel';
import { expect, test, vi } from 'vitest';
import { fencedBlocks } from './markdown.js';

const root = fileURLToPath(new URL('..', import.meta.url));
// A folder that git ignores, inside the workspace, so that the packages are found.
const folder = `${root}.petrel/guides`;
const page = readFileSync(`${root}docs/guides/operating.md`, 'utf8');

test('the program', async () => {
  mkdirSync(folder, { recursive: true });
  const [program = '', ...others] = fencedBlocks(page, 'ts');
  expect(others).toEqual([]);
  const file = `${folder}/operating.ts`;
  writeFileSync(file, program.replaceAll(/port: \d+/g, 'port: 0'));
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  try {
    await import(file);
    expect(log.mock.calls).toEqual([[200, { status: 'ok' }], [{ sessions: [], hasMore: false }]]);
  } finally {
    log.mockRestore();
  }
});

test('the configuration', async () => {
  mkdirSync(folder, { recursive: true });
  const [configuration = ''] = fencedBlocks(page, 'yaml');
  writeFileSync(`${folder}/admin-token`, 'a token of some length\n');
  writeFileSync(`${folder}/operating.yaml`, configuration);
  const said: string[] = [];
  const code = await run(['config', 'check', `${folder}/operating.yaml`], {
    out: (line) => said.push(line),
    err: (line) => said.push(line),
    write: () => {},
    status: () => {},
    isShown: false,
    input: (async function* () {})(),
    onHangup: () => () => {},
    readNewSecret: () => Promise.reject(new Error('nobody is asked')),
    interrupted: new AbortController().signal,
  });
  expect([code, said]).toEqual([0, expect.any(Array)]);
});
