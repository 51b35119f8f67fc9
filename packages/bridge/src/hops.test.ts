import { expect, test } from 'vitest';
import { isLoop, withHop } from './hops.js';

test('a message that has been here is not carried again; one that has been elsewhere is', () => {
  const passed = withHop(withHop([['room', 'kitchen']], 'attic'), 'cellar');
  expect(passed).toEqual([
    ['room', 'kitchen'],
    ['petrel-bridge', 'attic'],
    ['petrel-bridge', 'cellar'],
  ]);
  expect(isLoop(passed, 'attic', 16)).toBe(true);
  expect(isLoop(passed, 'garage', 16)).toBe(false);
  expect(isLoop(undefined, 'garage', 16)).toBe(false);
});

test('a message that has passed too many bridges is not carried on', () => {
  const passed = withHop(withHop(undefined, 'attic'), 'cellar');
  expect(isLoop(passed, 'garage', 3)).toBe(false);
  expect(isLoop(passed, 'garage', 2)).toBe(true);
});
