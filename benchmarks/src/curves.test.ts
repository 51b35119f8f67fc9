import { expect, test } from 'vitest';
import { costRange, curveResult, curves } from './curves.js';
import type { Figures, Outcome } from './results.js';
import { growthOf } from './soak.js';

const figures = (cpuNs: number): Figures => ({
  runs: 1,
  perSecond: 1e9 / cpuNs,
  spread: 0,
  cpuNs,
  generatorLoad: 0,
  otherLoad: 0,
  residentBytes: 0,
  peakResidentBytes: 0,
});

test('names of points are different in all curves', () => {
  const names = curves.flatMap(({ points }) => points.map(({ scenario }) => scenario.name));
  expect(new Set(names).size).toBe(names.length);
});

test('at each point of the subscriptions there are as many filters as it says', () => {
  const { points = [] } = curves.find(({ name }) => name === 'subscriptions') ?? {};
  for (const { x, scenario } of points)
    expect((scenario.load.subscribers ?? 0) * (scenario.load.topics ?? 1)).toBe(x);
});

test('a curve has what was measured at each of its points, and nothing where nothing was', () => {
  const [definition] = curves;
  if (definition === undefined) throw new Error('there is no curve');
  const [first, second] = definition.points;
  const at = (cpuNs: number): Outcome[] => [{ broker: 'petrel', title: 'Petrel', figures: figures(cpuNs) }];
  const result = curveResult(definition, [
    { name: second?.scenario.name ?? '', title: '', verdict: 'rate', outcomes: at(600) },
    { name: first?.scenario.name ?? '', title: '', verdict: 'rate', outcomes: at(400) },
  ]);
  expect(result.points.map(({ outcomes }) => outcomes.length)).toEqual([1, 1, 0, 0, 0]);
  expect(costRange(result, 'petrel')).toBe(1.5);
  expect(costRange(result, 'nats')).toBeUndefined();
});

test('memory grows when the last third needs more than the middle one; the first is for warming up', () => {
  const samples = (bytes: readonly number[]) =>
    bytes.map((residentBytes, second) => ({ second, residentBytes }));
  expect(growthOf(samples([10, 90, 100, 100, 110, 110]))).toBeCloseTo(0.1);
  expect(growthOf(samples([50, 60, 100, 100, 100, 100]))).toBe(0);
  expect(growthOf(samples([1, 2]))).toBe(0);
});
