import { describe, expect, test } from 'vitest';
import { OptionReader, unknownName } from './option-reader.js';

describe('an option reader', () => {
  test('names the value and the rule', () => {
    const reader = new OptionReader({ port: 'abc', on: 1, name: '', kind: 'x' }, 'listeners[0]');
    expect(() => reader.integer('port', { minimum: 0, maximum: 65_535 })).toThrow(
      'option "listeners[0].port" must be an integer 0–65535, got "abc"',
    );
    expect(() => reader.boolean('on', true)).toThrow('option "listeners[0].on" must be true or false, got 1');
    expect(() => reader.string('name')).toThrow(
      'option "listeners[0].name" must be a string that is not empty, got ""',
    );
    expect(() => reader.oneOf('kind', ['a', 'b'])).toThrow(
      'option "listeners[0].kind" must be one of "a", "b", got "x"',
    );
    expect(() => reader.integer('missing', { minimum: 1, maximum: 2, unit: 'seconds' })).toThrow(
      'option "listeners[0].missing" must be an integer 1–2 (seconds), got undefined',
    );
  });

  test.each([1.5, -1, 11, Number.NaN, Number.POSITIVE_INFINITY, '5', null, [], 5n])(
    '%s is no integer 0–10',
    (value) => {
      const reader = new OptionReader({ value });
      expect(() => reader.integer('value', { minimum: 0, maximum: 10 }, 3)).toThrow(
        /option "value" must be an integer 0–10/,
      );
    },
  );

  test.each([null, [], 'text', 7])('%s is no options object', (value) => {
    expect(() => new OptionReader(value)).toThrow(/options must be an object/);
    expect(() => new OptionReader({ inner: value }).nested('inner').end()).not.toThrow(TypeError);
  });

  test('refuses an unknown name with the nearest known one', () => {
    const reader = new OptionReader({ prot: 1 }, 'listeners[2]');
    reader.raw('port');
    reader.raw('host');
    expect(() => reader.end()).toThrow('option "listeners[2].prot" does not exist; did you mean "port"?');
    expect(unknownName('colour', 'colour', ['port', 'host']).message).toBe(
      'option "colour" does not exist; there are port, host',
    );
  });

  test('takes objects by what they can do', () => {
    const reader = new OptionReader({ clock: { now: () => 0 }, store: 5 });
    expect(() => reader.object<Record<string, () => void>>('clock', 'now', 'schedule')).toThrow(
      'option "clock" must be an object with the methods now, schedule, got an object',
    );
    expect(() => reader.object('store')).toThrow('option "store" must be an object, got 5');
    expect(reader.object('logger')).toBeUndefined();
  });
});
