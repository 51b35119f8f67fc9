/** Good and bad clients on one broker for a while: the good ones must not notice, and the broker must not grow. */
import { startCrowd } from './crowd.js';
import { GoodTraffic } from './good-traffic.js';
import { type BrokerFigures, startSoakedBroker } from './soaked-broker.js';

/** How long, and how much. */
export interface SoakOptions {
  readonly seconds: number;
  readonly seed: number;
  /** Pairs of good clients. Default 20. */
  readonly pairs?: number;
  /** Of all good clients together, per second. Default 500. */
  readonly messagesPerSecond?: number;
  /** Bad clients at one time. Default 40. */
  readonly crowd?: number;
  /** Seconds of one line of the report. Default 30. */
  readonly windowSeconds?: number;
  readonly onWindow?: (window: SoakWindow) => void;
}

/** One line of the report. */
export interface SoakWindow {
  /** Seconds since the start, at its end. */
  readonly at: number;
  readonly messages: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly residentBytes: number;
  /** Of one core. */
  readonly cpuShare: number;
  /** How late the broker's event loop was at the worst of the looks, one a second. */
  readonly lagMs: number;
  /** How late the process of the good clients was at worst. */
  readonly delayMs: number;
  /** Bad connections so far. */
  readonly hostileConnections: number;
  /** Of all connections, those that the broker did not let in, and those that it sent away. */
  readonly turnedAway: number;
  readonly sentAway: number;
  /** Messages so far that a rule refused, and copies that found no room. */
  readonly refusedMessages: number;
  readonly droppedMessages: number;
}

/** What a soak came to. */
export interface SoakResult {
  readonly windows: readonly SoakWindow[];
  readonly published: number;
  readonly received: number;
  readonly faults: readonly string[];
  readonly hostileConnections: number;
}

const patienceMs = 30_000;

/** Runs to its end; rejects when the broker does not start, or dies. */
export async function soak(options: SoakOptions): Promise<SoakResult> {
  const { seconds, seed, pairs = 20, messagesPerSecond = 500, crowd = 40, windowSeconds = 30 } = options;
  const broker = await startSoakedBroker();
  const traffic = new GoodTraffic(broker.port);
  const windows: SoakWindow[] = [];
  const silences: string[] = [];
  try {
    await traffic.start(pairs, messagesPerSecond);
    const hostile = startCrowd(broker.port, crowd, seed);
    try {
      const startedAt = performance.now();
      let before = await broker.figures();
      for (let elapsed = 0; elapsed < seconds; ) {
        const beganAt = elapsed;
        await Promise.race([wait(Math.min(windowSeconds, seconds - elapsed) * 1_000), broker.died]);
        elapsed = (performance.now() - startedAt) / 1_000;
        const figures = await broker.figures();
        const window = windowOf(traffic.takeLatencies(), before, figures, elapsed, elapsed - beganAt);
        // No message has no latency either, and would look like a good one.
        if (window.messages === 0)
          silences.push(`no message arrived in the window that ended at ${window.at} s`);
        windows.push({ ...window, delayMs: traffic.takeDelayMs(), hostileConnections: hostile.opened() });
        options.onWindow?.(windows.at(-1) as SoakWindow);
        before = figures;
      }
    } finally {
      await hostile.stop();
    }
    const { published, received, faults } = await traffic.stop(patienceMs);
    return {
      windows,
      published,
      received,
      faults: [...silences, ...faults],
      hostileConnections: hostile.opened(),
    };
  } finally {
    broker.stop();
  }
}

function windowOf(
  taken: readonly number[],
  before: BrokerFigures,
  { cpuSeconds, ...figures }: BrokerFigures,
  elapsed: number,
  lasted: number,
): Omit<SoakWindow, 'delayMs' | 'hostileConnections'> {
  const latencies = [...taken].sort((a, b) => a - b);
  return {
    at: Math.round(elapsed),
    messages: latencies.length,
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
    ...figures,
    cpuShare: (cpuSeconds - before.cpuSeconds) / lasted,
  };
}

function quantile(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
