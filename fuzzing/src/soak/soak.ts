/** Good and bad clients on one broker for a while: the good ones must not notice, and the broker must not grow. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { SeededRandom } from '@petrel/testing';
import { GoodTraffic } from './good-traffic.js';
import { HostileCrowd } from './hostile-crowd.js';

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
  /** Bad connections so far. */
  readonly hostileConnections: number;
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
const brokerProgram = fileURLToPath(new URL('../../dist/soak/broker-process.js', import.meta.url));

/** Runs to its end; rejects when the broker does not start, or dies. */
export async function soak(options: SoakOptions): Promise<SoakResult> {
  const { seconds, seed, pairs = 20, messagesPerSecond = 500, crowd = 40, windowSeconds = 30 } = options;
  const broker = await startBroker();
  const traffic = new GoodTraffic(broker.port);
  const hostile = new HostileCrowd(broker.port, new SeededRandom(seed));
  const windows: SoakWindow[] = [];
  try {
    await traffic.start(pairs, messagesPerSecond);
    hostile.start(crowd);
    const startedAt = performance.now();
    for (let elapsed = 0; elapsed < seconds; ) {
      await Promise.race([wait(Math.min(windowSeconds, seconds - elapsed) * 1_000), broker.died]);
      elapsed = (performance.now() - startedAt) / 1_000;
      const latencies = [...traffic.takeLatencies()].sort((a, b) => a - b);
      const window = {
        at: Math.round(elapsed),
        messages: latencies.length,
        p50: quantile(latencies, 0.5),
        p99: quantile(latencies, 0.99),
        residentBytes: await broker.residentBytes(),
        hostileConnections: hostile.opened,
      };
      windows.push(window);
      options.onWindow?.(window);
    }
    await hostile.stop();
    const { published, received, faults } = await traffic.stop(patienceMs);
    return { windows, published, received, faults, hostileConnections: hostile.opened };
  } finally {
    await hostile.stop();
    broker.process.kill('SIGKILL');
  }
}

function quantile(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

interface SoakedBroker {
  readonly process: ChildProcess;
  readonly port: number;
  /** Rejects when the process ends. */
  readonly died: Promise<never>;
  residentBytes(): Promise<number>;
}

async function startBroker(): Promise<SoakedBroker> {
  const child = spawn(process.execPath, [brokerProgram, 'a token of some length'], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = `${errors}${text}`.slice(-4_000);
  });
  const died = new Promise<never>((_, reject) => {
    child.once('exit', (code, signal) => reject(new Error(`the broker died (${code ?? signal}): ${errors}`)));
  });
  died.catch(() => {});
  const line = await Promise.race([firstLine(child), died]);
  const { port, metrics } = JSON.parse(line) as { port: number; metrics: string };
  return {
    process: child,
    port,
    died,
    residentBytes: async () => {
      const text = await (await fetch(metrics)).text();
      return Number(/^process_resident_memory_bytes (\d+)/m.exec(text)?.[1]);
    },
  };
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      const end = text.indexOf('\n');
      if (end >= 0) resolve(text.slice(0, end));
    });
  });
}
