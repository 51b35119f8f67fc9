import { describe, expect, test } from 'vitest';
import { measureCodec } from './codec.js';
import { measure } from './measure.js';
import { microTable } from './run-micro.js';

describe('measure', () => {
  const clock = (steps: readonly number[]) => {
    let time = 0;
    let step = 0;
    return {
      now: () => time,
      work: (count: number) => {
        time += (steps[step++ % steps.length] ?? 0) * count;
        return count;
      },
    };
  };

  test('is the time of a round over its calls', () => {
    const { now, work } = clock([5]);
    expect(measure('x', 10, work, { rounds: 3, roundNs: 200 }, now)).toEqual({
      name: 'x',
      nanoseconds: 5,
      spread: 0,
    });
  });

  test('leaves out the first round, which is the slow one', () => {
    const { now, work } = clock([100, 4, 4, 4]);
    expect(measure('x', 10, work, { rounds: 3, roundNs: 40 }, now).nanoseconds).toBe(4);
  });

  test('calls until the round is full', () => {
    let calls = 0;
    const { now, work } = clock([1]);
    const counted = (count: number) => {
      calls += 1;
      return work(count);
    };
    measure('x', 10, counted, { rounds: 1, roundNs: 95 }, now);
    expect(calls).toBe(20);
  });
});

test('the table tells nanoseconds and millions per second', () => {
  expect(microTable('codec', [{ name: 'encode', nanoseconds: 250, spread: 0.1 }])).toEqual({
    head: ['codec', 'ns each', 'million/s', 'spread'],
    rows: [['encode', '250', '4.00', '10 %']],
  });
});

test('the codec benchmarks run, and each takes some time', () => {
  const results = measureCodec({ rounds: 1, roundNs: 1 });
  expect(results.map(({ name }) => name)).toContain('decode PUBLISH, MQTT 5 with properties');
  for (const { nanoseconds } of results) expect(nanoseconds).toBeGreaterThan(0);
});
