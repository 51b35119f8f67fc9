import { expect, test } from 'vitest';
import { median, spread } from './statistics.js';

test('the median is the one in the middle, in whatever order they come', () => {
  const values = [30, 10, 20];
  expect(median(values)).toBe(20);
  expect(values).toEqual([30, 10, 20]);
});

test('an even number of values has its median between the two in the middle', () => {
  expect(median([4, 1, 3, 2])).toBe(2.5);
});

test('there is no median of nothing', () => {
  expect(median([])).toBeNaN();
});

test('one outlier moves the spread, not the median', () => {
  expect(median([10, 11, 100])).toBe(11);
  expect(spread([10, 11, 100])).toBeCloseTo(90 / 11);
  expect(spread([7])).toBe(0);
});
