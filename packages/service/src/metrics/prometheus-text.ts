/** Writes counters in the text format of Prometheus, version 0.0.4. Counts nothing. */
import { durationBounds, type Histogram } from './histogram.js';
import type { HandlerCounts, SentCounts, ServiceMetrics } from './service-metrics.js';

type Labels = Readonly<Record<string, string>>;

/** What an HTTP answer with this text has as its Content-Type. */
export const prometheusContentType = 'text/plain; version=0.0.4; charset=utf-8';

/**
 * The counters as Prometheus reads them: `response.end(prometheusText(metrics, { service: 'climate' }))`. `labels` go on every line.
 */
export function prometheusText(metrics: ServiceMetrics, labels: Labels = {}): string {
  const { handlers, published, requests } = metrics;
  const labelsOf = ({ topic, kind }: HandlerCounts): Labels => ({ ...labels, topic, kind });
  const perHandler = (value: (counts: HandlerCounts) => number) => (name: string) =>
    handlers.map((counts) => sample(name, labelsOf(counts), value(counts)));
  return [
    family(
      'messages_handled_total',
      'counter',
      'Messages that a handler took without an error.',
      perHandler((of) => of.handled),
    ),
    family(
      'messages_failed_total',
      'counter',
      'Messages whose handler failed, each attempt counted.',
      perHandler((of) => of.failed),
    ),
    family(
      'messages_retried_total',
      'counter',
      'Messages that were given to their handler again.',
      perHandler((of) => of.retried),
    ),
    family(
      'messages_dead_lettered_total',
      'counter',
      'Messages that were given up and published to the dead letter topic.',
      perHandler((of) => of.deadLettered),
    ),
    family(
      'messages_dropped_total',
      'counter',
      'QoS 0 messages that found too many others waiting.',
      perHandler((of) => of.dropped),
    ),
    family(
      'messages_in_flight',
      'gauge',
      'Messages that a handler has in work.',
      perHandler((of) => of.inFlight),
    ),
    family('handler_duration_seconds', 'histogram', 'Time from the start of a handler to its end.', (name) =>
      handlers.flatMap((counts) => buckets(name, labelsOf(counts), counts.durations)),
    ),
    ...sent('publishes', 'Events published', published, labels),
    ...sent('requests', 'Requests sent', requests, labels),
  ].join('');
}

function sent(
  what: string,
  title: string,
  { succeeded, failed, durations }: SentCounts,
  labels: Labels,
): string[] {
  const each = what === 'publishes' ? 'publish' : 'request';
  return [
    family(`${what}_total`, 'counter', `${title}, by outcome: ok, or the code of the error.`, (name) => [
      sample(name, { ...labels, outcome: 'ok' }, succeeded),
      ...[...failed].map(([outcome, times]) => sample(name, { ...labels, outcome }, times)),
    ]),
    family(
      `${each}_duration_seconds`,
      'histogram',
      `${title}: time until the last answer or acknowledgement.`,
      (name) => buckets(name, labels, durations),
    ),
  ];
}

function family(name: string, type: string, help: string, samples: (name: string) => string[]): string {
  const full = `petrel_service_${name}`;
  return [`# HELP ${full} ${help}`, `# TYPE ${full} ${type}`, ...samples(full), ''].join('\n');
}

function buckets(name: string, labels: Labels, histogram: Histogram): string[] {
  let cumulative = 0;
  const lines = histogram.counts.map((count, at) => {
    cumulative += count;
    const bound = durationBounds[at];
    return sample(
      `${name}_bucket`,
      { ...labels, le: bound === undefined ? '+Inf' : String(bound) },
      cumulative,
    );
  });
  return [
    ...lines,
    sample(`${name}_sum`, labels, histogram.sum),
    sample(`${name}_count`, labels, histogram.count),
  ];
}

function sample(name: string, labels: Labels, value: number): string {
  const written = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
  return `${name}${written.length === 0 ? '' : `{${written.join(',')}}`} ${value}`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
