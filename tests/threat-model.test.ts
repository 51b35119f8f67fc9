/** Every known way in has a test that is named after it, where the threat model says. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from './source-files.js';

const page = 'docs/internals/threat-model.md';
const ways = [
  ...readFileSync(join(root, page), 'utf8').matchAll(/^\| (\d+) \| .* \| \[[\w-]+\]\(([^)]+)\) \|$/gm),
].map(([, number = '', file = '']) => ({ number, file: join(root, dirname(page), file) }));

test('there are 36 of them', () => {
  expect(ways.map(({ number }) => Number(number))).toEqual(
    Array.from({ length: 36 }, (_, index) => index + 1),
  );
});

test.each(ways)('$number', ({ number, file }) => {
  expect(readFileSync(file, 'utf8')).toMatch(new RegExp(`['"\`]${number} [\\w%$#]`));
});
