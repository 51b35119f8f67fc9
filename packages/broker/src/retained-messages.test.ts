import { topicMatches } from '@petrel/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type RetainableMessage, RetainedMessages } from './retained-messages.js';

const roomy = { maximumMessages: 1_000_000, maximumBytes: 1_000_000_000 };

function message(topicName: string, more: Partial<RetainableMessage> = {}): RetainableMessage {
  return { topicName, sizeBytes: 10, ...more };
}

function storeOf(...topicNames: string[]): RetainedMessages<RetainableMessage> {
  const retained = new RetainedMessages<RetainableMessage>(roomy);
  for (const topicName of topicNames) retained.set(message(topicName), 0);
  return retained;
}

function only(
  retained: RetainedMessages<RetainableMessage>,
  topicName: string,
  now = 0,
): RetainableMessage | undefined {
  return retained.match(topicName).take(10, now)[0]?.message;
}

function matching(
  retained: RetainedMessages<RetainableMessage>,
  topicFilter: string,
  now = 0,
  piece = 100,
): string[] {
  const replay = retained.match(topicFilter);
  const topicNames: string[] = [];
  while (!replay.done) topicNames.push(...replay.take(piece, now).map(({ message }) => message!.topicName));
  return topicNames.sort();
}

describe('set, get and delete', () => {
  test('a topic has one message, the last one [MQTT-3.3.1-5]', () => {
    const retained = storeOf('a/b');
    const last = message('a/b', { sizeBytes: 25 });
    expect(retained.set(last, 0)).toBeUndefined();
    expect(only(retained, 'a/b', 0)).toBe(last);
    expect(only(retained, 'a', 0)).toBeUndefined();
    expect(retained).toMatchObject({ count: 1, bytes: 25 });
  });

  test('deleting clears the topic and nothing else [MQTT-3.3.1-6]', () => {
    const retained = storeOf('a', 'a/b', 'a/b/c');
    expect(retained.delete('a/b')).toBe(true);
    expect(retained.delete('a/b')).toBe(false);
    expect(retained.delete('a/b/c/d')).toBe(false);
    expect(matching(retained, '#')).toEqual(['a', 'a/b/c']);
    expect(retained).toMatchObject({ count: 2, bytes: 20 });
  });

  test('names that every object has are topics like others', () => {
    const retained = storeOf('__proto__', 'constructor/toString');
    expect(matching(retained, '#')).toEqual(['__proto__', 'constructor/toString']);
    expect(only(retained, 'toString', 0)).toBeUndefined();
  });
});

describe('bounds', () => {
  test('a new topic above the number of messages is refused, a known one is replaced', () => {
    const retained = new RetainedMessages<RetainableMessage>({ maximumMessages: 2, maximumBytes: 1_000 });
    expect(retained.set(message('a'), 0)).toBeUndefined();
    expect(retained.set(message('b'), 0)).toBeUndefined();
    expect(retained.set(message('c'), 0)).toBe('maximumMessages');
    expect(retained.set(message('b'), 0)).toBeUndefined();
    retained.delete('a');
    expect(retained.set(message('c'), 0)).toBeUndefined();
  });

  test('a message above the bytes is refused and leaves the former one in place', () => {
    const retained = new RetainedMessages<RetainableMessage>({ maximumMessages: 10, maximumBytes: 100 });
    const former = message('a', { sizeBytes: 90 });
    expect(retained.set(former, 0)).toBeUndefined();
    expect(retained.set(message('b', { sizeBytes: 11 }), 0)).toBe('maximumBytes');
    expect(retained.set(message('a', { sizeBytes: 101 }), 0)).toBe('maximumBytes');
    expect(only(retained, 'a', 0)).toBe(former);
    expect(retained.set(message('a', { sizeBytes: 100 }), 0)).toBeUndefined();
    expect(retained.bytes).toBe(100);
  });

  test('what has expired makes room', () => {
    const retained = new RetainedMessages<RetainableMessage>({ maximumMessages: 1, maximumBytes: 100 });
    retained.set(message('a', { expiresAt: 1_000 }), 0);
    expect(retained.set(message('b'), 999)).toBe('maximumMessages');
    expect(retained.set(message('b'), 1_000)).toBeUndefined();
    expect(matching(retained, '#', 1_000)).toEqual(['b']);
  });
});

describe('expiry', () => {
  test('an expired message is never given [MQTT-3.3.2-5]', () => {
    const retained = storeOf('kept');
    retained.set(message('short', { expiresAt: 1_000 }), 0);
    expect(only(retained, 'short', 999)).toBeDefined();
    expect(only(retained, 'short', 1_000)).toBeUndefined();
    expect(matching(retained, '+', 999)).toEqual(['kept', 'short']);
    expect(matching(retained, '+', 1_000)).toEqual(['kept']);
  });

  test('a message that replaces one with an expiry has its own', () => {
    const retained = storeOf();
    retained.set(message('a', { expiresAt: 1_000 }), 0);
    retained.set(message('a'), 500);
    retained.removeExpired(2_000);
    expect(only(retained, 'a', 2_000)).toBeDefined();
    expect(retained.count).toBe(1);
  });
});

describe('match', () => {
  test.each(['#', '+/x', '+/#'])(
    '%s does not match topics that begin with $ [MQTT-4.7.2-1]',
    (topicFilter) => {
      expect(matching(storeOf('$SYS/x', 'a/x', 'b/$x'), topicFilter)).not.toContain('$SYS/x');
    },
  );

  test('a read goes on in pieces while the store changes, and ends', () => {
    const topicNames = Array.from({ length: 1_000 }, (_, index) => `many/${index}`);
    const retained = storeOf(...topicNames);
    const replay = retained.match('#');
    const seen = replay.take(10, 0).map(({ message }) => message!.topicName);
    expect(seen).toHaveLength(10);
    for (let index = 500; index < 1_000; index++) retained.delete(`many/${index}`);
    retained.set(message('many/new'), 0);
    while (!replay.done) seen.push(...replay.take(7, 0).map(({ message }) => message!.topicName));
    expect(seen).toEqual(expect.arrayContaining(topicNames.slice(0, 500)));
    expect(seen.filter((topicName) => topicName !== 'many/new')).toHaveLength(500);
  });

  test('a filter that passes many topics and matches none is read in bounded pieces', () => {
    const retained = storeOf(...Array.from({ length: 1_000 }, (_, index) => `many/${index}`));
    const replay = retained.match('+/+/none');
    expect(replay.take(10, 0)).toEqual([]);
    expect(replay.done).toBe(false);
    expect(matching(retained, '+/+/none')).toEqual([]);
  });

  test('very many levels cost no stack', () => {
    const topicName = 'a/'.repeat(30_000);
    expect(matching(storeOf(topicName), '#')).toEqual([topicName]);
  });
});

const level = fc.constantFrom('a', 'b', '', '$x');
const topicName = fc
  .array(level, { minLength: 1, maxLength: 4 })
  .map((levels) => levels.join('/'))
  .filter((name) => name !== '');
const topicFilter = fc
  .tuple(fc.array(fc.oneof(level, fc.constant('+')), { minLength: 0, maxLength: 4 }), fc.boolean())
  .map(([levels, hash]) => [...levels, ...(hash ? ['#'] : [])].join('/'))
  .filter((filter) => filter !== '');
const step = fc.record({
  action: fc.constantFrom('set', 'set', 'delete', 'match'),
  topicName,
  topicFilter,
  expiresAt: fc.option(fc.nat(100), { nil: undefined }),
});

test('behaves like a list of messages that are all compared [MQTT-4.7.1-1] [MQTT-4.7.1-2] [MQTT-4.7.2-1]', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 50 }), fc.integer({ min: 1, max: 5 }), (steps, piece) => {
      const retained = storeOf();
      const model = new Map<string, RetainableMessage>();
      steps.forEach((one, now) => {
        if (one.action === 'set') {
          const stored = message(one.topicName, { expiresAt: one.expiresAt });
          model.set(one.topicName, stored);
          retained.set(stored, now);
        } else if (one.action === 'delete') {
          model.delete(one.topicName);
          retained.delete(one.topicName);
        } else {
          const expected = [...model.values()]
            .filter((stored) => (stored.expiresAt ?? Number.POSITIVE_INFINITY) > now)
            .filter((stored) => topicMatches(one.topicFilter, stored.topicName));
          expect(matching(retained, one.topicFilter, now, piece)).toEqual(
            expected.map((stored) => stored.topicName).sort(),
          );
        }
      });
      retained.removeExpired(1_000);
      expect(retained.count).toBe(
        [...model.values()].filter(({ expiresAt }) => expiresAt === undefined).length,
      );
      expect(retained.bytes).toBe(retained.count * 10);
    }),
    { numRuns: 300 },
  );
});
