import { topicMatches } from '@petrel/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FilterTree } from './filter-tree.js';

const level = fc.constantFrom('', 'a', 'b', '$SYS');
const topicName = fc
  .array(level, { minLength: 1, maxLength: 4 })
  .map((levels) => levels.join('/'))
  .filter((name) => name !== '');
const topicFilter = fc
  .tuple(fc.array(fc.oneof(level, fc.constant('+')), { minLength: 1, maxLength: 4 }), fc.boolean())
  .map(([levels, isOpen]) => [...levels, ...(isOpen ? ['#'] : [])].join('/'))
  .filter((filter) => filter !== '');

test('finds what the matching rule says, for any filters and names [MQTT-4.7.1-1] [MQTT-4.7.1-2] [MQTT-4.7.2-1]', () => {
  fc.assert(
    fc.property(fc.uniqueArray(topicFilter, { maxLength: 12 }), topicName, (filters, name) => {
      const tree = new FilterTree<string>();
      for (const filter of filters) tree.add(filter, filter);
      expect(tree.match(name).toSorted()).toEqual(
        filters.filter((filter) => topicMatches(filter, name)).toSorted(),
      );
    }),
  );
});

test('forgets what is deleted, and keeps the rest', () => {
  fc.assert(
    fc.property(fc.uniqueArray(topicFilter, { minLength: 1, maxLength: 12 }), topicName, (filters, name) => {
      const tree = new FilterTree<string>();
      for (const filter of filters) tree.add(filter, filter);
      const kept = filters.filter((_, index) => index % 2 === 0);
      for (const filter of filters) if (!kept.includes(filter)) tree.delete(filter, filter);
      tree.delete('not/there', 'x');
      expect(tree.match(name).toSorted()).toEqual(
        kept.filter((filter) => topicMatches(filter, name)).toSorted(),
      );
    }),
  );
});

test('a very deep name costs no deeper search than the filters are', () => {
  const tree = new FilterTree<number>();
  tree.add('#', 1);
  tree.add('+/+', 2);
  expect(tree.match('a/'.repeat(30_000))).toEqual([1]);
});
