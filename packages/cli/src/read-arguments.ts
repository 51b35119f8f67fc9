/** Reads the options of a command: its own, those that fingers know from other programs, and those that are not here but have an answer. */
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { UsageError } from '@petrel/protocol';
import { editDistance } from './edit-distance.js';

/** The options of a command, as `parseArgs` wants them. */
export type OptionTable = NonNullable<ParseArgsConfig['options']>;

/** How else options are written. */
export interface Spellings {
  /** Another name → the option. */
  readonly aliases?: Readonly<Record<string, string>>;
  /** An option of other programs that is not here, a letter or a name → what to do instead. */
  readonly absent?: Readonly<Record<string, string>>;
  /** An option that takes more than one argument → how many, seen from the first; its value is their JSON array. */
  readonly arity?: Readonly<Record<string, (first: readonly string[]) => number>>;
}

/** Reads options and operands; throws UsageError for an option that is unknown or lacks its value. */
export function readArguments<const Options extends OptionTable>(
  args: readonly string[],
  options: Options,
  spellings: Spellings = {},
): ReturnType<typeof parseArgs<{ args: string[]; options: Options; allowPositionals: true }>> {
  return parseArgs({ args: plainArguments(args, options, spellings), options, allowPositionals: true });
}

/** The same arguments as `--name`, `--name=value` and, behind `--`, the operands. */
function plainArguments(args: readonly string[], options: OptionTable, spellings: Spellings): string[] {
  const found = new Spelled(options, spellings);
  const plain: string[] = [];
  const operands: string[] = [];
  const rest = [...args];
  const value = (name: string, as: string): string => {
    const count = spellings.arity?.[name]?.(rest) ?? 1;
    const values = rest.splice(0, count);
    if (values.length < count || found.isOption(values[0] ?? ''))
      throw new UsageError(`option "${as}" lacks its value`);
    return count === 1 ? (values[0] as string) : JSON.stringify(values);
  };
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === '--') operands.push(...rest.splice(0));
    else if (arg.startsWith('--')) {
      const [as = '', given] = splitOnce(arg, '=');
      const name = found.byName(as.slice(2));
      if (options[name]?.type === 'string') plain.push(`--${name}=${given ?? value(name, as)}`);
      else if (given === undefined) plain.push(`--${name}`);
      else throw new UsageError(`option "${as}" takes no value, got "${given}"`);
    } else if (/^-[^-\d]/.test(arg) || found.isOption(arg)) {
      for (let letters = arg.slice(1); letters !== ''; letters = letters.slice(1)) {
        const letter = letters.charAt(0);
        const name = found.byLetter(letter, arg);
        if (options[name]?.type !== 'string') {
          plain.push(`--${name}`);
          continue;
        }
        const given = letters.slice(1);
        plain.push(`--${name}=${given === '' ? value(name, `-${letter}`) : given}`);
        break;
      }
    } else operands.push(arg);
  }
  return [...plain, '--', ...operands];
}

/** Finds options by what was written. */
class Spelled {
  readonly #options: OptionTable;
  readonly #spellings: Spellings;
  readonly #letters: ReadonlyMap<string, string>;

  constructor(options: OptionTable, spellings: Spellings) {
    this.#options = options;
    this.#spellings = spellings;
    this.#letters = new Map(
      Object.entries(options).flatMap(([name, { short }]) => (short === undefined ? [] : [[short, name]])),
    );
  }

  /** Whether somebody who wrote this meant an option; `-5` is a number and `- x` a text. */
  isOption(arg: string): boolean {
    if (arg.startsWith('--')) return this.#find(splitOnce(arg.slice(2), '=')[0] ?? '') !== undefined;
    return arg.startsWith('-') && this.#letters.has(arg.charAt(1));
  }

  byName(written: string): string {
    const name = this.#find(written);
    if (name !== undefined) return name;
    throw this.#unknown(`--${written}`, written);
  }

  byLetter(letter: string, arg: string): string {
    const name = this.#letters.get(letter);
    if (name !== undefined) return name;
    const instead = lookUp(this.#spellings.absent, letter);
    if (instead !== undefined) throw absent(`-${letter}`, instead);
    // With one dash too few all letters but the first would be riddles.
    throw this.#unknown(
      arg.length > 2 && this.#find(arg.slice(1)) !== undefined ? arg : `-${letter}`,
      arg.slice(1),
    );
  }

  #find(written: string): string | undefined {
    const name = lookUp(this.#spellings.aliases, written) ?? written;
    return Object.hasOwn(this.#options, name) ? name : undefined;
  }

  #unknown(as: string, written: string): UsageError {
    const instead = lookUp(this.#spellings.absent, written);
    if (instead !== undefined) return absent(as, instead);
    const names = [...Object.keys(this.#options), ...Object.keys(this.#spellings.aliases ?? {})];
    const near = written.length > 1 ? nearest(written, names) : undefined;
    const hint =
      near === undefined ? 'a text that begins with a dash goes behind "--"' : `did you mean "--${near}"?`;
    return new UsageError(`there is no option "${as}"; ${hint}`);
  }
}

function absent(as: string, instead: string): UsageError {
  return new UsageError(`option "${as}" is not here: ${instead}`);
}

function lookUp(table: Readonly<Record<string, string>> | undefined, key: string): string | undefined {
  return table !== undefined && Object.hasOwn(table, key) ? table[key] : undefined;
}

function splitOnce(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

/** The name with the fewest slips from what was written, if they are few; or the one that it is the beginning of. */
export function nearest(written: string, names: readonly string[]): string | undefined {
  const [best] = names
    .map((name) => ({ name, slips: name.startsWith(written) ? 0 : editDistance(written, name) }))
    .sort((a, b) => a.slips - b.slips);
  return best !== undefined && best.slips <= Math.min(2, written.length / 2) ? best.name : undefined;
}
