import { expect, test } from 'vitest';
import { LinkCuts } from './link-cuts.js';

test('a link is cut once in so many seconds, for three to nine', () => {
  const cuts = new LinkCuts({ everySeconds: 10, now: 0, random: () => 0.5 });
  expect(cuts.due(9, 9_999)).toBeUndefined();
  expect(cuts.due(9, 10_000)).toEqual({ index: 4, forMs: 6_000 });
  expect(cuts.due(9, 19_999)).toBeUndefined();
  expect(cuts.due(9, 20_000)).toEqual({ index: 4, forMs: 6_000 });
});

test('0 never cuts, and without links there is nothing to cut', () => {
  expect(new LinkCuts({ everySeconds: 0, now: 0 }).due(9, 1e12)).toBeUndefined();
  expect(new LinkCuts({ everySeconds: 1, now: 0 }).due(0, 1e12)).toBeUndefined();
});
