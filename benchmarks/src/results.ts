/** What was measured, as it is printed, written to a file, and compared. */
import type { LoadResult } from './load-generator.js';
import type { Scenario } from './scenarios.js';
import { median, spread } from './statistics.js';

/** The medians of one broker's runs in one scenario. */
export interface Figures {
  readonly runs: number;
  /** Delivered messages per second, or connections. */
  readonly perSecond: number;
  /** Between the slowest and the fastest run, as a share of the median. */
  readonly spread: number;
  /** CPU time of the broker for each of them. */
  readonly cpuNs: number;
  /** The generator's own share of its core; near 1, it was the limit. */
  readonly generatorLoad: number;
  /** What the rest of the machine used, in cores: above a tenth, it has disturbed the run. */
  readonly otherLoad: number;
  readonly latencyNs?: { readonly p50: number; readonly p99: number; readonly p999: number };
  readonly residentBytes: number;
  readonly peakResidentBytes: number;
  /** What one idle connection added. */
  readonly bytesPerConnection?: number;
}

/** A broker's part in a scenario: figures, or why there are none. */
export type Outcome =
  | { readonly broker: string; readonly title: string; readonly figures: Figures }
  | { readonly broker: string; readonly title: string; readonly absent: string }
  | { readonly broker: string; readonly title: string; readonly failed: string };

/** One scenario with all its outcomes. */
export interface ScenarioResult {
  readonly name: string;
  readonly title: string;
  readonly verdict: Scenario['verdict'];
  readonly outcomes: readonly Outcome[];
}

/** The medians of several runs of one scenario. */
export function figuresOf(scenario: Scenario, runs: readonly LoadResult[]): Figures {
  const rates = runs.map((run) => run.delivered / run.seconds);
  const of = (value: (run: LoadResult) => number) => median(runs.map(value));
  const quantile = (name: 'p50' | 'p99' | 'p999') => of((run) => run.latencyNs?.[name] ?? Number.NaN);
  return {
    runs: runs.length,
    perSecond: median(rates),
    spread: spread(rates),
    cpuNs: of((run) => (run.brokerCpuSeconds / run.delivered) * 1e9),
    generatorLoad: of((run) => run.generatorBusySeconds / run.seconds),
    otherLoad: Math.max(...runs.map((run) => run.otherCpuSeconds / run.seconds)),
    ...(runs[0]?.latencyNs !== undefined && {
      latencyNs: { p50: quantile('p50'), p99: quantile('p99'), p999: quantile('p999') },
    }),
    residentBytes: of((run) => run.residentBytes),
    peakResidentBytes: of((run) => run.peakResidentBytes),
    ...(scenario.verdict === 'connections' && {
      bytesPerConnection: of((run) => (run.residentBytes - run.residentBytesBefore) / run.delivered),
    }),
  };
}

/**
 * How many times as good as `other` these figures are: more per second, or a shorter p99. 1 = as good, 2 = twice as good.
 */
export function timesAsGood(verdict: Scenario['verdict'], ours: Figures, other: Figures): number {
  if (verdict !== 'latency') return ours.perSecond / other.perSecond;
  return (other.latencyNs?.p99 ?? Number.NaN) / (ours.latencyNs?.p99 ?? Number.NaN);
}
