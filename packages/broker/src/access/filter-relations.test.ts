import { topicMatches } from '@petrel/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { covers, overlap } from './filter-relations.js';

const levels = ['a', 'b', '', '$x'];
const names = namesUpTo(3);
const filter = fc
  .tuple(fc.array(fc.constantFrom(...levels, '+'), { maxLength: 3 }), fc.boolean())
  .map(([parts, isOpen]) => [...parts, ...(isOpen || parts.length === 0 ? ['#'] : [])].join('/'))
  // "/#" has the empty text for a parent, which is no Topic Name.
  .filter((text) => text !== '' && text !== '/#');

function namesUpTo(length: number): string[] {
  const all: string[] = [];
  let former = [''];
  for (let count = 1; count <= length; count++) {
    former = former.flatMap((name) => levels.map((level) => (count === 1 ? level : `${name}/${level}`)));
    all.push(...former);
  }
  // One level deeper than any filter here, or "#" could not be told from what it covers.
  return [...all, ...former.map((name) => `${name}/a`)].filter((name) => name !== '');
}

describe('covers', () => {
  test.each([
    ['#', 'a/b', true],
    ['#', '+/#', true],
    ['#', '$SYS/a', false],
    ['+/a', '$SYS/a', false],
    ['$SYS/#', '$SYS/broker/+', true],
    ['$SYS/#', '$SYS', true],
    ['$SYS/#', '#', false],
    ['a/#', 'a', true],
    ['a/+', 'a/#', false],
    ['a/+', 'a/+', true],
    ['a/b', 'a/+', false],
    ['a/+/c', 'a/b/c', true],
  ])('%s of %s: %s', (outer, inner, expected) => expect(covers(outer, inner)).toBe(expected));

  test('never says yes where a name of the inner filter is outside of the outer one', () => {
    fc.assert(
      fc.property(filter, filter, (outer, inner) => {
        if (!covers(outer, inner)) return;
        const outside = names.filter((name) => topicMatches(inner, name) && !topicMatches(outer, name));
        expect(outside).toEqual([]);
      }),
      { numRuns: 2_000 },
    );
  });

  test('says yes for a name and the filter that matches it', () => {
    fc.assert(
      fc.property(filter, fc.constantFrom(...names), (outer, name) => {
        expect(covers(outer, name)).toBe(topicMatches(outer, name));
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('overlap', () => {
  test.each([
    ['#', 'a/b', true],
    ['#', '$SYS/a', false],
    ['a/#', 'a', true],
    ['a', 'a/#', true],
    ['a/+', '+/b', true],
    ['a/b', 'a/c', false],
    ['a/+/c', 'a/b', false],
    ['+', '$SYS', false],
  ])('%s and %s: %s', (left, right, expected) => {
    expect([overlap(left, right), overlap(right, left)]).toEqual([expected, expected]);
  });

  test('is there exactly where some name matches both', () => {
    fc.assert(
      fc.property(filter, filter, (left, right) => {
        const shared = names.some((name) => topicMatches(left, name) && topicMatches(right, name));
        expect(overlap(left, right)).toBe(shared);
      }),
      { numRuns: 2_000 },
    );
  });
});
