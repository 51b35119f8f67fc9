/** What every command is made of, and how the values of its options are read. */
import { UsageError } from '@petrel/protocol';
import type { OptionTable } from './read-arguments.js';
import type { Terminal } from './terminal.js';

/** What may stand in a place: words, or the names of files or of folders. */
export type Candidates = readonly string[] | 'file' | 'folder';

/** One command of `petrel`. */
export interface Command {
  /** One line for the list of commands. */
  readonly summary: string;
  /** The page that `--help` prints. */
  readonly help: string;
  /** What `--` completes to, and the words that may come first. */
  readonly options: OptionTable;
  readonly actions?: readonly string[];
  /** What completes to the value of an option, by its name; an option that is not here may have any. */
  readonly values?: Readonly<Record<string, Candidates>>;
  /** What completes to an operand, behind the action where there is one. */
  readonly operands?: Candidates;
  /** Resolves when the work is done, with an exit code where that is not 0; throws UsageError for wrong arguments. */
  run(args: readonly string[], terminal: Terminal): Promise<number | undefined>;
}

/** An option that is an integer within bounds; `undefined` where it is not given. */
export function readInteger(
  name: string,
  text: string | undefined,
  { minimum, maximum, unit = '' }: { minimum: number; maximum: number; unit?: string },
): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= minimum && value <= maximum) return value;
  const rule = `an integer ${minimum.toLocaleString('en')}–${maximum.toLocaleString('en')}${unit && ` (${unit})`}`;
  throw new UsageError(`option "--${name}" must be ${rule}, got "${text}"`);
}

/** `--qos`. */
export function readQoS(text: string | undefined, name = 'qos'): 0 | 1 | 2 | undefined {
  return readInteger(name, text, { minimum: 0, maximum: 2 }) as 0 | 1 | 2 | undefined;
}

/** Exactly the named operands, those in brackets being optional; throws UsageError otherwise. */
export function readOperands(given: readonly string[], ...names: readonly string[]): readonly string[] {
  const missing = names.find((name, index) => !name.startsWith('[') && given[index] === undefined);
  if (missing !== undefined) throw new UsageError(`<${missing}> is missing`);
  if (given.length > names.length) {
    throw new UsageError(`"${given[names.length]}" is one argument too many; quote a text with spaces`);
  }
  return given;
}

/** An option in seconds, with decimals, as milliseconds; `undefined` where it is not given. */
export function readSeconds(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = /^(\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : Number.NaN;
  // What a timer can hold.
  if (value <= 2_147_483) return Math.round(value * 1_000);
  throw new UsageError(`option "--${name}" must be a number 0–2,147,483 (seconds), got "${text}"`);
}
