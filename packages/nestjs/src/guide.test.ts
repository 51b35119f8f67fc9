/** The guide names every option that the code knows, and the page for those who come from the stock transport points at tests that there are. */
import { readFileSync } from 'node:fs';
import { serviceSettingNames } from '@petrel/service';
import { describe, expect, it } from 'vitest';
import { mqttJsNames } from './mqtt-js-options.js';
import { nestNames } from './options.js';

const folder = new URL('../../../docs/guides/', import.meta.url);
const guide = readFileSync(new URL('nestjs.md', folder), 'utf8');
const page = readFileSync(new URL('from-nestjs-mqtt.md', folder), 'utf8');

describe('docs/guides/nestjs.md', () => {
  it.each([
    ...mqttJsNames.filter((name) => name !== 'hostname'),
    ...nestNames,
    ...serviceSettingNames.filter((name) => name !== 'dialect'),
  ])('explains the option %s', (name) => expect(guide).toMatch(new RegExp(`\\b${name}\\b`)));
});

describe('docs/guides/from-nestjs-mqtt.md', () => {
  const rows = page.split('\n').filter((line) => /^\| \d+ \|/.test(line));

  it('has the 23 pains, each once', () => {
    const numbers = rows.map((row) => Number(row.split('|')[1]));
    expect(numbers).toEqual(Array.from({ length: 23 }, (_, index) => index + 1));
  });

  it.each(rows)('%s', (row) => {
    const [pain = '', , , gone = '', present = ''] = row.replace(/^\| | \|$/g, '').split(' | ');
    const numbered = new RegExp(`['"\`](?:pain )?(?:12, )?${pain}(?:, 13)?(?:: |')`);
    const proofs = [gone, present].map((cell) => [...cell.matchAll(/\[([\w-]+) (\d+)\]\(([^)]+)\)/g)]);
    const [goneHere = [], thereInStock = []] = proofs;
    expect(goneHere.length).toBeGreaterThan(0);
    expect(thereInStock).toHaveLength(1);
    expect(thereInStock[0]?.[1]).toMatch(/^stock-/);
    for (const [, file, number, target = ''] of [...goneHere, ...thereInStock]) {
      expect(number).toBe(pain);
      expect(target).toBe(`../../packages/nestjs/src/${file}.test.ts`);
      expect(readFileSync(new URL(target, folder), 'utf8')).toMatch(numbered);
    }
  });
});
