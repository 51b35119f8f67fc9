/** Where a message goes on the other side, and whether two filters have a topic in common. */
import { topicMatches } from '@petrel/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { filtersMeet, type TopicRule, targetFilterOf, targetTopicOf } from './topic-rule.js';

const rule = (topicFilter: string, sourcePrefix = '', targetPrefix = ''): TopicRule => ({
  topicFilter,
  qos: 1,
  sourcePrefix,
  targetPrefix,
});

describe('topics of the other side', () => {
  test.each([
    [rule('sensors/#'), 'sensors/kitchen', 'sensors/kitchen'],
    [rule('sensors/#', '', 'home-7/'), 'sensors/kitchen', 'home-7/sensors/kitchen'],
    [rule('home-7/sensors/#', 'home-7/'), 'home-7/sensors/kitchen', 'sensors/kitchen'],
    [rule('here', 'here', 'there'), 'here', 'there'],
  ])('%o: %s is %s', (one, topicName, expected) => {
    expect(targetTopicOf(one, topicName)).toBe(expected);
  });

  test('the filter of the other side has the other prefix', () => {
    expect(targetFilterOf(rule('home-7/sensors/#', 'home-7/', 'all/'))).toBe('all/sensors/#');
  });
});

describe('filters that meet', () => {
  const level = fc.constantFrom('a', 'b', '', '$SYS', '+');
  const filter = fc
    .tuple(fc.array(level, { minLength: 1, maxLength: 3 }), fc.boolean())
    .map(([levels, more]) => [...levels, ...(more ? ['#'] : [])].join('/'))
    .filter((text) => text !== '');

  /** All names of up to four of the levels that filters are made of; the empty one too, which is no Topic Name, but matches. */
  const names = (depth: number): string[] => {
    const levels = ['a', 'b', 'c', '', '$SYS'];
    let found = levels.map((each) => [each]);
    let last = found;
    for (let count = 1; count < depth; count++) {
      last = last.flatMap((path) => levels.map((each) => [...path, each]));
      found = [...found, ...last];
    }
    return found.map((path) => path.join('/'));
  };
  const all = names(4);

  test('exactly where some Topic Name matches both [MQTT-4.7.1-1] [MQTT-4.7.2-1]', () => {
    fc.assert(
      fc.property(filter, filter, (one, other) => {
        const common = all.some((name) => topicMatches(one, name) && topicMatches(other, name));
        expect(filtersMeet(one, other)).toBe(common);
      }),
      { numRuns: 2_000 },
    );
  });
});
