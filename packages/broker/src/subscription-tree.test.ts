import { topicMatches } from '@petrel/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SubscriptionTree } from './subscription-tree.js';

function treeOf(...topicFilters: string[]): SubscriptionTree<string> {
  const tree = new SubscriptionTree<string>();
  for (const topicFilter of topicFilters) tree.set(topicFilter, 'client', topicFilter);
  return tree;
}

describe('match', () => {
  test.each([
    ['a/b', 'a/b', true],
    ['a/b', 'a/B', false],
    ['a/+', 'a/b', true],
    ['a/+', 'a/', true],
    ['a/+', 'a', false],
    ['+', 'a', true],
    ['+/+', '/a', true],
    ['/+', '/a', true],
    ['+', '/a', false],
    ['a/#', 'a', true],
    ['a/#', 'a/', true],
    ['a/#', 'a/b/c', true],
    ['a/#', 'ab', false],
    ['#', 'a', true],
    ['#', '/', true],
    ['a//b', 'a//b', true],
    ['a/+/b', 'a//b', true],
    ['+/b/#', 'a/b', true],
    ['a/+/+/#', 'a/b', false],
    ['constructor/#', 'constructor/x', true],
    ['__proto__/+', '__proto__/x', true],
  ])(
    'filter %s and topic %s [MQTT-4.7.1-1] [MQTT-4.7.1-2] [MQTT-4.7.3-4]',
    (topicFilter, topicName, expected) => {
      expect(treeOf(topicFilter).match(topicName)).toEqual(expected ? [topicFilter] : []);
    },
  );

  test.each(['#', '+/broker', '+/#'])(
    'filter %s does not reach topics that begin with $ [MQTT-4.7.2-1]',
    (topicFilter) => {
      const tree = treeOf(topicFilter);
      expect(tree.match('$SYS/broker')).toEqual([]);
      expect(tree.match('SYS/broker')).toEqual([topicFilter]);
    },
  );

  test('a filter that names the $ level reaches it [MQTT-4.7.2-1]', () => {
    expect(treeOf('$SYS/#', '$SYS/+', '$SYS/broker').match('$SYS/broker')).toHaveLength(3);
  });

  test('a topic of very many levels costs no stack', () => {
    const topicName = '/'.repeat(65_000);
    const topicFilter = Array(65_001).fill('+').join('/');
    expect(treeOf(topicFilter).match(topicName)).toEqual([topicFilter]);
  });

  test('the same list is given until something changes', () => {
    const tree = treeOf('a/+', 'a/b');
    const first = tree.match('a/b');
    expect(tree.match('a/b')).toBe(first);
    tree.set('other', 'client', 'other');
    expect(tree.match('a/b')).toBe(first);
    tree.set('a/#', 'client', 'a/#');
    expect(tree.match('a/b')).toEqual(expect.arrayContaining(['a/b', 'a/+', 'a/#']));
  });
});

describe('set and delete', () => {
  test('one key has one subscription per filter; the earlier one is given back [MQTT-3.8.4-3]', () => {
    const tree = new SubscriptionTree<number>();
    expect(tree.set('a/+', 'one', 1)).toBeUndefined();
    expect(tree.set('a/+', 'two', 2)).toBeUndefined();
    expect(tree.set('a/+', 'one', 3)).toBe(1);
    expect([...tree.match('a/b')].sort()).toEqual([2, 3]);
    expect(tree.size).toBe(2);
  });

  test('only exactly the same filter and key is deleted [MQTT-3.10.4-1]', () => {
    const tree = treeOf('a/+', 'a/b', 'a/#');
    expect(tree.delete('a/c', 'client')).toBeUndefined();
    expect(tree.delete('a/+', 'other')).toBeUndefined();
    expect(tree.delete('a/+/c', 'client')).toBeUndefined();
    expect(tree.delete('a/+', 'client')).toBe('a/+');
    expect(tree.delete('a/+', 'client')).toBeUndefined();
    expect(tree.match('a/b')).toHaveLength(2);
  });

  test('the revision changes with each subscription and only then', () => {
    const tree = treeOf('a');
    const { revision } = tree;
    tree.match('a');
    tree.delete('b', 'client');
    expect(tree.revision).toBe(revision);
    tree.delete('a', 'client');
    expect(tree.revision).not.toBe(revision);
  });
});

const level = fc.constantFrom('a', 'b', '', '$x', 'constructor');
const topicName = fc
  .array(level, { minLength: 1, maxLength: 4 })
  .map((levels) => levels.join('/'))
  .filter((name) => name !== '');
const topicFilter = fc
  .tuple(fc.array(fc.oneof(level, fc.constant('+')), { minLength: 1, maxLength: 4 }), fc.boolean())
  .map(([levels, hash]) => [...levels, ...(hash ? ['#'] : [])].join('/'))
  .filter((filter) => filter !== '');
const step = fc.oneof(
  fc.record({
    action: fc.constantFrom('set', 'delete'),
    filter: topicFilter,
    key: fc.constantFrom('p', 'q', 'r'),
  }),
  fc.record({ action: fc.constant('match'), name: topicName }),
);

test('behaves like a list of filters that are all compared [MQTT-4.7.1-1] [MQTT-4.7.1-2] [MQTT-4.7.2-1]', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const tree = new SubscriptionTree<string>();
      const model = new Map<string, { filter: string; value: string }>();
      steps.forEach((one, index) => {
        if (!('key' in one)) {
          const expected = [...model.values()].filter(({ filter }) => topicMatches(filter, one.name));
          expect([...tree.match(one.name)].sort()).toEqual(expected.map(({ value }) => value).sort());
          return;
        }
        const { action, filter, key } = one;
        const previous = model.get(`${key} ${filter}`)?.value;
        if (action === 'set') {
          model.set(`${key} ${filter}`, { filter, value: String(index) });
          expect(tree.set(filter, key, String(index))).toBe(previous);
        } else {
          model.delete(`${key} ${filter}`);
          expect(tree.delete(filter, key)).toBe(previous);
        }
        expect(tree.size).toBe(model.size);
      });
    }),
    { numRuns: 500 },
  );
});
