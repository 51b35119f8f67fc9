import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { measureThisComputer, readCpuTemperature } from './this-computer.js';

const folder = mkdtempSync(join(tmpdir(), 'thermal-'));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function zone(name: string, type: string, temp: string): void {
  mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, name, 'type'), `${type}\n`);
  writeFileSync(join(folder, name, 'temp'), `${temp}\n`);
}

test('the temperature is that of the hottest processor zone', () => {
  zone('thermal_zone0', 'acpitz', '90000');
  zone('thermal_zone1', 'x86_pkg_temp', '51500');
  zone('thermal_zone2', 'cpu-1-thermal', '49000');
  expect(readCpuTemperature(folder)).toBe(51.5);
});

test('any zone will do where none is the processor', () => {
  zone('thermal_zone0', 'acpitz', '27800');
  zone('thermal_zone1', 'iwlwifi', '-40000');
  expect(readCpuTemperature(folder)).toBe(27.8);
});

test('a computer without a sensor has load and memory, and invents nothing', () => {
  const measured = measureThisComputer(join(folder, 'nowhere'));
  expect(measured.map(({ stream }) => stream)).toEqual(['load/1m', 'memory/used']);
  expect(measured.every(({ value }) => Number.isFinite(value) && value >= 0)).toBe(true);
});
