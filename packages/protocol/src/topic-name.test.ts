import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TopicError } from './errors.js';
import { assertTopicName, isTopicName } from './topic-name.js';
import { anyText, anyTopicName } from './vectors/arbitrary-text.js';

describe('a Topic Name [MQTT-4.7.0-1] [MQTT-4.7.1-1]', () => {
  it.each([
    'a',
    '/',
    '//',
    'a/b',
    '/finance',
    'a//b',
    ' ',
    'Accounts payable',
    '$SYS/x',
    '$share/g/a',
    '\uFEFF',
    '雨/😀',
  ])('may be %j', (topicName) => {
    expect(isTopicName(topicName)).toBe(true);
    expect(() => assertTopicName(topicName)).not.toThrow();
  });

  it.each([
    ['', 'MQTT-4.7.3-1'],
    ['#', 'MQTT-3.3.2-2'],
    ['a/+/b', 'MQTT-3.3.2-2'],
    ['a+b', 'MQTT-3.3.2-2'],
    ['a\0b', 'MQTT-4.7.3-2'],
    ['a\uD800', 'MQTT-1.5.4-1'],
  ])('may not be %j [%s]', (topicName, clause) => {
    expect(isTopicName(topicName)).toBe(false);
    expect(() => assertTopicName(topicName)).toThrow(TopicError);
    expect(() => assertTopicName(topicName)).toThrow(expect.objectContaining({ clause, reasonCode: 0x90 }));
  });

  it('takes 65535 bytes and not one more [MQTT-4.7.3-3]', () => {
    expect(isTopicName('x'.repeat(65_535))).toBe(true);
    expect(isTopicName('é'.repeat(32_767))).toBe(true);
    for (const topicName of ['x'.repeat(65_536), 'é'.repeat(32_768)]) {
      expect(() => assertTopicName(topicName)).toThrow(expect.objectContaining({ clause: 'MQTT-4.7.3-3' }));
    }
  });

  it('is named in the error as the value it is, and as the field it is', () => {
    expect(() => assertTopicName('a/+/b', 'Will Topic')).toThrow(
      'Will Topic "a/+/b" contains a wildcard [MQTT-3.3.2-2]',
    );
  });

  it('cannot put a clause of its own into the error', () => {
    expect(() => assertTopicName('[MQTT-4.7.3-1]/+')).toThrow(
      expect.objectContaining({ clause: 'MQTT-3.3.2-2' }),
    );
  });

  it('is any text without wildcards', () => {
    fc.assert(
      fc.property(anyTopicName, (topicName) => {
        expect(isTopicName(topicName)).toBe(true);
      }),
    );
    fc.assert(
      fc.property(anyText, (text) => {
        expect(isTopicName(text)).toBe(text !== '' && !/[+#]/.test(text));
      }),
    );
  });
});
