/** The options of the command, read once. */
import { parseArgs } from 'node:util';
import type { Target } from './target.js';
import { targets } from './targets/index.js';

/** What the command was asked to do. */
export interface CommandOptions {
  readonly help: boolean;
  readonly seed: number;
  readonly minutes: number;
  readonly targets: readonly Target[];
  /** The only input to try, to see a finding again; its round runs up to it. */
  readonly input: number | undefined;
}

/** A command line that cannot be understood; the message names option, value and rule. */
export class CommandLineError extends Error {
  override readonly name = 'CommandLineError';
}

export const usage = `Throws mutated packets, random bytes and wrong orders at the broker and at the client. Any crash, hang, unhandled rejection, leak or silence is a bug.

  npm run fuzz -- --seed 1 --minutes 5

  --seed <number>     where all randomness comes from, 0–4294967295 (default: the time)
  --minutes <number>  how long, for all targets together (default: 1)
  --target <name>     ${targets.map(({ name }) => name).join(', ')} (default: all, in turn)
  --input <number>    run only the round of this input, up to it: to see a finding again

The exit code is 0 when nothing was found, 1 when something was, 2 when the command line is wrong.
`;

/** Reads the arguments behind the command; throws CommandLineError. */
export function readCommandOptions(args: readonly string[]): CommandOptions {
  const { help = false, seed, minutes, target, input } = parse(args);
  return {
    help,
    seed: readNumber('seed', seed ?? String(Date.now() % 2 ** 32), 0xffffffff, true),
    minutes: readNumber('minutes', minutes ?? '1', 100_000, false),
    targets: target === undefined ? targets : [readTarget(target)],
    input: input === undefined ? undefined : readNumber('input', input, Number.MAX_SAFE_INTEGER, true),
  };
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({
      args: [...args],
      options: { help: { type: 'boolean' }, seed: text, minutes: text, target: text, input: text },
    }).values;
  } catch (cause) {
    throw new CommandLineError((cause as Error).message, { cause });
  }
}

function readTarget(name: string): Target {
  const found = targets.find((target) => target.name === name);
  if (found !== undefined) return found;
  const names = targets.map((target) => target.name).join(', ');
  throw new CommandLineError(`option "--target" must be one of ${names}, got ${name}`);
}

function readNumber(name: string, text: string, maximum: number, isWhole: boolean): number {
  const value = Number(text);
  const isFine =
    text.trim() !== '' && value >= 0 && value <= maximum && (!isWhole || Number.isInteger(value));
  if (isFine) return value;
  const kind = isWhole ? 'an integer' : 'a number';
  throw new CommandLineError(`option "--${name}" must be ${kind} 0–${maximum}, got ${text}`);
}
