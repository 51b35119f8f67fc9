/** The completion script for fish, 3 or later. */
import type { Candidates, Command } from '../command.js';
import { type OptionPlace, optionPlaces } from './places.js';

/** Completes `petrel`. */
export function fishScript(commands: ReadonlyMap<string, Command>): string {
  const lines = [...commands].flatMap(([name, command]) => linesOf(name, command));
  return `function __petrel_words
  test (count (commandline -opc)) -eq $argv[1]
end
function __petrel_command
  set -l words (commandline -opc)
  test (count $words) -gt 1; and test "$words[2]" = $argv[1]
end
complete -c petrel -f
${lines.join('\n')}`;
}

function linesOf(name: string, command: Command): string[] {
  const { summary, actions = [], operands } = command;
  const here = `__petrel_command ${name}`;
  const action = `complete -c petrel -n '${here}; and __petrel_words 2'`;
  const operand = actions.length === 0 ? here : `${here}; and not __petrel_words 2`;
  return [
    `complete -c petrel -n '__petrel_words 1' -a ${name} -d ${quoted(summary)}`,
    ...(actions.length === 0 ? [] : [`${action} -a ${quoted(actions.join(' '))}`]),
    ...(operands === undefined ? [] : [`complete -c petrel -n '${operand}' ${offer(operands)}`]),
    ...optionPlaces(command).map((place) => `complete -c petrel -n '${here}' ${option(place)}`),
  ];
}

function option({ name, letter, takesValue, values, description }: OptionPlace): string {
  return [
    `-l ${name}`,
    ...(letter === undefined ? [] : [`-s ${letter}`]),
    ...(takesValue ? ['-r', values === undefined ? '-f' : offer(values)] : []),
    ...(description === '' ? [] : [`-d ${quoted(description)}`]),
  ].join(' ');
}

function offer(candidates: Candidates): string {
  if (candidates === 'file') return '-F';
  if (candidates === 'folder') return "-f -a '(__fish_complete_directories)'";
  return `-f -a ${quoted(candidates.join(' '))}`;
}

/** fish has escapes between single quotes. */
function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
