#!/usr/bin/env node
/** `npm run soak`: minutes and a seed in, a line for each half minute and a verdict out, and an exit code. */
import { parseArgs } from 'node:util';
import { type SoakResult, type SoakWindow, soak } from './soak.js';

/** The last third may have this much of the first third's median, or less. */
const mostGrowth = { p99: 2, memory: 1.25 };

const usage = `Good and hostile clients on one broker, mixed: the good ones must lose nothing, and neither their latency nor the broker's memory may grow.

  npm run soak -- --minutes 30 --seed 1

The exit code is 0, 1 when something was lost or grew, 2 when the command line is wrong.
`;

const text = { type: 'string' } as const;

function readOptions(): { minutes: number; seed: number; help: boolean } | undefined {
  try {
    const { values } = parseArgs({ options: { minutes: text, seed: text, help: { type: 'boolean' } } });
    const minutes = Number(values.minutes ?? '30');
    const seed = Number(values.seed ?? '1');
    if (!(minutes > 0 && minutes <= 10_080))
      throw new Error(`--minutes must be above 0, got ${values.minutes}`);
    if (!Number.isInteger(seed)) throw new Error(`--seed must be an integer, got ${values.seed}`);
    return { minutes, seed, help: values.help === true };
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${usage}`);
    return undefined;
  }
}

const given = readOptions();
if (given === undefined) process.exitCode = 2;
else if (given.help) process.stdout.write(usage);
else process.exitCode = await run(given.minutes, given.seed);

async function run(minutes: number, seed: number): Promise<number> {
  process.stdout.write(
    'seconds  messages  p50 ms  p99 ms  memory MB  core %  lag ms  own delay ms  hostile connections  turned away  sent away  refused messages  dropped messages\n',
  );
  const result = await soak({ seconds: minutes * 60, seed, onWindow: printWindow });
  const problems = [...result.faults, ...growth(result)];
  process.stdout.write(
    `${result.published} published, ${result.received} received, ${result.hostileConnections} hostile connections\n`,
  );
  for (const problem of problems) process.stdout.write(`${problem}\n`);
  process.stdout.write(problems.length === 0 ? 'nothing lost, nothing grew\n' : '');
  return problems.length === 0 ? 0 : 1;
}

function printWindow(window: SoakWindow): void {
  const { at, messages, p50, p99, residentBytes, cpuShare, lagMs, delayMs } = window;
  const cells = [
    String(at).padStart(7),
    String(messages).padStart(8),
    p50.toFixed(1).padStart(6),
    p99.toFixed(1).padStart(6),
    (residentBytes / 1e6).toFixed(0).padStart(9),
    (100 * cpuShare).toFixed(0).padStart(6),
    lagMs.toFixed(1).padStart(6),
    delayMs.toFixed(1).padStart(12),
    String(window.hostileConnections).padStart(19),
    String(window.turnedAway).padStart(11),
    String(window.sentAway).padStart(9),
    String(window.refusedMessages).padStart(16),
    String(window.droppedMessages).padStart(16),
  ];
  process.stdout.write(`${cells.join('  ')}\n`);
}

function growth({ windows }: SoakResult): string[] {
  const third = Math.floor(windows.length / 3);
  if (third === 0) return [];
  const first = windows.slice(0, third);
  const last = windows.slice(-third);
  const p99 = median(last.map((each) => each.p99)) / median(first.map((each) => each.p99));
  const memory =
    median(last.map((each) => each.residentBytes)) / median(first.map((each) => each.residentBytes));
  return [
    ...(p99 > mostGrowth.p99 ? [`p99 of the last third is ${p99.toFixed(2)} × that of the first`] : []),
    ...(memory > mostGrowth.memory
      ? [`memory of the last third is ${memory.toFixed(2)} × that of the first`]
      : []),
  ];
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
