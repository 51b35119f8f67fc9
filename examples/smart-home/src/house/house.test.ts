import { describe, expect, test } from 'vitest';
import { parseReading } from './parse-reading.js';
import { parseSensorTopic } from './topics.js';

describe('sensor topics', () => {
  test('name room, quantity and probe', () => {
    expect(parseSensorTopic('sensors/living-room/temperature/1')).toEqual({
      room: 'living-room',
      quantity: 'temperature',
      stream: 'temperature/1',
    });
    expect(parseSensorTopic('sensors/Küche 2/humidity/a.b')?.room).toBe('Küche 2');
  });

  test.each([
    'sensors/kitchen/temperature',
    'sensors/kitchen/temperature/1/2',
    'sensors/kitchen/pressure/1',
    'sensors//temperature/1',
    'sensors/<img>/temperature/1',
    `sensors/${'a'.repeat(41)}/temperature/1`,
    'climate/kitchen/temperature/1',
  ])('refuse %s', (topicName) => {
    expect(parseSensorTopic(topicName)).toBeUndefined();
  });
});

describe('readings', () => {
  test.each([21.5, '21.5', ' 21.5\n', new TextEncoder().encode('21.5'), { value: 21.5 }])(
    'a guest may send %s',
    (payload) => {
      expect(parseReading(payload, 7)).toEqual({ kind: 'unnumbered', reading: { value: 21.5, time: 7 } });
    },
  );

  test('a device of the house numbers them', () => {
    const message = { value: 1, time: 2, sequence: 5, keepsFrom: 3 };
    expect(parseReading(message, 7)).toEqual({ kind: 'numbered', reading: message });
  });

  test.each([
    ['', 'not a number'],
    ['warm', 'not a number'],
    [Number.NaN, 'not a number'],
    [null, 'expected a number'],
    [true, 'expected a number'],
    [{ value: 'warm' }, '"value"'],
    [{ value: 1, time: 'noon' }, '"time"'],
    [{ value: 1, sequence: 0, keepsFrom: 0 }, '"sequence"'],
    [{ value: 1, sequence: 4, keepsFrom: 5 }, '"keepsFrom"'],
    [{ value: 1, sequence: 1.5, keepsFrom: 1 }, '"sequence"'],
  ])('%j is none, and the answer says why', (payload, why) => {
    const parsed = parseReading(payload, 7);
    expect(parsed).toMatchObject({ kind: 'unreadable', why: expect.stringContaining(why) });
  });
});
