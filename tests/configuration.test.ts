/** What is published of the configuration is what the code checks. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { configurationRule } from '../packages/cli/src/configuration/schema.js';
import { toJsonSchema, toMarkdown, withSentences } from './configuration-pages.js';
import { root } from './source-files.js';

const rule = withSentences(configurationRule);

test('packages/cli/petrel.schema.json is the schema of the configuration; npx vitest run tests/configuration -u writes it', async () => {
  const file = join(root, 'packages/cli/petrel.schema.json');
  await expect(`${JSON.stringify(toJsonSchema(rule), undefined, 2)}\n`).toMatchFileSnapshot(file);
});

test('docs/reference/configuration.md has every setting; npx vitest run tests/configuration -u writes it', async () => {
  const page = join(root, 'docs/reference/configuration.md');
  const [introduction = ''] = readFileSync(page, 'utf8').split(/^## The file/m);
  await expect(`${introduction}${toMarkdown(rule)}\n`).toMatchFileSnapshot(page);
});

test('every setting has a sentence', () => {
  const silent: string[] = [];
  const visit = (value: unknown, path: string): void => {
    if (typeof value !== 'object' || value === null || value instanceof RegExp) return;
    if ('kind' in value && 'description' in value && value.description === '') silent.push(path);
    for (const [name, inner] of Object.entries(value)) visit(inner, `${path}.${name}`);
  };
  visit(rule, 'file');
  expect(silent).toEqual([]);
});
