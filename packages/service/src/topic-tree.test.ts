import { topicMatches } from '@petrel/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isWithin } from './topic-cover.js';
import { TopicTree } from './topic-tree.js';

const level = fc.constantFrom('', 'a', 'b', '$x');
const topicName = fc.array(level, { minLength: 1, maxLength: 4 }).map((levels) => levels.join('/'));
const filterLevels = fc.array(fc.oneof(level, fc.constant('+')), { minLength: 1, maxLength: 4 });
const topicFilter = fc
  .tuple(filterLevels, fc.boolean())
  .map(([levels, open]) => (open ? [...levels, '#'] : levels).join('/'));

describe('TopicTree', () => {
  it('finds the filters that match, as topicMatches decides', () => {
    fc.assert(
      fc.property(fc.uniqueArray(topicFilter, { maxLength: 8 }), topicName, (filters, name) => {
        const tree = new TopicTree<string>();
        for (const filter of filters) tree.add(filter, filter);
        expect(tree.match(name).sort()).toEqual(
          filters.filter((filter) => topicMatches(filter, name)).sort(),
        );
      }),
    );
  });

  it('matches an empty level with + and keeps wildcards off $ topics [MQTT-4.7.2-1]', () => {
    const tree = new TopicTree<string>();
    for (const filter of ['+/x', '#', '/x', '$SYS/#']) tree.add(filter, filter);
    expect(tree.match('/x')).toEqual(['/x', '+/x', '#']);
    expect(tree.match('$SYS/x')).toEqual(['$SYS/#']);
  });

  it('gives the most specific filter first', () => {
    const tree = new TopicTree<string>();
    for (const filter of ['#', 'a/#', 'a/+', '+/b', 'a/b']) tree.add(filter, filter);
    expect(tree.match('a/b')).toEqual(['a/b', 'a/+', 'a/#', '+/b', '#']);
  });

  it('forgets what is removed, and the levels that only it had', () => {
    const tree = new TopicTree<number>();
    tree.add('a/b/c', 1);
    tree.add('a/b', 2);
    tree.remove('a/b/c', 1);
    tree.remove('a/b/never', 3);
    expect(tree.match('a/b/c')).toEqual([]);
    expect(tree.match('a/b')).toEqual([2]);
  });
});

describe('isWithin', () => {
  it('says that a filter is within another only where that one matches all of it', () => {
    fc.assert(
      fc.property(topicFilter, topicFilter, topicName, (inner, outer, name) => {
        fc.pre(isWithin(inner, outer) && topicMatches(inner, name));
        expect(topicMatches(outer, name)).toBe(true);
      }),
    );
  });

  it.each([
    ['a/b', 'a/+', true],
    ['a', 'a/#', true],
    ['a/+/c', 'a/#', true],
    ['a/#', 'a/+', false],
    ['a/+', 'a/b', false],
    ['+/b', 'a/#', false],
    ['$SYS/a', '#', false],
    ['$share/g/a', 'a', false],
    ['a', 'a', true],
  ])('%s within %s: %s', (inner, outer, expected) => expect(isWithin(inner, outer)).toBe(expected));
});
