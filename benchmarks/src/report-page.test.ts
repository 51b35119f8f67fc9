import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { mergeReports, type Report, readReport } from './report.js';
import { pictureFolder, renderPage } from './report-page.js';
import type { Figures } from './results.js';

const figures: Figures = {
  runs: 3,
  perSecond: 1_600_000,
  spread: 0.05,
  cpuNs: 400,
  generatorLoad: 0.3,
  otherLoad: 0,
  latencyNs: { p50: 30_000, p99: 150_000, p999: 900_000 },
  residentBytes: 80e6,
  peakResidentBytes: 90e6,
};
const circumstances = { date: '2026-01-31', runs: 3, seconds: 8 };
const scenario = (name: string, perSecond = 1_600_000): Report['scenarios'][number] => ({
  name,
  title: `title of ${name}`,
  verdict: 'rate',
  outcomes: [
    { broker: 'petrel', title: 'Petrel', figures: { ...figures, perSecond } },
    { broker: 'mosquitto', title: 'Mosquitto', figures: { ...figures, perSecond: 100_000 } },
    { broker: 'nats', title: 'NATS', failed: '1 lost' },
  ],
  ...circumstances,
});
const order = ['pairs-qos0', 'pairs-qos1', 'depth'];
const empty: Report = { scenarios: [], curves: [] };

describe('a report', () => {
  test('keeps what is not measured again, replaces what is, and has the order of the tables', () => {
    const before = mergeReports(
      empty,
      { scenarios: [scenario('pairs-qos1'), scenario('pairs-qos0')] },
      order,
    );
    const after = mergeReports(before, { scenarios: [scenario('pairs-qos1', 5)] }, order);
    expect(after.scenarios.map(({ name }) => name)).toEqual(['pairs-qos0', 'pairs-qos1']);
    expect(after.scenarios[1]?.outcomes[0]).toMatchObject({ figures: { perSecond: 5 } });
  });

  test('forgets scenarios that there are no more', () => {
    expect(mergeReports({ ...empty, scenarios: [scenario('gone')] }, {}, order).scenarios).toEqual([]);
  });
});

describe('the page', () => {
  const curve: Report['curves'][number] = {
    name: 'depth',
    title: 'Topic levels',
    axis: 'levels',
    points: [3, 128].map((x) => ({ x, outcomes: scenario('x').outcomes })),
    ...circumstances,
  };
  const soak = {
    ...circumstances,
    delivered: 1e9,
    perSecond: 1e6,
    samples: [{ second: 5, residentBytes: 100e6 }],
    growth: 0.2,
  };
  const { page, pictures } = renderPage({ scenarios: [scenario('pairs-qos0')], curves: [curve], soak });

  test('compares with Mosquitto and says who failed and why', () => {
    expect(page).toContain(
      '| title of pairs-qos0 | 1,600 k · 0.40 µs | 100 k · 0.40 µs | failed | 16.00 × |',
    );
    expect(page).toContain('NATS failed: 1 lost.');
  });

  test('has all its pictures', () => {
    const linked = [...page.matchAll(/\]\(benchmarks\/([^)]+)\)/g)].map(([, name]) => name);
    expect(linked).toEqual(['brokers.svg', 'depth.svg']);
    expect([...pictures.keys()]).toEqual(linked);
  });

  test('does not call growth none', () => {
    expect(page).toContain('20.0 % more memory than the middle one: it grows.');
  });
});

const reference = fileURLToPath(new URL('../../docs/reference', import.meta.url));
const results = fileURLToPath(new URL('../results/latest.json', import.meta.url));

test('docs/reference/benchmarks.md is what npm run bench -- --render makes of the results', async () => {
  expect(existsSync(results)).toBe(true);
  const { page, pictures } = renderPage(readReport(results));
  expect(readFileSync(`${reference}/benchmarks.md`, 'utf8')).toBe(page);
  expect(readdirSync(`${reference}/${pictureFolder}`).sort()).toEqual([...pictures.keys()].sort());
  for (const [name, svg] of pictures)
    expect(readFileSync(`${reference}/${pictureFolder}/${name}`, 'utf8')).toBe(svg);
});
