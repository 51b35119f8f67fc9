/** `petrel bench`: what it measures is what was asked for, and it says what its figures are worth. */
import { type Broker, createBroker } from '@petrel/broker';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Latencies } from './bench/latencies.js';
import { run } from './run.js';
import { petrel, terminal } from './test-terminal.suite.js';

let broker: Broker;
let url = '';
let connections = 0;
let refuses = false;
beforeAll(async () => {
  broker = await createBroker({
    listeners: [{ type: 'tcp', port: 0 }],
    hooks: {
      connected: () => void (connections += 1),
      authorizePublish: () => !refuses,
    },
  });
  url = broker.addresses[0]?.url ?? '';
});
afterAll(() => broker.close());

const bench = (...args: string[]) => petrel(['bench', '-L', url, '--seconds', '1', ...args]);

describe('petrel bench', () => {
  test('closed loop: pairs with several subscribers, and clients that only stay', async () => {
    connections = 0;
    const { code, out, err } = await bench(
      ...[
        '-n',
        '2',
        '--subscribers',
        '3',
        '--connections',
        '4',
        '-q',
        '1',
        '--window',
        '5',
        '-s',
        '100',
        '--json',
      ],
    );
    expect([code, err, connections]).toEqual([0, '', 2 * (1 + 3) + 4]);
    const figures = JSON.parse(out) as Record<string, number>;
    expect(figures).toMatchObject({
      loop: 'closed',
      pairs: 2,
      subscribers: 3,
      connections: 4,
      qos: 1,
      window: 5,
      size: 100,
    });
    expect(figures.messages).toBeGreaterThan(0);
    // Each message arrives three times; those of the window are on their way at the beginning and at the end.
    expect(Math.abs((figures.sent as number) * 3 - (figures.messages as number))).toBeLessThanOrEqual(
      2 * 5 * 3,
    );
    for (const [less, more] of [
      ['medianMs', 'p90Ms'],
      ['p90Ms', 'p99Ms'],
      ['p99Ms', 'p999Ms'],
      ['p999Ms', 'maximumMs'],
    ] as const)
      expect(figures[more]).toBeGreaterThanOrEqual(figures[less] as number);
    expect(figures.busy).toBeGreaterThan(0);
    expect(figures.busy).toBeLessThanOrEqual(1);
  });

  test('open loop: as many as are due, whatever arrives', async () => {
    const { code, out } = await bench('--rate', '200', '-n', '2', '--json');
    expect(code).toBe(0);
    const figures = JSON.parse(out) as Record<string, number>;
    expect(figures).toMatchObject({ loop: 'open', rate: 200 });
    // A closed loop would have sent thousands.
    expect(figures.sent).toBeGreaterThan(0);
    expect(figures.sent).toBeLessThan(4 * 200 * (figures.measuredSeconds as number));
  });

  test('says what the figures are worth, and shows how far it is', async () => {
    const { terminal: given, lines } = terminal();
    expect(await run(['bench', '-L', url, '--seconds', '1'], given)).toBe(0);
    expect(lines.err).toEqual([]);
    expect(lines.status).toEqual([expect.stringMatching(/^second 1 of 1: [\d,]+ messages$/), '']);
    expect(lines.out.slice(0, 4)).toEqual([
      expect.stringMatching(/^2 connections in [\d,]+ ms$/),
      expect.stringMatching(/^[\d,]+ messages, [\d,]+ per second$/),
      expect.stringMatching(
        /^on their way: median [\d.]+ ms, 90 % within .* 99.9 % within [\d.]+ ms, longest [\d.]+ ms$/,
      ),
      expect.stringMatching(/^closed loop: these are the times of a full window/),
    ]);
  });

  test('a broker that refuses what is sent is an error, not a small figure', async () => {
    refuses = true;
    const { code, out, err } = await bench('-q', '1', '-V', '5');
    refuses = false;
    expect([code, out, err]).toEqual([1, '', expect.stringContaining('PETREL_PUBLISH_REFUSED')]);
  });

  test('a broker that is not there is one line', async () => {
    const { code, err } = await petrel(['bench', '-L', 'mqtt://127.0.0.1:1', '-n', '20']);
    expect([code, err]).toEqual([
      1,
      expect.stringMatching(/^petrel bench: [^\n]*PETREL_CONNECT_UNREACHABLE\)$/),
    ]);
  });

  test('Ctrl-C gives the figures until then, and 130', async () => {
    const { terminal: given, lines, until, interrupt } = terminal();
    const done = run(['bench', '-L', url, '--seconds', '1000'], given);
    await until(() => lines.status.length > 0);
    interrupt();
    expect([await done, lines.out[1]]).toEqual([130, expect.stringMatching(/ messages, /)]);
  });

  test.each([
    [['--size', '8'], 'option "--size" must be an integer 16–'],
    [['--rate', '0'], 'option "--rate" must be an integer 1–1,000,000'],
    [['--rate', '5', '--window', '5'], '"--window" is for a closed loop'],
    [['-t', 'a/#'], 'contains a wildcard'],
    [['-c', '100'], '"--pairs N" are publishers with their subscribers'],
    [['-I', '10'], '"--rate N" says how many messages leave in a second'],
    [['-i', 'me'], 'a session and a name of its own'],
    [['-m', 'x'], '"--size N" says how long they are'],
  ])('%j is refused with a reason', async (args, why) => {
    const { code, err } = await bench(...args);
    expect([code, err]).toEqual([2, expect.stringContaining(why)]);
  });
});

test('the histogram is right to one percent', () => {
  const latencies = new Latencies();
  for (let ms = 1; ms <= 10_000; ms++) latencies.note(ms);
  const { medianMs, p90Ms, p99Ms, p999Ms, maximumMs } = latencies.figures();
  for (const [found, truth] of [
    [medianMs, 5_000],
    [p90Ms, 9_000],
    [p99Ms, 9_900],
    [p999Ms, 9_990],
  ] as const) {
    expect(found).toBeGreaterThanOrEqual(truth * 0.99);
    expect(found).toBeLessThanOrEqual(truth * 1.01);
  }
  expect([maximumMs, latencies.count]).toEqual([10_000, 10_000]);
  expect(new Latencies().figures()).toEqual({ medianMs: 0, p90Ms: 0, p99Ms: 0, p999Ms: 0, maximumMs: 0 });
});
