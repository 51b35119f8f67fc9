import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { loadBetween, readCpuTemperature, ThisComputer } from './this-computer.js';

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
  const measured = new ThisComputer(join(folder, 'nowhere')).measure();
  expect(measured.map(({ stream }) => stream)).toEqual(['load/cpu', 'memory/used']);
  expect(measured.every(({ value }) => value >= 0 && value <= 100)).toBe(true);
});

test('the load is the share of the time in which the cores were busy', () => {
  expect(loadBetween({ idle: 100, total: 1_000 }, { idle: 175, total: 1_100 })).toBe(25);
  expect(loadBetween({ idle: 100, total: 1_000 }, { idle: 100, total: 1_000 })).toBe(0);
});
