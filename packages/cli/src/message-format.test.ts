/** `petrel sub -F`, by the rules of mosquitto_sub. */
import type { Message } from '@petrel/client';
import { describe, expect, test } from 'vitest';
import { compileFormat } from './message-format.js';

const message = {
  topicName: 'rooms/kitchen',
  payload: Buffer.from('{"a":1}'),
  qos: 1,
  retain: true,
  dup: false,
  packetIdentifier: 7,
  properties: {
    contentType: 'application/json',
    responseTopic: 'answers',
    correlationData: Uint8Array.of(1, 2),
    messageExpiryInterval: 60,
    payloadFormatIndicator: 1,
    userProperties: [
      ['site', '7'],
      ['floor', '2'],
    ],
    subscriptionIdentifiers: [3],
  },
} as unknown as Message;

const now = Date.UTC(2026, 4, 6, 22, 12, 30) + 123.456;

function printed(
  format: string,
  { isShown = false, ...changes }: { isShown?: boolean; payload?: Uint8Array } = {},
) {
  const bytes = compileFormat(format, { isShown, lineEnd: '' })({ ...message, ...changes } as Message, now);
  return Buffer.from(bytes).toString('latin1');
}

describe('compileFormat', () => {
  test.each([
    ['%t %p', 'rooms/kitchen {"a":1}'],
    ['%q %r %l %m', '1 1 7 7'],
    ['%x', '7b2261223a317d'],
    ['%X', '7B2261223A317D'],
    ['%C %R %E %F %S', 'application/json answers 60 1 3'],
    ['%D', '\u0001\u0002'],
    ['%P', 'site:7 floor:2'],
    ['[%A]', '[]'],
    ['%%%t@@\\\\', '%rooms/kitchen@\\'],
    ['\\t\\n\\0\\e[1m', '\t\n\0\u001b[1m'],
    ['%5l|%05l|%-5l|%-05l|', '    7|00007|7    |7    |'],
    ['%20t|%-20t|%.5t|%3.3t', '       rooms/kitchen|rooms/kitchen       |rooms|roo'],
    ['%10p|%-10p|', '   {"a":1}|{"a":1}   |'],
    ['%U', '1778105550.123456001'],
    ['@N', '123456001'],
    ['@s', '1778105550'],
  ])('%j', (format, expected) => {
    // A number with a fraction of a millisecond is as exact as it can be.
    expect(printed(format).replace(/(123456)\d{3}/, '$1001')).toBe(expected);
  });

  test('%j and %J are JSON with the members of mosquitto_sub', () => {
    expect(JSON.parse(printed('%j'))).toMatchObject({
      topic: 'rooms/kitchen',
      qos: 1,
      retain: 1,
      payloadlen: 7,
      mid: 7,
      payload: '{"a":1}',
    });
    expect(JSON.parse(printed('%J'))).toMatchObject({ payload: { a: 1 } });
    expect(JSON.parse(printed('%J', { payload: Buffer.from('warm') }))).toMatchObject({ payload: 'warm' });
  });

  test('times are local, and %I is ISO 8601', () => {
    expect(printed('%I')).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:30[+-]\d{4}$/);
    expect(Date.parse(printed('%I').replace(/(\d\d)$/, ':$1'))).toBe(Math.floor(now / 1_000) * 1_000);
    expect(printed('@FT@T@z')).toBe(printed('%I'));
    expect(printed('@Y-@m-@dT@H:@M:@S@z')).toBe(printed('%I'));
    expect(printed('@a @A @b @B @y')).toMatch(/^(Wed|Thu) (Wednesday|Thursday) May May 26$/);
  });

  test('bytes stay bytes in a file, and what a stranger wrote does not steer a terminal', () => {
    const payload = Buffer.from('\u001b[31mred');
    expect(printed('%p', { payload: Uint8Array.of(0xff, 0x00) })).toBe('\u00ff\0');
    expect(printed('%p', { payload: Uint8Array.of(0xff, 0x00), isShown: true })).toBe('0xff00');
    expect(printed('%p', { payload })).toBe('\u001b[31mred');
    const shown = printed('\\e[1m%p|%20p|%D|%j', { payload, isShown: true });
    for (const control of ['\u001b[31m', '\u0001', '\u0002']) expect(shown).not.toContain(control);
    expect(printed('\\e[1m%p', { payload, isShown: true })).toBe('\u001b[1m\\u001b[31mred');
  });

  test.each(['%Z', '%', 'a%5', '@', '@Q', '\\', '\\q', '%99999t'])('%j is refused', (format) => {
    expect(() => compileFormat(format, { isShown: false, lineEnd: '' })).toThrow('option "--format" has');
  });
});
