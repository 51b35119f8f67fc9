import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PetrelError, UsageError } from './errors.js';
import { plainTopicNames, type TopicNameDecoder } from './packets/publish.js';
import { TopicNameCache } from './topic-name-cache.js';
import { anyTopicName } from './vectors/arbitrary-text.js';

function answer(decoder: TopicNameDecoder, topicName: Uint8Array): string {
  const bytes = Uint8Array.of(0x58, ...topicName, 0x58);
  try {
    return `name ${decoder.decode(bytes, 1, 1 + topicName.length)}`;
  } catch (error) {
    if (error instanceof PetrelError) return `${error.code} ${error.message}`;
    throw error;
  }
}

const anyTopicBytes = fc.oneof(
  { weight: 3, arbitrary: anyTopicName.map((topicName) => new TextEncoder().encode(topicName)) },
  { weight: 1, arbitrary: fc.uint8Array({ minLength: 1, maxLength: 8 }) },
);

describe('TopicNameCache', () => {
  it('answers as the plain decoder does, errors included, however small it is', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 8 }),
        fc.array(anyTopicBytes, { minLength: 1, maxLength: 30 }),
        (places, topics) => {
          const cache = new TopicNameCache(places);
          for (const bytes of [...topics, ...topics, ...topics.reverse()]) {
            expect(answer(cache, bytes)).toBe(answer(plainTopicNames, bytes));
          }
        },
      ),
    );
  });

  it('answers names of every length, also those too long to keep', () => {
    const cache = new TopicNameCache(4);
    for (const length of [1, 47, 48, 49, 255, 256, 257, 5000]) {
      const bytes = new Uint8Array(length).fill(0x61);
      expect(answer(cache, bytes)).toBe(`name ${'a'.repeat(length)}`);
      expect(answer(cache, bytes)).toBe(`name ${'a'.repeat(length)}`);
    }
  });

  it('does not hold on to the chunk a name came in', () => {
    const cache = new TopicNameCache(1);
    const chunk = new TextEncoder().encode('a/b');
    expect(cache.decode(chunk, 0, 3)).toBe('a/b');
    chunk.fill(0x7a);
    expect(cache.decode(chunk, 0, 3)).toBe('zzz');
    expect(cache.decode(new TextEncoder().encode('a/b'), 0, 3)).toBe('a/b');
  });

  it('tells names apart whose hashes are the same', () => {
    const cache = new TopicNameCache(1);
    // Two pairs that collide in 32-bit FNV-1a.
    for (const topicName of ['costarring', 'liquid', 'costarring', 'declinate', 'macallums']) {
      expect(answer(cache, new TextEncoder().encode(topicName))).toBe(`name ${topicName}`);
    }
  });

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])(
    'cannot have %d places: it would have no bound',
    (places) => {
      expect(() => new TopicNameCache(places)).toThrow(UsageError);
    },
  );
});
