/** What every command is made of, and how its arguments are read. */
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { UsageError } from '@petrel/protocol';
import type { Terminal } from './terminal.js';

/** One command of `petrel`. */
export interface Command {
  /** One line for the list of commands. */
  readonly summary: string;
  /** The page that `--help` prints. */
  readonly help: string;
  /** What `--` completes to, and the words that may come first. */
  readonly options: NonNullable<ParseArgsConfig['options']>;
  readonly actions?: readonly string[];
  /** Resolves when the work is done, with an exit code where that is not 0; throws UsageError for wrong arguments. */
  run(args: readonly string[], terminal: Terminal): Promise<number | undefined>;
}

/** Reads options and operands; throws UsageError for an option that is unknown or lacks its value. */
export function readArguments<const Options extends NonNullable<ParseArgsConfig['options']>>(
  args: readonly string[],
  options: Options,
): ReturnType<typeof parseArgs<{ args: string[]; options: Options; allowPositionals: true }>> {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    // parseArgs explains itself; of its three sentences the first names the option.
    throw new UsageError((error as Error).message.split('. ', 1)[0]!);
  }
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
