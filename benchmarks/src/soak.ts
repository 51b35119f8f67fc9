/** Memory at full load over a long time: what grows without end shows here. */
import { type LoadGenerator, type LoadResult, runLoad } from './load-generator.js';
import { type MeasuredBroker, startMeasuredBroker } from './measured-brokers.js';
import { processUsageOf } from './process-usage.js';
import { median } from './statistics.js';

/** Memory at one moment. */
export interface MemorySample {
  readonly second: number;
  readonly residentBytes: number;
}

/** What a long run showed. */
export interface SoakResult {
  readonly seconds: number;
  readonly delivered: number;
  readonly perSecond: number;
  readonly samples: readonly MemorySample[];
  /** How much more the last third needed than the middle one, as a share of it. */
  readonly growth: number;
}

/** Growth that counts as none: a heap breathes. */
export const tolerableGrowth = 0.05;

const sampleEverySeconds = 5;

/** QoS 1 pairs, as fast as they go. Rejects with LoadError when a message is lost, repeated or reordered. */
export async function soak(
  generator: LoadGenerator,
  broker: MeasuredBroker,
  seconds: number,
  onSample: (sample: MemorySample) => void,
): Promise<SoakResult> {
  const running = await startMeasuredBroker(broker);
  const samples: MemorySample[] = [];
  const startedAt = performance.now();
  const timer = setInterval(() => {
    const residentBytes = processUsageOf(running.pid)?.residentBytes;
    if (residentBytes === undefined) return;
    const sample = { second: Math.round((performance.now() - startedAt) / 1000), residentBytes };
    samples.push(sample);
    onSample(sample);
  }, sampleEverySeconds * 1000);
  let result: LoadResult;
  try {
    // On a machine with other work a pause is no loss.
    const patience = 60;
    const load = {
      topology: 'pairs',
      publishers: 50,
      subscribers: 50,
      outstanding: 100,
      qos: 1,
      seconds,
      patience,
    } as const;
    result = await runLoad(generator, load, running);
  } finally {
    clearInterval(timer);
    await running.stop();
  }
  return {
    seconds,
    delivered: result.delivered,
    perSecond: result.delivered / result.seconds,
    samples,
    growth: growthOf(samples),
  };
}

/** The medians of the last and of the middle third, compared; the first third is for warming up. 0 when there are too few samples. */
export function growthOf(samples: readonly MemorySample[]): number {
  const third = Math.floor(samples.length / 3);
  if (third === 0) return 0;
  const bytes = samples.map(({ residentBytes }) => residentBytes);
  const middle = median(bytes.slice(third, 2 * third));
  return (median(bytes.slice(-third)) - middle) / middle;
}
