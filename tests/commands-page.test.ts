/** The page of commands is what they say of themselves. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { run, type Terminal } from '../packages/cli/src/index.js';
import { root } from './source-files.js';

/** What `petrel <args>` prints. */
async function printed(...args: string[]): Promise<string> {
  const lines: string[] = [];
  const terminal: Terminal = {
    out: (line) => void lines.push(line),
    err: (line) => void lines.push(line),
    write: () => {},
    status: () => {},
    isShown: false,
    input: (async function* () {})(),
    onHangup: () => () => {},
    readNewSecret: async () => '',
    interrupted: new AbortController().signal,
  };
  expect(await run(args, terminal)).toBe(0);
  return lines.join('\n');
}

test('docs/reference/commands.md has every command; npx vitest run tests/commands -u writes it', async () => {
  const page = join(root, 'docs/reference/commands.md');
  const [introduction = ''] = readFileSync(page, 'utf8').split(/^## /m);
  const overview = await printed('--help');
  const names = [...overview.matchAll(/^ {2}petrel (\S+)/gm)].map(([, name = '']) => name);
  expect(names.length).toBeGreaterThan(9);
  const sections = await Promise.all(
    names.map(
      async (name) => `## \`petrel ${name}\`\n\n\`\`\`text\n${await printed(name, '--help')}\n\`\`\`\n`,
    ),
  );
  await expect(`${introduction.trimEnd()}\n\n${sections.join('\n')}`).toMatchFileSnapshot(page);
});
