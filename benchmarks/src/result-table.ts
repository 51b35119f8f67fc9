/** The table of one scenario. */
import type { Outcome, ScenarioResult } from './results.js';
import { timesAsGood } from './results.js';
import { formatBytes, formatCount, formatNanoseconds, type Table } from './table.js';

/** One line for each broker; the last column says how many times as good Petrel is. */
export function resultTable({ verdict, outcomes }: ScenarioResult): Table {
  const petrel = outcomes.find(({ broker }) => broker === 'petrel');
  const connections = verdict === 'connections';
  return {
    head: [
      'broker',
      connections ? 'connects/s' : 'messages/s',
      'CPU each',
      ...(connections ? ['memory each'] : ['p50', 'p99', 'p99.9']),
      'memory',
      'peak',
      'generator',
      'spread',
      'Petrel is',
    ],
    rows: outcomes.map((outcome) => [
      outcome.title,
      ...('figures' in outcome ? cells(outcome.figures, connections) : [reason(outcome)]),
      ...('figures' in outcome && petrel !== undefined && 'figures' in petrel && outcome !== petrel
        ? [`${timesAsGood(verdict, petrel.figures, outcome.figures).toFixed(2)} ×`]
        : []),
    ]),
  };
}

function reason(outcome: Exclude<Outcome, { figures: unknown }>): string {
  return 'absent' in outcome ? `not measured: ${outcome.absent}` : `failed: ${outcome.failed}`;
}

function cells(figures: Extract<Outcome, { figures: unknown }>['figures'], connections: boolean): string[] {
  const latency = figures.latencyNs;
  return [
    formatCount(figures.perSecond),
    formatNanoseconds(figures.cpuNs),
    ...(connections
      ? [formatBytes(figures.bytesPerConnection ?? Number.NaN)]
      : [latency?.p50, latency?.p99, latency?.p999].map((value) => formatNanoseconds(value ?? Number.NaN))),
    formatBytes(figures.residentBytes),
    formatBytes(figures.peakResidentBytes),
    `${Math.round(figures.generatorLoad * 100)} %`,
    `${Math.round(figures.spread * 100)} %`,
  ];
}
