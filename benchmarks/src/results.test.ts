import { describe, expect, test } from 'vitest';
import type { LoadResult } from './load-generator.js';
import { resultNotes, resultTable } from './result-table.js';
import { figuresOf, type ScenarioResult, timesAsGood } from './results.js';
import type { Scenario } from './scenarios.js';

const scenario: Scenario = { name: 'pairs-qos0', title: 'QoS 0', verdict: 'rate', load: {} };

function run(perSecond: number, p99 = 1000): LoadResult {
  return {
    delivered: perSecond * 2,
    seconds: 2,
    brokerCpuSeconds: 1,
    generatorBusySeconds: 0.5,
    otherCpuSeconds: 0.1,
    residentBytesBefore: 10e6,
    residentBytes: 30e6,
    peakResidentBytes: 40e6,
    latencyNs: { p50: 100, p99, p999: 2000, maximum: 3000 },
    lost: 0,
    duplicates: 0,
    reordered: 0,
  };
}

describe('figures', () => {
  test('are the medians of the runs, each for itself', () => {
    const figures = figuresOf(scenario, [run(100, 900), run(300, 100), run(200, 500)]);
    expect(figures).toMatchObject({
      runs: 3,
      perSecond: 200,
      spread: 1,
      cpuNs: 2.5e6,
      generatorLoad: 0.25,
      otherLoad: 0.05,
      latencyNs: { p50: 100, p99: 500, p999: 2000 },
      residentBytes: 30e6,
    });
  });

  test('without latencies have none', () => {
    const { latencyNs: _, ...idle } = run(100);
    expect(figuresOf(scenario, [idle]).latencyNs).toBeUndefined();
  });

  test('of connections say what one of them added', () => {
    const figures = figuresOf({ ...scenario, verdict: 'connections' }, [run(1000)]);
    expect(figures.bytesPerConnection).toBe(10_000);
  });
});

describe('times as good', () => {
  const ours = figuresOf(scenario, [run(400, 200)]);
  const theirs = figuresOf(scenario, [run(100, 500)]);

  test('counts messages per second', () => expect(timesAsGood('rate', ours, theirs)).toBe(4));
  test('counts connections per second', () => expect(timesAsGood('connections', ours, theirs)).toBe(4));
  test('counts how much later the others are', () => expect(timesAsGood('latency', ours, theirs)).toBe(2.5));
});

describe('the table of a scenario', () => {
  const result: ScenarioResult = {
    ...scenario,
    outcomes: [
      { broker: 'petrel', title: 'Petrel', figures: figuresOf(scenario, [run(400_000)]) },
      { broker: 'mosquitto', title: 'Mosquitto', figures: figuresOf(scenario, [run(100_000)]) },
      { broker: 'nats', title: 'NATS', absent: 'no MQTT 5' },
      { broker: 'aedes', title: 'Aedes', failed: '1 lost' },
    ],
  };

  test('has a line for each broker that was measured', () => {
    expect(resultTable(result).rows.map(([broker, rate]) => [broker, rate])).toEqual([
      ['Petrel', '400 k'],
      ['Mosquitto', '100 k'],
    ]);
  });

  test('tells below it why the others are not in it', () => {
    expect(resultNotes(result)).toEqual(['Not measured: NATS (no MQTT 5).', 'Aedes failed: 1 lost.']);
  });

  test('tells when the machine was not quiet', () => {
    const noisy = figuresOf(scenario, [{ ...run(1000), otherCpuSeconds: 1 }]);
    expect(
      resultNotes({ ...result, outcomes: [{ broker: 'petrel', title: 'Petrel', figures: noisy }] }),
    ).toEqual(['Disturbed: other programs used up to 0.5 cores meanwhile.']);
  });

  test('compares with Petrel whoever has figures', () => {
    expect(resultTable(result).rows.map((row) => row.slice(-2))).toEqual([
      ['25 %', '0 %'],
      ['4.00 ×', '4.00 ×'],
    ]);
  });

  test('compares nobody when Petrel has none', () => {
    const { rows } = resultTable({ ...result, outcomes: result.outcomes.slice(1) });
    expect(rows[0]?.at(-1)).toBe('0 %');
  });
});
