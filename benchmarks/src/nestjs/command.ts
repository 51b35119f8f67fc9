/** The command behind `npm run bench:nestjs`: NestJS's transports side by side, runs interleaved, medians in a table. */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { median } from '../statistics.js';
import { formatCount, textTable } from '../table.js';
import { type DispatchBound, measureDispatch } from './dispatch-bound.js';
import { type Load, loads, type Run } from './loads.js';
import { missingFor } from './processes.js';
import { type MeasuredTransport, measuredTransports, transportNamed } from './transports.js';

const usage = `Measures requests and events through NestJS: service, client and broker in processes of their own.

  npm run bench:nestjs -- --only requests-256,events-qos1 --transports petrel,stock,tcp --seconds 3 --runs 3

  --only <names>        ${loads.map(({ name }) => name).join(', ')} (default: all)
  --transports <names>  ${measuredTransports.map(({ name }) => name).join(', ')} (default: all)
  --seconds <number>    length of one run, behind a warm-up of two seconds (default: 4)
  --runs <number>       runs of each; the table has their medians (default: 3)
  --profile             write CPU profiles of all processes to benchmarks/profiles
  --json <file>         write all figures to a file
`;

/** The medians of one transport's runs under one load. */
interface Row extends Run {
  readonly load: string;
  readonly transport: string;
  readonly title: string;
  /** Per second, of each run. */
  readonly rates: readonly number[];
}

const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    transports: { type: 'string' },
    seconds: { type: 'string', default: '4' },
    runs: { type: 'string', default: '3' },
    profile: { type: 'boolean', default: false },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

if (options.help) process.stdout.write(usage);
else await main();

async function main(): Promise<void> {
  const transports = options.transports?.split(',').map(transportNamed) ?? measuredTransports;
  const wanted = options.only?.split(',') ?? loads.map(({ name }) => name);
  const unknown = wanted.find((name) => !loads.some((load) => load.name === name));
  if (unknown !== undefined)
    throw new Error(`option "--only" must be names that --help shows, got ${unknown}`);
  const rows: Row[] = [];
  for (const load of loads.filter(({ name }) => wanted.includes(name))) {
    const measured = await measureLoad(load, transports.filter(isHere));
    rows.push(...measured);
    process.stdout.write(`\n${load.title}\n\n${textTable(tableOf(measured))}\n`);
  }
  const bound = await measureDispatch(2);
  process.stdout.write(
    `\nNestJS's own dispatch on one core, without any transport: ${formatCount(bound.events)} events/s, ` +
      `${formatCount(bound.requests)} requests/s with both ends\n`,
  );
  if (options.json !== undefined) writeJson(options.json, rows, bound);
}

function isHere(transport: MeasuredTransport): boolean {
  const why = missingFor(transport);
  if (why !== undefined) process.stdout.write(`${transport.title} is not measured: ${why}\n`);
  return why === undefined;
}

/** Run after run, each with all transports, so that what the machine does meanwhile meets all of them. */
async function measureLoad(load: Load, transports: readonly MeasuredTransport[]): Promise<Row[]> {
  const runs = new Map<MeasuredTransport, Run[]>(
    transports.filter(load.fits).map((transport) => [transport, []]),
  );
  const settings = { seconds: Number(options.seconds), profile: options.profile };
  for (let run = 0; run < Number(options.runs); run++) {
    for (const [transport, results] of runs) results.push(await load.measure(transport, settings));
  }
  return [...runs].map(([{ name, title }, results]) => ({
    load: load.name,
    transport: name,
    title,
    ...mediansOf(results),
    rates: results.map(({ perSecond }) => Math.round(perSecond)),
  }));
}

function mediansOf(runs: readonly Run[]): Run {
  const of = (value: (run: Run) => number) => median(runs.map(value));
  const roles = Object.keys(runs[0]?.cpuMicroseconds ?? {});
  return {
    perSecond: of(({ perSecond }) => perSecond),
    cpuMicroseconds: Object.fromEntries(
      roles.map((role) => [role, of(({ cpuMicroseconds }) => cpuMicroseconds[role] ?? Number.NaN)]),
    ),
    ...(runs[0]?.latencyMs !== undefined && {
      latencyMs: {
        p50: of(({ latencyMs }) => latencyMs?.p50 ?? Number.NaN),
        p99: of(({ latencyMs }) => latencyMs?.p99 ?? Number.NaN),
      },
    }),
    failed: runs.reduce((total, { failed }) => total + failed, 0),
  };
}

function tableOf(rows: readonly Row[]) {
  const stock = rows.find(({ transport }) => transport === 'stock');
  const roles = Object.keys(rows[0]?.cpuMicroseconds ?? {});
  return {
    head: ['', 'per second', '× stock', ...roles.map((role) => `${role} µs`), 'p50 ms', 'p99 ms', 'failed'],
    rows: rows.map(({ title, perSecond, cpuMicroseconds, latencyMs, failed }) => [
      title,
      formatCount(perSecond),
      figure(perSecond / (stock?.perSecond || Number.NaN)),
      ...roles.map((role) => figure(cpuMicroseconds[role])),
      figure(latencyMs?.p50),
      figure(latencyMs?.p99),
      failed === 0 ? '' : String(failed),
    ]),
  };
}

function figure(value: number | undefined): string {
  return value === undefined || !Number.isFinite(value) ? '–' : value.toFixed(value < 10 ? 2 : 1);
}

function writeJson(file: string, rows: readonly Row[], bound: DispatchBound): void {
  writeFileSync(file, `${JSON.stringify({ node: process.version, rows, bound }, undefined, 2)}\n`);
}
