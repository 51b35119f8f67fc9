/** What may stand where on the command line, from what the commands say of themselves; the same for every shell. */
import type { Candidates, Command } from '../command.js';

/** One option of a command. */
export interface OptionPlace {
  readonly name: string;
  readonly letter: string | undefined;
  readonly takesValue: boolean;
  /** Undefined where the value may be anything. */
  readonly values: Candidates | undefined;
  /** From the help page; empty where that explains it together with another. */
  readonly description: string;
}

/** The options of a command, with `--help`. */
export function optionPlaces({ options, help, values = {} }: Command): readonly OptionPlace[] {
  const own = Object.entries(options).map(([name, { type, short }]) => ({
    name,
    letter: short,
    takesValue: type === 'string',
    values: values[name],
    description: descriptionOf(name, help),
  }));
  const helpPlace = {
    name: 'help',
    letter: undefined,
    takesValue: false,
    values: undefined,
    description: 'tell more',
  };
  return [...own, helpPlace];
}

/** Every way to write an option. */
export function spellingsOf({ name, letter }: OptionPlace): readonly string[] {
  return letter === undefined ? [`--${name}`] : [`--${name}`, `-${letter}`];
}

/** For a shell: between single quotes. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** The words behind the name of an option, to the end of the line or of the first thought. */
function descriptionOf(name: string, help: string): string {
  const line = new RegExp(`^ {2,}(?:-\\w, )?--${name}(?: \\S+)*? {2,}(\\S.*)$`, 'm').exec(help)?.[1] ?? '';
  return line.split(/[;:(]/, 1)[0]?.trim() ?? '';
}
