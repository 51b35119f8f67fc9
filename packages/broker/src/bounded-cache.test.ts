import { expect, test } from 'vitest';
import { BoundedCache } from './bounded-cache.js';

function cacheOf(maximumWeight: number): BoundedCache<number> {
  return new BoundedCache<number>(maximumWeight, () => 1);
}

test('never holds more than two generations', () => {
  const cache = cacheOf(10);
  for (let index = 0; index < 1_000; index++) {
    cache.set(String(index), index);
    expect(cache.size).toBeLessThanOrEqual(20);
  }
  expect(cache.get('999')).toBe(999);
  expect(cache.get('0')).toBeUndefined();
});

test('what is in use survives any number of others', () => {
  const cache = cacheOf(10);
  cache.set('used', 1);
  for (let index = 0; index < 1_000; index++) {
    cache.set(`other ${index}`, index);
    expect(cache.get('used')).toBe(1);
  }
});

test('an entry that would push out many others is not kept', () => {
  const cache = new BoundedCache<number>(100, (_key, value) => value);
  cache.set('small', 10);
  cache.set('large', 11);
  expect(cache.get('small')).toBe(10);
  expect(cache.get('large')).toBeUndefined();
});

test('deletes from either generation', () => {
  const cache = cacheOf(10);
  cache.set('old', 1);
  for (let index = 0; index < 10; index++) cache.set(String(index), index);
  cache.delete('old');
  cache.delete('9');
  expect(cache.get('old')).toBeUndefined();
  expect(cache.get('9')).toBeUndefined();
  cache.clear();
  expect(cache.size).toBe(0);
});
