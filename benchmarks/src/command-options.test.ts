import { describe, expect, test } from 'vitest';
import { CommandLineError, readCommandOptions } from './command-options.js';
import { scenarios } from './scenarios.js';

const names = (args: readonly string[]) => readCommandOptions(args).scenarios.map(({ name }) => name);
const brokers = (args: readonly string[]) => readCommandOptions(args).brokers.map(({ name }) => name);

test('without options, all scenarios and all brokers are measured three times for eight seconds', () => {
  const options = readCommandOptions([]);
  expect(options).toMatchObject({ task: 'compare', runs: 3, seconds: 8, profile: false, report: false });
  expect(options.scenarios).toEqual(scenarios);
  expect(brokers([])).toEqual(['petrel', 'mosquitto', 'aedes', 'aedes-beta', 'nats', 'forwarder']);
});

describe('--only', () => {
  test('takes names and groups, in the order of the tables', () => {
    expect(names(['--only', 'tls,pairs-qos1'])).toEqual(['pairs-qos1', 'tls-qos0', 'tls-qos1']);
  });

  test('a name that is also the beginning of others means only itself', () => {
    expect(names(['--only', 'fanout100-qos0'])).toEqual(['fanout100-qos0']);
  });
});

test('curves compare with Mosquitto, unless others are named', () => {
  const { task, curves } = readCommandOptions(['--curves', 'payload,depth']);
  expect([task, ...curves.map(({ name }) => name)]).toEqual(['curves', 'depth', 'payload']);
  expect(brokers(['--curves', 'all'])).toEqual(['petrel', 'mosquitto']);
  expect(brokers(['--curves', 'all', '--brokers', 'nats'])).toEqual(['nats']);
});

test('a soak takes ten minutes, unless told otherwise', () => {
  expect(readCommandOptions(['--soak'])).toMatchObject({ task: 'soak', seconds: 600 });
  expect(readCommandOptions(['--soak', '--seconds', '60']).seconds).toBe(60);
});

test('help is given to whoever asks, whatever else he asks', () => {
  expect(readCommandOptions(['--micro', '--help']).task).toBe('help');
});

test('names of scenarios are different, and no group is a name', () => {
  const all = scenarios.map(({ name }) => name);
  expect(new Set(all).size).toBe(all.length);
});

test('--brokers keeps the order of the tables; a baseline is always measured', () => {
  expect(brokers(['--brokers', 'nats,petrel'])).toEqual(['petrel', 'nats']);
  expect(brokers(['--brokers', 'petrel', '--baseline', 'x/index.js'])).toEqual(['petrel', 'baseline']);
});

test.each([
  [['--only', 'pairs-qos3'], 'option "--only" must be names that --list shows, got pairs-qos3'],
  [['--brokers', 'hivemq'], /^option "--brokers" must be of petrel, mosquitto, .*, got hivemq$/],
  [['--runs', '1.5'], 'option "--runs" must be an integer above 0, at most 100, got 1.5'],
  [['--seconds', '0'], 'option "--seconds" must be a number above 0, at most 3600, got 0'],
  [['--seconds', ''], 'option "--seconds" must be a number above 0, at most 3600, got '],
  [
    ['--curves', 'speed'],
    'option "--curves" must be of connections, subscriptions, depth, payload or all, got speed',
  ],
  [['--micro', '--soak'], /^only one of the options/],
  [['--fast'], /Unknown option '--fast'/],
])('%j is refused', (args, message) => {
  expect(() => readCommandOptions(args)).toThrow(CommandLineError);
  expect(() => readCommandOptions(args)).toThrow(message);
});
