/** One more room: the computer this runs on. Real values, or none where it has no sensor. */
import { readdirSync, readFileSync } from 'node:fs';
import { cpus, freemem, totalmem } from 'node:os';
import type { Quantity } from '../house/topics.js';

export interface ComputerMeasurement {
  /** `<quantity>/<probe>`. */
  stream: `${Quantity}/${string}`;
  value: number;
}

const round = (value: number) => Math.round(value * 100) / 100;

/** Measures this computer; the load is that since the call before. */
export class ThisComputer {
  readonly #thermalFolder: string;
  #times = readTimes();

  constructor(thermalFolder = '/sys/class/thermal') {
    this.#thermalFolder = thermalFolder;
  }

  /** CPU temperature (°C, where the system tells), load in % of all cores, memory in use in %. */
  measure(): ComputerMeasurement[] {
    const before = this.#times;
    this.#times = readTimes();
    const celsius = readCpuTemperature(this.#thermalFolder);
    return [
      ...(celsius === undefined ? [] : [{ stream: 'temperature/cpu' as const, value: round(celsius) }]),
      { stream: 'load/cpu', value: round(loadBetween(before, this.#times)) },
      { stream: 'memory/used', value: round(100 * (1 - freemem() / totalmem())) },
    ];
  }
}

/** What the cores have done since they started, ms. */
export interface CpuTimes {
  idle: number;
  total: number;
}

/** Busy time between two moments, in % of all cores. */
export function loadBetween(before: CpuTimes, after: CpuTimes): number {
  const total = after.total - before.total;
  return total <= 0 ? 0 : 100 * (1 - (after.idle - before.idle) / total);
}

function readTimes(): CpuTimes {
  const times: CpuTimes = { idle: 0, total: 0 };
  for (const { times: core } of cpus()) {
    times.idle += core.idle;
    times.total += core.user + core.nice + core.sys + core.idle + core.irq;
  }
  return times;
}

/** The hottest processor zone, else the hottest zone of any kind; `undefined` where there is none to read. */
export function readCpuTemperature(thermalFolder: string): number | undefined {
  const zones = listZones(thermalFolder).flatMap((zone) => {
    const celsius = Number(readText(`${zone}/temp`)) / 1_000;
    return celsius > 0 && celsius < 150 ? [{ type: readText(`${zone}/type`) ?? '', celsius }] : [];
  });
  const ofProcessor = zones.filter(({ type }) => /cpu|x86_pkg|core|soc/i.test(type));
  const candidates = ofProcessor.length > 0 ? ofProcessor : zones;
  return candidates.length === 0 ? undefined : Math.max(...candidates.map(({ celsius }) => celsius));
}

function listZones(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.startsWith('thermal_zone'))
      .map((name) => `${folder}/${name}`);
  } catch {
    return [];
  }
}

/** A zone may vanish, or refuse to be read while it sleeps. */
function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}
