/** How it scales: the same load, with one thing growing from point to point. */
import type { Load } from './load-generator.js';
import type { Outcome, ScenarioResult } from './results.js';
import type { Scenario } from './scenarios.js';

/** What grows, and the scenario at each of its sizes. */
export interface CurveDefinition {
  /** As the command line calls it. */
  readonly name: string;
  readonly title: string;
  /** What grows, as the axis is labelled. */
  readonly axis: string;
  readonly points: readonly { readonly x: number; readonly scenario: Scenario }[];
}

/** What was measured at each size. */
export interface CurveResult {
  readonly name: string;
  readonly title: string;
  readonly axis: string;
  readonly points: readonly { readonly x: number; readonly outcomes: readonly Outcome[] }[];
}

/** Brokers that the curves are drawn for; others by --brokers. */
export const curveBrokers = 'petrel,mosquitto';

const pairs: Load = {
  topology: 'pairs',
  publishers: 50,
  subscribers: 50,
  outstanding: 20,
  payload: 64,
  qos: 0,
};

/** All curves. */
export const curves: readonly CurveDefinition[] = [
  curve(
    'connections',
    'Connections',
    'connections, half of them publishers',
    [2, 10, 100, 1000, 10_000],
    (x) => ({
      ...pairs,
      publishers: x / 2,
      subscribers: x / 2,
    }),
  ),
  // Up to a hundred pairs, one filter each; then more filters each: a session may have 10,000.
  curve(
    'subscriptions',
    'Subscriptions',
    'filters, one in ten with a wildcard; each message matches one',
    [1, 10, 100, 1000, 10_000, 100_000, 1_000_000],
    (x) => {
      const count = Math.min(x, 100);
      const topics = x / count;
      return {
        ...pairs,
        publishers: count,
        subscribers: count,
        topics,
        filters: topics > 1 ? 'mixed' : 'exact',
      };
    },
  ),
  curve('depth', 'Topic levels', 'levels of the topic', [3, 8, 16, 32, 64, 128], (depth) => ({
    ...pairs,
    depth,
  })),
  curve(
    'payload',
    'Payload size',
    'bytes of payload',
    [16, 64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576],
    (payload) => ({
      ...pairs,
      publishers: 10,
      subscribers: 10,
      payload,
      outstanding: Math.max(2, Math.min(20, 262_144 / payload)),
    }),
  ),
];

function curve(
  name: string,
  title: string,
  axis: string,
  sizes: readonly number[],
  loadAt: (x: number) => Load,
): CurveDefinition {
  return {
    name,
    title,
    axis,
    points: sizes.map((x) => ({
      x,
      scenario: {
        name: `${name}-${x}`,
        title: `${title}: ${x.toLocaleString('en')}`,
        verdict: 'rate',
        load: loadAt(x),
      },
    })),
  };
}

/** The curves that a comma-separated list names; undefined when it names one that is not there. */
export function selectCurves(names: readonly string[]): readonly CurveDefinition[] | undefined {
  if (names.includes('all')) return curves;
  const known = names.every((name) => curves.some((each) => each.name === name));
  return known ? curves.filter(({ name }) => names.includes(name)) : undefined;
}

/** The curve's points with what was measured at them; `results` has one for each point, by name. */
export function curveResult(
  { name, title, axis, points }: CurveDefinition,
  results: readonly ScenarioResult[],
): CurveResult {
  return {
    name,
    title,
    axis,
    points: points.map(({ x, scenario }) => ({
      x,
      outcomes: results.find((result) => result.name === scenario.name)?.outcomes ?? [],
    })),
  };
}

/** How many times as much a message costs a broker at its dearest point as at its cheapest; for a flat curve about 1. */
export function costRange(result: CurveResult, broker: string): number | undefined {
  const costs = result.points.flatMap(({ outcomes }) =>
    outcomes.flatMap((outcome) =>
      outcome.broker === broker && 'figures' in outcome ? [outcome.figures.cpuNs] : [],
    ),
  );
  return costs.length === 0 ? undefined : Math.max(...costs) / Math.min(...costs);
}
