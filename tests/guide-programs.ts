/** Runs the programs of a guide as they stand there. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { fencedBlocks } from './markdown.js';
import { root } from './source-files.js';

// A folder that git ignores, inside the workspace, so that the packages are found.
const folder = join(root, '.petrel/guides');

/** The text of `docs/guides/<name>.md`. */
export function guidePage(name: string): string {
  return readFileSync(join(root, `docs/guides/${name}.md`), 'utf8');
}

/** Where a file of that name belongs that a test of a guide writes; its folder is there then. */
export function guideFile(name: string): string {
  mkdirSync(folder, { recursive: true });
  return join(folder, name);
}

/** Runs a program, once for each name, and gives back what it gave to `console.log`, call by call. */
export async function outputOf(name: string, program: string): Promise<readonly (readonly unknown[])[]> {
  const file = guideFile(`${name}.ts`);
  writeFileSync(file, program);
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  try {
    await import(file);
    return [...log.mock.calls];
  } finally {
    log.mockRestore();
  }
}

/** What the programs of a guide need besides themselves. */
export interface ProgramOptions {
  /** Puts in what only the test knows, such as a port; called when the program is run. */
  readonly adapt?: (program: string) => string;
  /** What of the lines is the same every time. Default: all of them. */
  readonly stable?: (lines: readonly string[]) => readonly string[];
}

/** A test for each program in TypeScript of a guide: it prints these lines; and one that there are no others. */
export function testPrograms(
  name: string,
  printed: readonly (readonly string[])[],
  { adapt = (program) => program, stable = (lines) => lines }: ProgramOptions = {},
): void {
  const programs = fencedBlocks(guidePage(name), 'ts');

  test.each(printed.map((lines, index) => [index + 1, lines] as const))(
    'program %i prints %j',
    async (number, lines) => {
      const calls = await outputOf(`${name}-${number}`, adapt(programs[number - 1] ?? ''));
      expect(stable(calls.map((values) => values.join(' ')))).toEqual(lines);
    },
  );

  test('every program of the guide is among them', () => {
    expect(programs).toHaveLength(printed.length);
  });
}
