/** The options of the command, read once. */
import { parseArgs } from 'node:util';
import { type MeasuredBroker, measuredBrokers } from './measured-brokers.js';
import { type Scenario, scenarios, selectScenarios } from './scenarios.js';

/** What the command was asked to do. */
export interface CommandOptions {
  readonly help: boolean;
  readonly list: boolean;
  readonly scenarios: readonly Scenario[];
  readonly brokers: readonly MeasuredBroker[];
  readonly seconds: number;
  readonly runs: number;
  readonly profile: boolean;
  /** Where the JSON goes; undefined: nowhere. */
  readonly json: string | undefined;
}

/** A command line that cannot be understood; the message names option, value and rule. */
export class CommandLineError extends Error {
  override readonly name = 'CommandLineError';
}

export const usage = `Measures Petrel's broker beside the brokers that are installed: each in a process and, with taskset, on a core of its own.

  npm run bench -- --only pairs-qos1,fanin --brokers petrel,mosquitto --seconds 3 --runs 3

  --only <names>       scenarios, or their groups, such as pairs or fanout100 (default: all; --list names them)
  --brokers <names>    petrel, mosquitto, aedes, aedes-beta, nats, forwarder (default: all)
  --seconds <number>   length of one run, behind a warm-up of one second (default: 8)
  --runs <number>      runs of each; the tables have their medians (default: 3)
  --baseline <file>    packages/broker/dist/index.js of another checkout, measured beside this one
  --profile            write a CPU profile of Petrel's broker to benchmarks/profiles
  --json <file>        write all figures to a file
  --list               name the scenarios

The exit code is 0, 1 when Petrel lost, repeated or reordered a message or could not be measured, 2 when the command line is wrong.
`;

/** Reads the arguments behind the command; throws CommandLineError. */
export function readCommandOptions(args: readonly string[]): CommandOptions {
  const { help = false, list = false, profile = false, ...values } = parse(args);
  return {
    help,
    list,
    profile,
    scenarios: values.only === undefined ? scenarios : readScenarios(values.only),
    brokers: readBrokers(values.brokers, measuredBrokers(values.baseline)),
    seconds: readNumber('seconds', values.seconds ?? '8', 3600, false),
    runs: readNumber('runs', values.runs ?? '3', 100, true),
    json: values.json,
  };
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  try {
    return parseArgs({
      args: [...args],
      options: {
        help: flag,
        list: flag,
        profile: flag,
        only: text,
        brokers: text,
        seconds: text,
        runs: text,
        baseline: text,
        json: text,
      },
    }).values;
  } catch (cause) {
    throw new CommandLineError((cause as Error).message, { cause });
  }
}

function readScenarios(names: string): readonly Scenario[] {
  const found = selectScenarios(names.split(','));
  if (found !== undefined) return found;
  throw new CommandLineError(`option "--only" must be names that --list shows, got ${names}`);
}

function readBrokers(names: string | undefined, all: readonly MeasuredBroker[]): readonly MeasuredBroker[] {
  if (names === undefined) return all;
  const wanted = names.split(',');
  const unknown = wanted.find((name) => !all.some((broker) => broker.name === name));
  if (unknown !== undefined) {
    const known = all.map((broker) => broker.name).join(', ');
    throw new CommandLineError(`option "--brokers" must be of ${known}, got ${unknown}`);
  }
  return all.filter(({ name }) => wanted.includes(name) || name === 'baseline');
}

function readNumber(name: string, text: string, maximum: number, isWhole: boolean): number {
  const value = Number(text);
  const isFine = text.trim() !== '' && value > 0 && value <= maximum && (!isWhole || Number.isInteger(value));
  if (isFine) return value;
  const kind = isWhole ? 'an integer' : 'a number';
  throw new CommandLineError(`option "--${name}" must be ${kind} above 0, at most ${maximum}, got ${text}`);
}
