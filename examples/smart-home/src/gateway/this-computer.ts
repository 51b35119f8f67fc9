/** One more room: the computer this runs on. Real values, or none where it has no sensor. */
import { readdirSync, readFileSync } from 'node:fs';
import { cpus, freemem, loadavg, totalmem } from 'node:os';
import type { Quantity } from '../house/topics.js';

export interface ComputerMeasurement {
  /** `<quantity>/<probe>`. */
  stream: `${Quantity}/${string}`;
  value: number;
}

const round = (value: number) => Math.round(value * 100) / 100;

/** CPU temperature (°C, where the system tells), load of the last minute in % of all cores, memory in use in %. */
export function measureThisComputer(thermalFolder = '/sys/class/thermal'): ComputerMeasurement[] {
  const celsius = readCpuTemperature(thermalFolder);
  return [
    ...(celsius === undefined ? [] : [{ stream: 'temperature/cpu' as const, value: round(celsius) }]),
    { stream: 'load/1m', value: round((100 * loadavg()[0]!) / cpus().length) },
    { stream: 'memory/used', value: round(100 * (1 - freemem() / totalmem())) },
  ];
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
