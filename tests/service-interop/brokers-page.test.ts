/** The page says of each broker what its tests expect of it. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { traitsOf } from './traits.suite.js';

const page = readFileSync(new URL('../../docs/reference/brokers.md', import.meta.url), 'utf8');
const cellsOf = (row: string): string[] =>
  row
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());
const table = page.slice(0, page.indexOf('What becomes of it:'));
const [header = [], , ...rows] = table
  .split('\n')
  .filter((line) => line.startsWith('|'))
  .map(cellsOf);

test.each(Object.entries(traitsOf))(
  'docs/reference/brokers.md has what the tests expect of %s',
  (name, traits) => {
    const column = header.findIndex((cell) => cell.split(' ')[0] === name);
    const said = (what: RegExp): string | undefined => rows.find(([row = '']) => what.test(row))?.[column];
    const yesOrNo = (does: boolean): string => (does ? 'yes' : 'no');
    expect(said(/^newest version/)).toBe(traits.version === 5 ? '5' : '3.1.1');
    expect(said(/^shared subscriptions/)).toBe(yesOrNo(traits.groups));
    expect(said(/^tells that nobody/)).toBe(yesOrNo(traits.tellsNoSubscribers));
    expect(said(/^highest QoS/)).toBe(String(traits.qos));
    expect(rows).toHaveLength(4);
  },
);
