import { describe, expect, test } from 'vitest';
import { TopicCache } from './topic-cache.js';

const find = (cache: TopicCache, topicName: string) => {
  const bytes = Buffer.from(`..${topicName}..`);
  return cache.find(bytes, 2, bytes.length - 2);
};

describe('TopicCache', () => {
  test('knows a topic by its bytes and by its name, as one and the same', () => {
    const cache = new TopicCache(10);
    const topic = find(cache, 'a/ü/c');
    expect(topic.topicName).toBe('a/ü/c');
    expect(find(cache, 'a/ü/c')).toBe(topic);
    expect(cache.findName('a/ü/c')).toBe(topic);
    expect(find(cache, 'a/ü/d')).not.toBe(topic);
    expect(cache.size).toBe(2);
  });

  test('keeps no bytes of the chunk it was found in', () => {
    const cache = new TopicCache(10);
    const chunk = Buffer.from('topic');
    const topic = cache.find(chunk, 0, 5);
    chunk.fill(0);
    expect(find(cache, 'topic')).toBe(topic);
  });

  test.each([
    ['a wildcard [MQTT-3.3.2-2]', 'a/+'],
    ['U+0000 [MQTT-1.5.4-2]', 'a\0'],
    ['too many levels', 'a/b/c/d/e/f/g/h/i/j/k'],
  ])('%s throws each time and is not kept', (_, topicName) => {
    const cache = new TopicCache(10);
    for (let round = 0; round < 2; round++) {
      expect(() => find(cache, topicName)).toThrow(
        expect.objectContaining({ code: expect.stringMatching(/^PETREL_/) }),
      );
    }
    expect(cache.size).toBe(0);
  });

  test('is bounded, whatever a peer floods it with', () => {
    const cache = new TopicCache(10);
    for (let index = 0; index < 300_000; index++) find(cache, `flood/${index}`);
    expect(cache.size).toBeLessThanOrEqual(131_072);
    const long = 'x'.repeat(60_000);
    for (let index = 0; index < 1000; index++) find(cache, `${index}${long}`);
    expect(cache.size).toBeLessThanOrEqual(300);
    expect(find(cache, 'flood/299999').topicName).toBe('flood/299999');
  });
});
