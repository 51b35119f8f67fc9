/** What is published of the configuration is what the code checks. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Rule } from '../packages/cli/src/configuration/rule.js';
import { configurationRule } from '../packages/cli/src/configuration/schema.js';
import { toJsonSchema, toMarkdown, withSentences } from './configuration-pages.js';
import { defaultsMarkdown, defaultsOf, reasons } from './defaults-page.js';
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

test('docs/reference/defaults.md has every default; npx vitest run tests/configuration -u writes it', async () => {
  const page = join(root, 'docs/reference/defaults.md');
  const [introduction = ''] = readFileSync(page, 'utf8').split(/^## The broker itself/m);
  await expect(`${introduction}${defaultsMarkdown(rule)}\n`).toMatchFileSnapshot(page);
});

test('every default outside of the limits says why it is safe, and no reason is about a setting that is gone', () => {
  const settings = defaultsOf(rule).map(({ path }) => path);
  expect(settings.filter((path) => !path.startsWith('limits.') && reasons[path] === undefined)).toEqual([]);
  const known = new Set([...settings, ...everyPath(rule)]);
  expect(Object.keys(reasons).filter((path) => !known.has(path))).toEqual([]);
});

/** Paths of all settings, those without default included. */
function everyPath(each: Rule, at: readonly string[] = []): string[] {
  const inner = (next: Rule, path = at) => [path.join('.'), ...everyPath(next, path)];
  switch (each.kind) {
    case 'object':
      return Object.entries(each.fields).flatMap(([name, field]) => inner(field, [...at, name]));
    case 'list':
      return inner(each.item);
    case 'map':
      return inner(each.value);
    case 'choice':
      return Object.entries(each.variants).flatMap(([name, variant]) =>
        inner(variant, at[0] === 'listeners' ? at : [...at, name]),
      );
    default:
      return [];
  }
}

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
