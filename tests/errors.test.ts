/** The registry of error codes in the code and the page that explains it are the same. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { manifestOf, placeOf, root, sourceFiles } from './source-files.js';
import { nodesOf } from './syntax.js';

const page = join(root, 'docs', 'reference', 'errors.md');

/** Codes with their sentences, by package, in the order of the workspace. */
const registries: { readonly name: string; readonly codes: Readonly<Record<string, string>> }[] = [];
for (const folder of manifestOf('.').workspaces ?? []) {
  const file = join(root, folder, 'src', 'errors.ts');
  if (!existsSync(file)) continue;
  const module = (await import(/* @vite-ignore */ file)) as Record<string, unknown>;
  const name = Object.keys(module).find((key) => key.endsWith('ErrorCodes'));
  if (name === undefined) throw new Error(`${folder}/src/errors.ts exports no …ErrorCodes`);
  registries.push({ name: manifestOf(folder).name, codes: module[name] as Readonly<Record<string, string>> });
}

/** The page as it has to be: its own prose, and one table per package. */
function render(text: string): string {
  const [introduction = '', ...sections] = text.split(/^## /m);
  const prose = new Map(
    sections.map((section) => {
      const [heading = '', ...lines] = section.split('\n');
      return [
        heading,
        lines
          .filter((line) => !line.startsWith('|'))
          .join('\n')
          .trim(),
      ];
    }),
  );
  const rendered = registries.map(({ name, codes }) => {
    const heading = `\`${name}\``;
    const table = Object.entries(codes).map(([code, meaning]) => `| \`${code}\` | ${meaning} |`);
    const parts = [
      `## ${heading}`,
      prose.get(heading),
      ['| code | meaning |', '|---|---|', ...table].join('\n'),
    ];
    return `${parts.filter(Boolean).join('\n\n')}\n`;
  });
  return [`${introduction.trimEnd()}\n`, ...rendered].join('\n');
}

test('docs/reference/errors.md has every code of every package, and no other', async () => {
  expect(registries.length).toBeGreaterThan(3);
  await expect(render(readFileSync(page, 'utf8'))).toMatchFileSnapshot(page);
});

test('every code in the sources is in a registry', () => {
  const known = new Set(registries.flatMap(({ codes }) => Object.keys(codes)));
  const wrong = sourceFiles()
    .filter(
      ({ packageFolder, isTest, text }) =>
        packageFolder !== undefined &&
        !isTest &&
        packageFolder !== 'packages/testing' &&
        text.includes('PETREL_'),
    )
    .flatMap((file) =>
      nodesOf(file)
        .filter(({ type }) => type === 'Literal')
        .map((node) => ({ node, code: file.text.slice(node.start, node.end).replace(/['"]/g, '') }))
        .filter(({ code }) => /^PETREL_[A-Z_]+$/.test(code) && !known.has(code))
        .map(({ node, code }) => `${placeOf(file, node.start)}: ${code}`),
    );
  expect(wrong).toEqual([]);
});

test('a code is a full sentence about who must act, in one line', () => {
  const wrong = registries.flatMap(({ codes }) =>
    Object.entries(codes).filter(
      ([code, meaning]) => !/^PETREL_[A-Z_]+$/.test(code) || !/^[A-Z].*\.$/.test(meaning),
    ),
  );
  expect(wrong).toEqual([]);
});
