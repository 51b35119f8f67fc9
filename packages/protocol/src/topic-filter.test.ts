import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TopicError } from './errors.js';
import {
  assertTopicFilter,
  hasWildcards,
  isTopicFilter,
  parseTopicFilter,
  topicMatches,
} from './topic-filter.js';
import { anyPlainFilter, anyShareName, anyTopicName } from './vectors/arbitrary-text.js';

describe('a Topic Filter', () => {
  it.each([
    ...[
      '#',
      '+',
      '/',
      '//',
      '+/+',
      '/+',
      '+/',
      '+/tennis/#',
      'sport/#',
      'sport/tennis/#',
      'sport/+/player1',
      'a//b',
    ],
    ...['$SYS/#', '$SYS/monitor/+', ' ', 'Accounts payable', '$shared/a', '$share1', 'share/g/#', '雨/+/😀'],
  ])('may be %j', (filter) => {
    expect(isTopicFilter(filter)).toBe(true);
    expect(parseTopicFilter(filter)).toEqual({ topicFilter: filter });
  });

  it.each([
    ['', 'MQTT-4.7.3-1'],
    ['sport/tennis#', 'MQTT-4.7.1-1'],
    ['sport/tennis/#/ranking', 'MQTT-4.7.1-1'],
    ['#/a', 'MQTT-4.7.1-1'],
    ['##', 'MQTT-4.7.1-1'],
    ['+#', 'MQTT-4.7.1-2'],
    ['a/#b', 'MQTT-4.7.1-1'],
    ['sport+', 'MQTT-4.7.1-2'],
    ['a/+b/c', 'MQTT-4.7.1-2'],
    ['++', 'MQTT-4.7.1-2'],
    ['a\0b', 'MQTT-4.7.3-2'],
    ['a/\uDC00', 'MQTT-1.5.4-1'],
  ])('may not be %j [%s]', (filter, clause) => {
    expect(isTopicFilter(filter)).toBe(false);
    expect(() => assertTopicFilter(filter)).toThrow(TopicError);
    expect(() => assertTopicFilter(filter)).toThrow(expect.objectContaining({ clause, reasonCode: 0x8f }));
  });

  it('takes 65535 bytes and not one more [MQTT-4.7.3-3]', () => {
    expect(isTopicFilter(`${'x'.repeat(65_533)}/#`)).toBe(true);
    const tooLong = expect.objectContaining({ clause: 'MQTT-4.7.3-3', reasonCode: 0x8f });
    expect(() => assertTopicFilter(`${'x'.repeat(65_534)}/#`)).toThrow(tooLong);
  });

  it('has wildcards where it has one', () => {
    expect(['a', '/', '$SYS/a', 'a/+', '#', '+/a'].map(hasWildcards)).toEqual([
      false,
      false,
      false,
      true,
      true,
      true,
    ]);
  });
});

describe('a Shared Subscription', () => {
  it.each([
    ['$share/consumer1/sport/tennis/+', 'consumer1', 'sport/tennis/+'],
    ['$share/consumer1//finance', 'consumer1', '/finance'],
    ['$share/g/#', 'g', '#'],
    ['$share/g//', 'g', '/'],
    ['$share/$share/a', '$share', 'a'],
    ['$share/g/$SYS/a', 'g', '$SYS/a'],
    ['$share/雨/a', '雨', 'a'],
  ])('%j is taken apart [MQTT-4.8.2-1]', (filter, shareName, topicFilter) => {
    expect(parseTopicFilter(filter)).toEqual({ shareName, topicFilter });
  });

  it.each([
    ['$share', 'MQTT-4.8.2-1'],
    ['$share/', 'MQTT-4.8.2-1'],
    ['$share//a', 'MQTT-4.8.2-1'],
    ['$share/+/a', 'MQTT-4.8.2-2'],
    ['$share/#', 'MQTT-4.8.2-2'],
    ['$share/g+/a', 'MQTT-4.8.2-2'],
    ['$share/g', 'MQTT-4.8.2-2'],
    ['$share/g/', 'MQTT-4.8.2-2'],
    ['$share/g/a#', 'MQTT-4.7.1-1'],
    ['$share/g/a+/b', 'MQTT-4.7.1-2'],
  ])('%j is refused [%s]', (filter, clause) => {
    expect(() => parseTopicFilter(filter)).toThrow(expect.objectContaining({ clause, reasonCode: 0x8f }));
  });

  it('inside a Shared Subscription is refused: what is parsed once never begins with $share/', () => {
    expect(() => parseTopicFilter('$share/g/$share/h/a')).toThrow(TopicError);
    fc.assert(
      fc.property(anyShareName, anyShareName, anyPlainFilter, (outer, inner, filter) => {
        expect(isTopicFilter(`$share/${outer}/$share/${inner}/${filter}`)).toBe(false);
      }),
    );
  });

  it('holds any plain filter', () => {
    fc.assert(
      fc.property(anyShareName, anyPlainFilter, (shareName, topicFilter) => {
        expect(parseTopicFilter(`$share/${shareName}/${topicFilter}`)).toEqual({ shareName, topicFilter });
        expect(parseTopicFilter(topicFilter)).toEqual({ topicFilter });
      }),
    );
  });
});

describe('topicMatches', () => {
  // Section 4.7 of both standards, example by example.
  it.each([
    ['sport/tennis/player1/#', 'sport/tennis/player1', true],
    ['sport/tennis/player1/#', 'sport/tennis/player1/ranking', true],
    ['sport/tennis/player1/#', 'sport/tennis/player1/score/wimbledon', true],
    ['sport/#', 'sport', true],
    ['#', 'sport/tennis', true],
    ['sport/tennis/+', 'sport/tennis/player1', true],
    ['sport/tennis/+', 'sport/tennis/player1/ranking', false],
    ['sport/+', 'sport', false],
    ['sport/+', 'sport/', true],
    ['+/+', '/finance', true],
    ['/+', '/finance', true],
    ['+', '/finance', false],
    ['+/tennis/#', 'sport/tennis', true],
    ['+/tennis/#', 'sport/golf', false],
  ] as const)('%s and %s: %s [MQTT-4.7.1-1] [MQTT-4.7.1-2] [MQTT-4.7.1-3]', (filter, name, expected) => {
    expect(topicMatches(filter, name)).toBe(expected);
  });

  it.each([
    ['#', '$SYS', false],
    ['#', '$SYS/monitor', false],
    ['+/monitor/Clients', '$SYS/monitor/Clients', false],
    ['+', '$SYS', false],
    ['$SYS/#', '$SYS', true],
    ['$SYS/#', '$SYS/monitor/Clients', true],
    ['$SYS/monitor/+', '$SYS/monitor/Clients', true],
    ['a/#', 'a/$SYS', true],
    ['a/+', 'a/$SYS', true],
  ] as const)('%s and %s: %s [MQTT-4.7.2-1]', (filter, name, expected) => {
    expect(topicMatches(filter, name)).toBe(expected);
  });

  it.each([
    ['ACCOUNTS', 'Accounts', false],
    ['a', 'a/', false],
    ['a/', 'a', false],
    ['/a', 'a', false],
    ['a//b', 'a/b', false],
    ['\u00E9', 'e\u0301', false],
    ['\uFEFFa', 'a', false],
    ['ab', 'a', false],
    ['a/#', 'ab', false],
    ['a/#', 'a/', true],
    ['a/+/#', 'a/', true],
    ['a/+/#', 'a', false],
    ['+/#', 'a', true],
    ['//#', '/', true],
  ] as const)('%j and %j: %s, character by character [MQTT-4.7.3-4]', (filter, name, expected) => {
    expect(topicMatches(filter, name)).toBe(expected);
  });

  /** Section 4.7 said level by level, with no eye on speed. */
  function matchesByLevels(filter: string, name: string): boolean {
    const wanted = filter.split('/');
    const levels = name.split('/');
    if (name.startsWith('$') && (wanted[0] === '#' || wanted[0] === '+')) return false;
    if (wanted.at(-1) === '#') {
      wanted.pop();
      if (levels.length < wanted.length) return false;
      levels.length = wanted.length;
    }
    return (
      wanted.length === levels.length &&
      wanted.every((level, index) => level === '+' || level === levels[index])
    );
  }

  it('answers as matching level by level does', () => {
    // Few different levels, so that many of the pairs do match.
    const level = fc.constantFrom('', 'a', 'ab', '$', '$a', 'é');
    const name = fc.array(level, { minLength: 1, maxLength: 4 }).map((levels) => levels.join('/'));
    const filter = fc
      .tuple(fc.array(fc.oneof(level, fc.constant('+')), { maxLength: 4 }), fc.boolean())
      .map(([levels, hasHash]) => (hasHash ? [...levels, '#'] : levels).join('/'));
    let matches = 0;
    fc.assert(
      fc.property(filter, name, (topicFilter, topicName) => {
        fc.pre(topicFilter !== '' && topicName !== '');
        const expected = matchesByLevels(topicFilter, topicName);
        if (expected) matches++;
        expect(topicMatches(topicFilter, topicName)).toBe(expected);
      }),
      { numRuns: 2000 },
    );
    expect(matches).toBeGreaterThan(100);
    fc.assert(
      fc.property(anyPlainFilter, anyTopicName, (topicFilter, topicName) => {
        expect(topicMatches(topicFilter, topicName)).toBe(matchesByLevels(topicFilter, topicName));
      }),
    );
  });

  it('matches a name by itself, and by itself with a level replaced by +', () => {
    fc.assert(
      fc.property(anyTopicName, fc.nat(), (topicName, at) => {
        expect(topicMatches(topicName, topicName)).toBe(true);
        const levels = topicName.split('/');
        const index = at % levels.length;
        levels[index] = '+';
        expect(topicMatches(levels.join('/'), topicName)).toBe(index > 0 || !topicName.startsWith('$'));
      }),
    );
  });

  it('takes its time from the lengths, not from the number of wildcards', () => {
    const name = 'a/'.repeat(20_000);
    expect(topicMatches('+/'.repeat(20_000), name)).toBe(true);
    expect(topicMatches(`${'+/'.repeat(20_000)}x`, name)).toBe(false);
  });
});
