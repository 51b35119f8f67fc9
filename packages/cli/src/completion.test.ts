/** The shells themselves take the scripts of `petrel completion`, and complete by them. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describePeer, findProgram, pathOf } from '@petrel/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { petrel } from './test-terminal.suite.js';

const shell = (name: string) =>
  findProgram({
    name,
    hint: `apt-get install ${name}`,
    files: [name],
    variable: `PETREL_${name.toUpperCase()}`,
  });

// A shell reads all that it can complete when it starts, on a machine that may be busy.
const generous = { timeout: 60_000 };

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'petrel-completion-'));
  mkdirSync(join(folder, 'data-folder'));
  for (const name of ['authority.pem', 'two words.pem', 'data-file']) writeFileSync(join(folder, name), '');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Writes the script of a shell where it can be read, and one of ours that reads it. */
async function withScript(shell: string, program: (script: string) => string): Promise<string> {
  const script = join(folder, `petrel.${shell}`);
  writeFileSync(script, `${(await petrel(['completion', shell])).out}\n`);
  const file = join(folder, `program.${shell}`);
  writeFileSync(file, program(script));
  return file;
}

/** What a shell prints for a program of ours, which it has to like. */
function linesOf(command: string, args: string[]): string[] {
  const { stdout, stderr, status } = spawnSync(command, args, { cwd: folder, encoding: 'utf8' });
  expect([status, stderr]).toEqual([0, '']);
  return stdout.split('\n').filter((line) => line !== '');
}

/** A line, and what may stand in place of its last word. */
const expected: readonly (readonly [line: string, words: readonly string[]])[] = [
  ['petrel pu', ['pub']],
  ['petrel co', ['completion', 'config']],
  ['petrel store ', ['backup', 'inspect', 'restore', 'verify']],
  ['petrel store ver', ['verify']],
  ['petrel store verify dat', ['data-folder']],
  ['petrel acl ', ['test']],
  ['petrel acl test sub', ['subscribe']],
  ['petrel config check aut', ['authority.pem']],
  ['petrel completion z', ['zsh']],
  ['petrel pub --will-', ['--will-payload', '--will-qos', '--will-retain', '--will-topic']],
  ['petrel config check --j', ['--json']],
  ['petrel pub -q ', ['0', '1', '2']],
  ['petrel sub --qos ', ['0', '1', '2']],
  ['petrel request --will-qos ', ['0', '1', '2']],
  ['petrel sub -V mqttv3', ['mqttv31', 'mqttv311']],
  ['petrel pub --cafile aut', ['authority.pem']],
  ['petrel broker --durability ', ['os', 'sync']],
  ['petrel broker -d dat', ['data-folder']],
  ['petrel pub -h aut', []],
  ['petrel pub aut', []],
];

describePeer(shell('bash'), 'petrel completion in bash', () => {
  test('completes commands, options and values', generous, async () => {
    const program = await withScript(
      'bash',
      (script) => `source '${script}'
complete -p petrel >/dev/null || exit 1
try() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _petrel; printf '%s,' "\${COMPREPLY[@]}"; echo .; }
${[
  ...expected.map(([line]) => line.split(' ')),
  ['petrel', 'pub', '--qos', '=', ''],
  ['petrel', 'pub', '--key', 'two'],
]
  .map((words) => `try ${words.map((word) => `'${word}'`).join(' ')}`)
  .join('\n')}`,
    );
    const lines = linesOf(pathOf(shell('bash')), ['--norc', program]).map((line) =>
      line
        .split(',')
        .slice(0, -1)
        .filter((word) => word !== '')
        .sort(),
    );
    expect(lines).toEqual([...expected.map(([, words]) => words), ['0', '1', '2'], ['two words.pem']]);
  });
});

describePeer(shell('fish'), 'petrel completion in fish', () => {
  test('completes commands, options and values, and says what they mean', generous, async () => {
    const program = await withScript(
      'fish',
      (script) => `source '${script}'
${expected.map(([line]) => `set found (complete -C '${line}' | string split -f 1 \\t); echo "> $found"`).join('\n')}
complete -C 'petrel pu'
complete -C 'petrel sub --cou'`,
    );
    const lines = linesOf(pathOf(shell('fish')), ['--no-config', program]);
    const words = lines.slice(0, expected.length).map((line) =>
      line
        .slice(2)
        .split(' ')
        .map((word) => word.replace(/\/$/, ''))
        .filter((word) => word !== '')
        .sort(),
    );
    expect(words).toEqual(expected.map(([, each]) => each));
    expect(lines.slice(expected.length)).toEqual(['pub\tpublish a message', '--count\tend after N messages']);
  });
});

describePeer(shell('zsh'), 'petrel completion in zsh', () => {
  test('completes commands, options and values', generous, async () => {
    // What is completed stands in the line editor of an interactive shell; only what is the one choice is put in.
    const single = expected.filter(([, words]) => words.length < 2);
    const setup = join(folder, 'setup.zsh');
    const program = await withScript('zsh', (script) => {
      writeFileSync(
        setup,
        `PS1=; autoload -Uz compinit && compinit -u -D
source '${script}'
unsetopt zle_bracketed_paste 2>/dev/null; zle_highlight=(none); unset zle_bracketed_paste
cd '${folder}'
show() { print -r -- "<<$BUFFER>>"; BUFFER= }
zle -N show; bindkey '^X' show; setopt no_beep no_list_ambiguous no_auto_list
print ready`,
      );
      return `zmodload zsh/zpty
zpty -b shell zsh -f -i
zpty -w shell "source '${setup}'"
zpty -r -m shell output '*ready*'
for line in ${single.map(([line]) => `'${line}'`).join(' ')}; do
  zpty -w -n shell "$line"$'\\t\\x18'
  zpty -r -m shell output '*<<*>>*'
  print -r -- "\${\${output##*<<}%%>>*}"
done
zpty -d shell`;
    });
    const lines = linesOf(pathOf(shell('zsh')), ['-f', program]);
    expect(lines.map((line) => line.trim().replace(/\/$/, ''))).toEqual(
      single.map(([line, [word]]) => (word === undefined ? line : line.replace(/\S*$/, word))),
    );
  });
});
