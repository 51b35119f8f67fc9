import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SeededRandom } from './seeded-random.js';

test('the same seed gives the same values, another seed others', () => {
  const values = (seed: number) => Array.from({ length: 20 }, new SeededRandom(seed).next);
  expect(values(7)).toEqual(values(7));
  expect(values(7)).not.toEqual(values(8));
});

test('values stay in range and reach both ends', () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const random = new SeededRandom(seed);
      const drawn = Array.from({ length: 200 }, () => random.integer(-1, 1));
      return drawn.every((value) => value >= -1 && value <= 1) && new Set(drawn).size === 3;
    }),
  );
});

test('a shuffle keeps every value and leaves the original alone', () => {
  const original = [1, 2, 3, 4, 5, 6, 7, 8];
  const shuffled = new SeededRandom(3).shuffle(original);
  expect(original).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect(shuffled).not.toEqual(original);
  expect(shuffled.toSorted((a, b) => a - b)).toEqual(original);
});

test('nothing can be picked from nothing', () => {
  expect(() => new SeededRandom(1).pick([])).toThrow(RangeError);
});
