/** The results that the page in the docs is made of: a file that later measurements complete or replace, scenario by scenario. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { dirname } from 'node:path';
import { findMosquitto, findNats } from '@petrel/testing';
import type { CurveResult } from './curves.js';
import type { MicroResult } from './micro/measure.js';
import type { ScenarioResult } from './results.js';
import type { SoakResult } from './soak.js';

/** When and how something was measured. */
export interface Circumstances {
  /** `2026-01-31`. */
  readonly date: string;
  readonly runs: number;
  readonly seconds: number;
}

/** Where it was measured, and what was found there. */
export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly kernel: string;
  readonly versions: Readonly<Record<string, string>>;
}

/** All that was measured last, of each thing. */
export interface Report {
  readonly machine?: Machine;
  readonly scenarios: readonly (ScenarioResult & Circumstances)[];
  readonly curves: readonly (CurveResult & Circumstances)[];
  readonly soak?: SoakResult & Circumstances;
  readonly micro?: { readonly date: string; readonly results: readonly MicroResult[] };
}

/** Reads the file; an empty report when there is none. */
export function readReport(file: string): Report {
  return existsSync(file)
    ? (JSON.parse(readFileSync(file, 'utf8')) as Report)
    : { scenarios: [], curves: [] };
}

/** Writes the file, for people to compare with the one before. */
export function writeReport(file: string, report: Report): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(report, undefined, 1)}\n`);
}

/** The report with newer results in it; `order` is that of the tables. */
export function mergeReports(before: Report, after: Partial<Report>, order: readonly string[]): Report {
  const machine = after.machine ?? before.machine;
  const soak = after.soak ?? before.soak;
  const micro = after.micro ?? before.micro;
  return {
    ...(machine !== undefined && { machine }),
    scenarios: replaced(before.scenarios, after.scenarios ?? [], order),
    curves: replaced(before.curves, after.curves ?? [], order),
    ...(soak !== undefined && { soak }),
    ...(micro !== undefined && { micro }),
  };
}

/** What is not in `order` any more goes. */
function replaced<Named extends { readonly name: string }>(
  before: readonly Named[],
  after: readonly Named[],
  order: readonly string[],
): Named[] {
  const byName = new Map([...before, ...after].map((each) => [each.name, each]));
  return order.flatMap((name) => byName.get(name) ?? []);
}

/** This machine, and the programs that are compared on it. */
export function describeMachine(): Machine {
  const mosquitto = programVersion(findMosquitto().path, '-h', /version ([\d.]+)/);
  const nats = programVersion(findNats().path, '--version', /v([\d.]+)/);
  return {
    processor: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryBytes: totalmem(),
    kernel: release().split('-', 1)[0] ?? '',
    versions: {
      Node: process.versions.node,
      ...(mosquitto !== undefined && { Mosquitto: mosquitto }),
      ...(nats !== undefined && { NATS: nats }),
    },
  };
}

function programVersion(path: string | undefined, option: string, pattern: RegExp): string | undefined {
  if (path === undefined) return undefined;
  const { stdout, stderr } = spawnSync(path, [option], { encoding: 'utf8' });
  return pattern.exec(`${stdout}${stderr}`)?.[1];
}
