import { expect, test } from 'vitest';
import { describeLimits } from './option-description.js';
import { resolveBrokerOptions } from './resolve-options.js';

test.each([false, true])(
  'every limit is described with the default that it has, data folder: %s',
  (hasDataFolder) => {
    const { limits } = resolveBrokerOptions(hasDataFolder ? { dataFolder: '/somewhere' } : {});
    const described = describeLimits(hasDataFolder);
    for (const { path, default: value } of described) {
      const found = path.reduce<unknown>((object, name) => (object as Record<string, unknown>)[name], limits);
      expect([path, found]).toEqual([path, value]);
    }
    const leaves = (object: object): number =>
      Object.values(object).reduce<number>(
        (sum, value) => sum + (typeof value === 'object' && value !== null ? leaves(value) : 1),
        0,
      );
    expect(described.length).toBe(leaves(limits));
  },
);

test('a description says what the check says', () => {
  const rule = describeLimits().find(({ path }) => path.join('.') === 'receiveMaximum')?.rule;
  expect(rule).toEqual({ kind: 'integer', minimum: 1, maximum: 65_535 });
  expect(() => resolveBrokerOptions({ limits: { receiveMaximum: 0 } })).toThrow('1–65535');
});
