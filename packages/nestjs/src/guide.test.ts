/** The guide names every option that the code knows, and the tests that it points to exist. */
import { readFileSync } from 'node:fs';
import { serviceSettingNames } from '@petrel/service';
import { describe, expect, it } from 'vitest';
import { mqttJsNames } from './mqtt-js-options.js';
import { nestNames } from './options.js';

const guide = readFileSync(new URL('../../../docs/guides/nestjs.md', import.meta.url), 'utf8');
const tests = ['pains', 'bad-input', 'life'].map((name) =>
  readFileSync(new URL(`./${name}.test.ts`, import.meta.url), 'utf8'),
);

describe('docs/guides/nestjs.md', () => {
  it.each([
    ...mqttJsNames.filter((name) => name !== 'hostname'),
    ...nestNames,
    ...serviceSettingNames.filter((name) => name !== 'dialect'),
  ])('explains the option %s', (name) => expect(guide).toMatch(new RegExp(`\\b${name}\\b`)));

  it.each([...Array.from({ length: 19 }, (_, index) => index + 1), 21, 22])(
    'has a test for pain %d',
    (pain) => {
      expect(guide).toContain(`| ${pain} |`);
      const named = new RegExp(`['(](?:pain )?(?:12, )?${pain}(?:, 13)?: `);
      expect(tests.some((source) => named.test(source))).toBe(true);
    },
  );
});
