/** The options of the command, read once. */
import { parseArgs } from 'node:util';
import { type CurveDefinition, curveBrokers, curves, selectCurves } from './curves.js';
import { type MeasuredBroker, measuredBrokers } from './measured-brokers.js';
import { type Scenario, scenarios, selectScenarios } from './scenarios.js';

/** What is to be done. */
export type Task = 'help' | 'list' | 'compare' | 'curves' | 'soak' | 'micro' | 'render';

/** What the command was asked to do. */
export interface CommandOptions {
  readonly task: Task;
  readonly scenarios: readonly Scenario[];
  readonly curves: readonly CurveDefinition[];
  readonly brokers: readonly MeasuredBroker[];
  readonly seconds: number;
  readonly runs: number;
  readonly profile: boolean;
  /** Where the JSON goes; undefined: nowhere. */
  readonly json: string | undefined;
  /** Whether the results go into the report and its page. */
  readonly report: boolean;
}

/** A command line that cannot be understood; the message names option, value and rule. */
export class CommandLineError extends Error {
  override readonly name = 'CommandLineError';
}

export const usage = `Measures Petrel's broker beside the brokers that are installed: each in a process and, with taskset, on a core of its own.

  npm run bench -- --only pairs-qos1,fanin --brokers petrel,mosquitto --seconds 3 --runs 3

What is measured

  (nothing)            all scenarios
  --only <names>       scenarios, or their groups, such as pairs or fanout100 (default: all; --list names them)
  --curves <names>     how it scales: ${curves.map(({ name }) => name).join(', ')}, or all
  --soak               Petrel's memory at full load, for as long as --seconds says (default then: 600)
  --micro              codec, delivery state and matching, in this process
  --list               names of the scenarios

How

  --brokers <names>    petrel, mosquitto, aedes, aedes-beta, nats, forwarder (default: all; for curves petrel, mosquitto)
  --seconds <number>   length of one run, behind a warm-up of one second (default: 8)
  --runs <number>      runs of each; the tables have their medians (default: 3)
  --baseline <file>    packages/broker/dist/index.js of another checkout, measured beside this one
  --profile            write a CPU profile of Petrel's broker to benchmarks/profiles
  --json <file>        write all figures to a file
  --report             put the figures into benchmarks/results and make docs/reference/benchmarks.md anew
  --render             make that page anew from the figures that are there

The exit code is 0, 1 when Petrel lost, repeated or reordered a message, grew, or could not be measured, 2 when the command line is wrong.
`;

/** Reads the arguments behind the command; throws CommandLineError. */
export function readCommandOptions(args: readonly string[]): CommandOptions {
  const values = parse(args);
  const task = readTask(values);
  const defaults = {
    seconds: task === 'soak' ? '600' : '8',
    brokers: task === 'curves' ? curveBrokers : undefined,
  };
  return {
    task,
    scenarios: values.only === undefined ? scenarios : readScenarios(values.only),
    curves: values.curves === undefined ? [] : readCurves(values.curves),
    brokers: readBrokers(values.brokers ?? defaults.brokers, measuredBrokers(values.baseline)),
    seconds: readNumber('seconds', values.seconds ?? defaults.seconds, 3600, false),
    runs: readNumber('runs', values.runs ?? '3', 100, true),
    profile: values.profile ?? false,
    json: values.json,
    report: values.report ?? false,
  };
}

function readTask(values: ReturnType<typeof parse>): Task {
  const wanted: readonly (Task | false)[] = [
    values.help === true && 'help',
    values.list === true && 'list',
    values.micro === true && 'micro',
    values.soak === true && 'soak',
    values.render === true && 'render',
    values.curves !== undefined && 'curves',
    values.only !== undefined && 'compare',
  ];
  const tasks = wanted.filter((task) => task !== false);
  if (tasks.length > 1 && tasks[0] !== 'help')
    throw new CommandLineError(
      'only one of the options "--list", "--micro", "--soak", "--render", "--curves" and "--only" can be used at a time',
    );
  return tasks[0] ?? 'compare';
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
        micro: flag,
        soak: flag,
        render: flag,
        report: flag,
        profile: flag,
        only: text,
        curves: text,
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

function readCurves(names: string): readonly CurveDefinition[] {
  const found = selectCurves(names.split(','));
  if (found !== undefined) return found;
  const known = curves.map(({ name }) => name).join(', ');
  throw new CommandLineError(`option "--curves" must be of ${known} or all, got ${names}`);
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
