#!/usr/bin/env node
/** `npm run bench:client`: clients beside each other against the bare peer; tables, a file, and an exit code. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { LaunchedProcess } from '@petrel/testing';
import { canPin, cores, launchPinned, launchPinnedOnFreePort } from '../pinned-process.js';
import { median, spread } from '../statistics.js';
import { formatBytes, formatCount, formatNanoseconds, textTable } from '../table.js';
import { type ClientScenario, clientScenarios } from './client-scenarios.js';
import { clientKinds } from './measured-clients.js';
import type { ClientRun } from './run-client.js';

const usage = `Measures Petrel's client beside MQTT.js, each in a process and, with taskset, on a core of its own, against a bare sink and source.

  npm run bench:client -- --only publish-qos1,receive --clients petrel,mqttjs --seconds 3 --runs 3

  --only <names>       scenarios, or how their names begin (default: all; --list names them)
  --clients <names>    petrel, mqttjs, plain (default), memory-store, disk-store-os, disk-store-sync
  --seconds <number>   length of one run, behind a warm-up of one second (default: 4)
  --runs <number>      runs of each, interleaved; the table has their medians (default: 3)
  --profile            write CPU profiles of Petrel's client to benchmarks/profiles
  --json <file>        write all figures to a file
  --list               name the scenarios

The exit code is 0, 1 when a message was lost, repeated or out of order, 2 when the command line is wrong.
`;
const profiles = 'benchmarks/profiles';
// To start, warm up and finish what is in flight, on a machine that does other things too.
const slackMs = 60_000;

/** The medians of one client's runs. */
interface ClientFigures {
  readonly client: string;
  readonly title: string;
  readonly perSecond: number;
  readonly cpuNs: number;
  readonly peakResidentBytes: number;
  readonly spread: number;
}

const values = readArguments();
if (values?.help) process.stdout.write(usage);
else if (values?.list)
  for (const { name, title } of clientScenarios) process.stdout.write(`${name.padEnd(24)} ${title}\n`);
else if (values !== undefined) await measure(values);

function readArguments() {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  try {
    const { values } = parseArgs({
      options: {
        only: text,
        clients: text,
        seconds: text,
        runs: text,
        json: text,
        profile: flag,
        list: flag,
        help: flag,
      },
    });
    const { only, clients } = values;
    const selected = clientScenarios.filter(
      ({ name }) => only?.split(',').some((part) => name.startsWith(part)) ?? true,
    );
    const kinds = clientKinds.filter(
      ({ name, isVariant }) => clients?.split(',').includes(name) ?? isVariant !== true,
    );
    if (selected.length === 0)
      throw new Error(`option "--only" must be names that --list shows, got ${only}`);
    if (kinds.length === 0)
      throw new Error(
        `option "--clients" must be of ${clientKinds.map(({ name }) => name).join(', ')}, got ${clients}`,
      );
    return {
      ...values,
      selected,
      kinds,
      seconds: positive('seconds', values.seconds ?? '4'),
      runs: positive('runs', values.runs ?? '3'),
    };
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exitCode = 2;
    return undefined;
  }
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (value > 0 && value <= 3600) return value;
  throw new Error(`option "--${name}" must be a number above 0, at most 3600, got ${text}`);
}

async function measure({
  selected,
  kinds,
  seconds,
  runs,
  profile,
  json,
}: NonNullable<typeof values>): Promise<void> {
  if (!canPin())
    process.stderr.write('Without taskset and two cores, clients and peer share what there is.\n');
  const results = [];
  for (const scenario of selected) {
    const measured = new Map(kinds.map(({ name }) => [name, [] as ClientRun[]]));
    for (let run = 0; run < runs; run++) {
      for (const { name } of kinds)
        measured.get(name)?.push(await runOnce(name, scenario, seconds, profile === true));
    }
    const figures = kinds.map(({ name, title }) => figuresOf(name, title, measured.get(name) ?? []));
    process.stdout.write(`${scenario.name}: ${scenario.title}\n${textTable(tableOf(figures))}\n\n`);
    results.push({ scenario: scenario.name, title: scenario.title, figures });
  }
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(results, undefined, 2)}\n`);
}

async function runOnce(
  client: string,
  scenario: ClientScenario,
  seconds: number,
  profile: boolean,
): Promise<ClientRun> {
  const peer = await launchPinnedOnFreePort(
    (port) => ({ command: process.execPath, args: [script('bare-peer'), String(port)] }),
    cores.load,
  );
  try {
    const profiling = profile && client === 'petrel' ? ['--cpu-prof', `--cpu-prof-dir=${profiles}`] : [];
    const args = [
      ...profiling,
      script('run-client'),
      client,
      scenario.name,
      String(peer.port),
      String(seconds),
    ];
    const measured = await launchPinned({ command: process.execPath, args }, cores.measured);
    const line = await resultOf(measured, seconds);
    const run = JSON.parse(line) as ClientRun;
    // The first connection was the launcher's look whether the port is open; it sent nothing.
    const [, received] = await peer.launched.line(new RegExp(`^received (${run.published})$`, 'm'));
    if (Number(received) !== run.published)
      throw new Error(`published ${run.published}, arrived ${received}`);
    return run;
  } finally {
    await peer.launched.stop();
  }
}

/** Its last line; whatever happens, it has ended then. */
async function resultOf(measured: LaunchedProcess, seconds: number): Promise<string> {
  try {
    const [line] = await measured.line(/^\{.*\}$/m, seconds * 1000 + slackMs);
    // By itself, so that its profile is written.
    await measured.exited;
    return line;
  } finally {
    await measured.stop();
  }
}

function script(name: string): string {
  return fileURLToPath(new URL(`${name}.js`, import.meta.url));
}

function figuresOf(client: string, title: string, runs: readonly ClientRun[]): ClientFigures {
  const rates = runs.map((run) => run.messages / run.seconds);
  return {
    client,
    title,
    perSecond: median(rates),
    cpuNs: median(runs.map((run) => (run.cpuSeconds / run.messages) * 1e9)),
    peakResidentBytes: median(runs.map((run) => run.peakResidentBytes)),
    spread: spread(rates),
  };
}

function tableOf(figures: readonly ClientFigures[]) {
  const petrel = figures.find(({ client }) => client === 'petrel');
  return {
    head: ['client', 'messages/s', 'CPU each', 'peak memory', 'spread', 'Petrel is'],
    rows: figures.map((each) => [
      each.title,
      formatCount(each.perSecond),
      formatNanoseconds(each.cpuNs),
      formatBytes(each.peakResidentBytes),
      `${Math.round(each.spread * 100)} %`,
      petrel === undefined || petrel === each ? '' : `${(petrel.perSecond / each.perSecond).toFixed(2)} ×`,
    ]),
  };
}
