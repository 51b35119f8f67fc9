import { describe, expect, test } from 'vitest';
import { readCommandOptions } from './command-options.js';
import { regressions } from './record.js';
import { summarize } from './results.js';

test('a URL is enough; a WebSocket URL serves section 6 too', () => {
  const { name, target } = readCommandOptions(['--url', 'ws://127.0.0.1:8083/mqtt']);
  expect(name).toBe('127.0.0.1:8083');
  expect(target?.webSocketUrl?.href).toBe('ws://127.0.0.1:8083/mqtt');
  expect(target?.timeoutMs).toBe(3000);
});

test('user name and password of the URL go into every CONNECT, decoded', () => {
  const { target } = readCommandOptions(['--url', 'mqtt://j%C3%BCrgen:a%3Ab@localhost']);
  expect(target?.userName).toBe('jürgen');
  expect(Buffer.from(target?.password ?? []).toString()).toBe('a:b');
});

test('3.1.1 may be written with and without points', () => {
  for (const version of ['311', '3.1.1']) {
    expect(readCommandOptions(['--client', 'petrel', '--version', version]).version).toBe(4);
  }
});

describe('an option that cannot be understood is named, with its value and the rule', () => {
  test.each([
    [[], /option "--url" is missing/],
    [['--url', 'http://localhost'], /option "--url" must be a URL .* got http:/],
    [['--url', 'mqtt://a', '--version', '4'], /option "--version" must be 5 or 311, got 4/],
    [['--url', 'mqtt://a', '--timeout', '1.5'], /option "--timeout" must be an integer 100–60000 .* got 1.5/],
    [['--url', 'mqtt://a', '--scram', 'secret'], /option "--scram" must be <user>:<password>, got no colon/],
    [['--nonsense'], /--nonsense/],
  ])('%j', (args, message) => {
    expect(() => readCommandOptions(args)).toThrow(message);
  });
});

test('a statement fails with one of its tests, and passes with one that could run', () => {
  const result = (id: string, status: 'passed' | 'failed' | 'not applicable') =>
    ({ version: 5, ids: [id], title: 'title', status, reason: 'reason', durationMs: 1 }) as const;
  const { versions } = summarize(
    'a broker',
    'server',
    [
      result('MQTT-3.1.2-8', 'passed'),
      result('MQTT-3.1.2-8', 'failed'),
      result('MQTT-3.3.4-5', 'not applicable'),
      result('MQTT-3.3.4-3', 'not applicable'),
      result('MQTT-3.3.4-3', 'passed'),
    ],
    { versions: [5], unsupported: [], onlyTested: true },
  );
  expect(versions[0]?.statements.map(({ id, status }) => [id, status])).toEqual([
    ['MQTT-3.1.2-8', 'failed'],
    ['MQTT-3.3.4-3', 'passed'],
    ['MQTT-3.3.4-5', 'not applicable'],
  ]);
});

test('what was passed and now fails is a regression, what was not is none', () => {
  const run = (status: 'passed' | 'failed') => ({
    name: 'a broker',
    role: 'server' as const,
    unsupported: [],
    versions: { '5.0': { 'MQTT-3.1.2-8': { status, reason: 'why' } } },
  });
  expect(regressions(run('passed'), run('failed'))).toEqual(['5.0 MQTT-3.1.2-8: why']);
  expect(regressions(run('failed'), run('failed'))).toEqual([]);
});
