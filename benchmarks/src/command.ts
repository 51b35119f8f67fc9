#!/usr/bin/env node
/** The command: what to measure in, tables and files out, and an exit code. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CommandLineError, type CommandOptions, readCommandOptions, usage } from './command-options.js';
import { curveResult, curves } from './curves.js';
import { buildLoadGenerator, LoadError } from './load-generator.js';
import { runMicro } from './micro/run-micro.js';
import { canPin, goFirst } from './pinned-process.js';
import {
  type Circumstances,
  describeMachine,
  mergeReports,
  type Report,
  readReport,
  writeReport,
} from './report.js';
import { pictureFolder, renderPage } from './report-page.js';
import { resultNotes, resultTable } from './result-table.js';
import type { ScenarioResult } from './results.js';
import { runScenario } from './run-scenario.js';
import { type Scenario, scenarios } from './scenarios.js';
import { soak, tolerableGrowth } from './soak.js';
import { formatBytes, formatCount, textTable } from './table.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const profiles = join(root, 'benchmarks', 'profiles');
const reportFile = join(root, 'benchmarks', 'results', 'latest.json');
const pageFolder = join(root, 'docs', 'reference');

/** What a task found, and whether it is as it should be. */
interface Found {
  readonly found: Partial<Report>;
  readonly isFine: boolean;
}

try {
  process.exitCode = await perform(readCommandOptions(process.argv.slice(2)));
} catch (error) {
  if (!(error instanceof CommandLineError || error instanceof LoadError)) throw error;
  print(error.message);
  process.exitCode = error instanceof LoadError ? 1 : 2;
}

async function perform(options: CommandOptions): Promise<number> {
  switch (options.task) {
    case 'help':
      process.stdout.write(usage);
      return 0;
    case 'list':
      print(scenarios.map(({ name, title }) => `${name.padEnd(20)} ${title}`).join('\n'));
      return 0;
    case 'render':
      render(readReport(reportFile));
      return 0;
    case 'compare':
      return finish(options, await compare(options));
    case 'curves':
      return finish(options, await measureCurves(options));
    case 'soak':
      return finish(options, await measureMemory(options));
    case 'micro': {
      goFirst();
      const results = await runMicro((text) => process.stdout.write(text));
      return finish(options, { found: { micro: { date: today(), results } }, isFine: true });
    }
  }
}

async function compare(options: CommandOptions): Promise<Found> {
  const results = await runAll(options.scenarios, options);
  const circumstances = circumstancesOf(options);
  return {
    found: { scenarios: results.map((result) => ({ ...result, ...circumstances })) },
    isFine: !results.some(petrelFailed),
  };
}

async function measureCurves(options: CommandOptions): Promise<Found> {
  const points = options.curves.flatMap((curve) => curve.points.map(({ scenario }) => scenario));
  const results = await runAll(points, options);
  const circumstances = circumstancesOf(options);
  return {
    found: { curves: options.curves.map((curve) => ({ ...curveResult(curve, results), ...circumstances })) },
    isFine: !results.some(petrelFailed),
  };
}

async function runAll(wanted: readonly Scenario[], options: CommandOptions): Promise<ScenarioResult[]> {
  const generator = buildLoadGenerator();
  goFirst();
  if (!canPin()) print('Without taskset and two cores, brokers and generator share what there is.');
  const nodeArguments = options.profile ? ['--cpu-prof', `--cpu-prof-dir=${profiles}`] : [];
  const results: ScenarioResult[] = [];
  for (const scenario of wanted) {
    const result = await runScenario(generator, scenario, options.brokers, { ...options, nodeArguments });
    print(`${result.name}: ${result.title}`, textTable(resultTable(result)), ...resultNotes(result), '');
    results.push(result);
  }
  if (options.profile) print(`The profiles are in ${profiles}.`);
  return results;
}

async function measureMemory(options: CommandOptions): Promise<Found> {
  const petrel = options.brokers.find(({ name }) => name === 'petrel');
  if (petrel === undefined) throw new CommandLineError('option "--soak" needs petrel among the brokers');
  const result = await soak(buildLoadGenerator(), petrel, options.seconds, ({ second, residentBytes }) =>
    print(`${String(second).padStart(6)} s ${formatBytes(residentBytes)}`),
  );
  print(
    `${formatCount(result.delivered)} messages, ${formatCount(result.perSecond)}/s; the last third needed ${(result.growth * 100).toFixed(1)} % more memory than the middle one`,
  );
  return {
    found: { soak: { ...result, ...circumstancesOf({ ...options, runs: 1 }) } },
    isFine: result.growth <= tolerableGrowth,
  };
}

/** Writes what is wanted; gives the exit code. */
function finish(options: CommandOptions, { found, isFine }: Found): number {
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(found, undefined, 1)}\n`);
  if (options.report) {
    const order = [...scenarios, ...curves].map(({ name }) => name);
    const report = mergeReports(readReport(reportFile), { machine: describeMachine(), ...found }, order);
    writeReport(reportFile, report);
    render(report);
  }
  return isFine ? 0 : 1;
}

function render(report: Report): void {
  const { page, pictures } = renderPage(report);
  const folder = join(pageFolder, pictureFolder);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [name, svg] of pictures) writeFileSync(join(folder, name), svg);
  writeFileSync(join(pageFolder, 'benchmarks.md'), page);
  print(`Written: ${join(pageFolder, 'benchmarks.md')}`);
}

function petrelFailed({ outcomes }: ScenarioResult): boolean {
  return outcomes.some((outcome) => outcome.broker === 'petrel' && 'failed' in outcome);
}

function circumstancesOf({
  runs,
  seconds,
}: {
  readonly runs: number;
  readonly seconds: number;
}): Circumstances {
  return { date: today(), runs, seconds };
}

function today(): string {
  return new Date().toISOString().slice(0, 10);
}

function print(...lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}
