/** What the guide for operators shows runs as it stands there, but for the ports. */
import { writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { petrel } from '../packages/cli/src/test-terminal.suite.js';
import { guideFile, guidePage, outputOf } from './guide-programs.js';
import { fencedBlocks } from './markdown.js';

const page = guidePage('operating');

test('the program', async () => {
  const [program = '', ...others] = fencedBlocks(page, 'ts');
  expect(others).toEqual([]);
  expect(await outputOf('operating', program.replaceAll(/port: \d+/g, 'port: 0'))).toEqual([
    [200, { status: 'ok' }],
    [{ sessions: [], hasMore: false }],
  ]);
});

test('the configuration', async () => {
  const [configuration = ''] = fencedBlocks(page, 'yaml');
  const file = guideFile('operating.yaml');
  writeFileSync(guideFile('admin-token'), 'a token of some length\n');
  writeFileSync(file, configuration);
  expect(await petrel(['config', 'check', file])).toEqual({ code: 0, out: `${file} is right`, err: '' });
});
