/** The table of one scenario, and the lines below it. */
import { type Figures, type Outcome, type ScenarioResult, timesAsGood } from './results.js';
import { formatBytes, formatCount, formatNanoseconds, type Table } from './table.js';

/** What others may use of the machine, in cores, before a run counts as disturbed. */
const tolerableLoad = 0.1;

/**
 * One line for each broker that was measured; the last columns say how many times as good Petrel is: by the scenario's own figure, and by the CPU time
 * of a message, which a busy machine changes least.
 */
export function resultTable({ verdict, outcomes }: ScenarioResult): Table {
  const petrel = outcomes.find(({ broker }) => broker === 'petrel');
  const ours = petrel !== undefined && 'figures' in petrel ? petrel.figures : undefined;
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
      'by CPU',
    ],
    rows: outcomes
      .filter(isMeasured)
      .map(({ broker, title, figures }) => [
        title,
        ...cells(figures, connections),
        ...(ours !== undefined && broker !== 'petrel'
          ? [times(timesAsGood(verdict, ours, figures)), times(figures.cpuNs / ours.cpuNs)]
          : []),
      ]),
  };
}

/** Why brokers are not in the table, and what disturbed those that are. */
export function resultNotes({ outcomes }: ScenarioResult): string[] {
  const absent = outcomes.filter((outcome) => 'absent' in outcome);
  const disturbed = Math.max(0, ...outcomes.filter(isMeasured).map(({ figures }) => figures.otherLoad));
  return [
    ...(absent.length > 0
      ? [`Not measured: ${absent.map(({ title, absent }) => `${title} (${absent})`).join(', ')}.`]
      : []),
    ...outcomes
      .filter((outcome) => 'failed' in outcome)
      .map(({ title, failed }) => `${title} failed: ${failed}.`),
    ...(disturbed > tolerableLoad
      ? [`Disturbed: other programs used up to ${disturbed.toFixed(1)} cores meanwhile.`]
      : []),
  ];
}

/** Whether there are figures. */
export function isMeasured(outcome: Outcome): outcome is Extract<Outcome, { figures: Figures }> {
  return 'figures' in outcome;
}

function times(ratio: number): string {
  return `${ratio.toFixed(2)} ×`;
}

function cells(figures: Figures, connections: boolean): string[] {
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
