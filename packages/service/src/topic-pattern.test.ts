/** Patterns: what they subscribe, what they read out of a topic, and the topics they make. */
import { topicMatches } from '@petrel/protocol';
import fc from 'fast-check';
import { describe, expect, expectTypeOf, it } from 'vitest';
import {
  escapeTopicLevel,
  type TopicParameters,
  type TopicParameterValues,
  TopicPattern,
} from './topic-pattern.js';

const refusal = (message: string) => expect.objectContaining({ code: 'PETREL_INVALID_ARGUMENT', message });

describe('a pattern', () => {
  it.each([
    ['sensors/:room/temperature/:probe', 'sensors/+/temperature/+', ['room', 'probe']],
    [':room', '+', ['room']],
    ['*all', '#', ['all']],
    ['a/*rest', 'a/#', ['rest']],
    ['a/:b/*rest', 'a/+/#', ['b', 'rest']],
    ['$share/:group/a/:b', '$share/:group/a/+', ['b']],
    ['a/+/c/#', 'a/+/c/#', []],
    ['a//:b/', 'a//+/', ['b']],
    ['::room/**', ':room/*', []],
    ['a:b/c*d', 'a:b/c*d', []],
    ['{"cmd":"sum"}', '{"cmd":"sum"}', []],
  ])('%s is subscribed as %s', (pattern, topicFilter, names) => {
    expect(new TopicPattern(pattern)).toMatchObject({ topicFilter, parameterNames: names });
  });

  it.each([
    [
      'a/:',
      'topic pattern "a/:" has ":": a parameter is ":" and a name of letters, digits and "_"; a level that is this text is written "::"',
    ],
    [
      '*',
      'topic pattern "*" has "*": a parameter is "*" and a name of letters, digits and "_"; a level that is this text is written "**"',
    ],
    [
      ':__proto__',
      'topic pattern ":__proto__" has ":__proto__": a parameter is ":" and a name of letters, digits and "_"; a level that is this text is written "::__proto__"',
    ],
    ['*rest/a', 'topic pattern "*rest/a" has "*rest" other than as its last level'],
    [':a/b/:a', 'topic pattern ":a/b/:a" has the parameter "a" twice'],
  ])('%s is refused when it is declared', (pattern, message) => {
    expect(() => new TopicPattern(pattern)).toThrow(refusal(message));
  });

  it.each(['', 'a/#/:b', 'a+/:b', '$share//:a'])('"%s" is no Topic Filter', (pattern) => {
    expect(() => new TopicPattern(pattern)).toThrow(
      expect.objectContaining({ code: 'PETREL_TOPIC_INVALID' }),
    );
  });
});

describe('the parameters of a topic', () => {
  it.each([
    ['sensors/:room/temperature/:probe', 'sensors/kitchen/temperature/1', { room: 'kitchen', probe: '1' }],
    ['a/:b', 'a/', { b: '' }],
    ['a/*rest', 'a/b/c', { rest: 'b/c' }],
    ['a/*rest', 'a', { rest: '' }],
    ['$share/g/a/:b', 'a/x', { b: 'x' }],
    ['a/+', 'a/b', {}],
    [':constructor', 'x', { constructor: 'x' }],
  ])('of %s in %s', (pattern, topicName, parameters) => {
    expect(new TopicPattern(pattern).parametersOf(topicName)).toEqual(parameters);
  });
});

describe('a topic made of a pattern', () => {
  it('has the values in it', () => {
    expect(
      new TopicPattern('sensors/:room/*rest').topicName({ room: 'kitchen', rest: 'temperature/1' }),
    ).toBe('sensors/kitchen/temperature/1');
    expect(new TopicPattern('probe/:number').topicName({ number: 1 })).toBe('probe/1');
    expect(new TopicPattern('::a').topicName({})).toBe(':a');
  });

  it.each([
    [
      { room: 'a/b' },
      'parameter "room" of topic pattern "in/:room" must be text without "/", "+" and "#", got "a/b"',
    ],
    [
      { room: '+' },
      'parameter "room" of topic pattern "in/:room" must be text without "/", "+" and "#", got "+"',
    ],
    [{}, 'parameter "room" of topic pattern "in/:room" must be a string or a number, got nothing'],
    [{ room: 'a', probe: 1 }, 'topic pattern "in/:room" has no parameter "probe"; it has room'],
  ])('is refused with %o', (values, message) => {
    const pattern: TopicPattern = new TopicPattern('in/:room');
    expect(() => pattern.topicName(values as Record<string, string>)).toThrow(refusal(message));
  });

  it('cannot be made where the pattern has a wildcard without a name', () => {
    expect(() => new TopicPattern('a/+').topicName({})).toThrow(
      expect.objectContaining({ code: 'PETREL_TOPIC_INVALID' }),
    );
  });

  it('matches the filter, and gives the values back', () => {
    const level = fc.string({ unit: 'grapheme' }).filter((text) => !/[/+#\0$]/.test(text));
    fc.assert(
      fc.property(level, level, fc.array(level, { minLength: 1 }), (literal, b, rest) => {
        const pattern = new TopicPattern(`x/${escapeTopicLevel(literal)}/:b/*rest`);
        const values = { b, rest: rest.join('/') };
        const topicName = (pattern as TopicPattern).topicName(values);
        expect(topicMatches(pattern.topicFilter, topicName)).toBe(true);
        expect(pattern.parametersOf(topicName)).toEqual(values);
      }),
    );
  });
});

it('has its parameters in its type', () => {
  const pattern = new TopicPattern('sensors/:room/temperature/:probe');
  expectTypeOf(pattern.parametersOf('')).toEqualTypeOf<{ readonly room: string; readonly probe: string }>();
  expectTypeOf<TopicParameters<'a/::b/**c/*rest'>>().toEqualTypeOf<{ readonly rest: string }>();
  expectTypeOf<TopicParameters<string>>().toEqualTypeOf<Readonly<Record<string, string>>>();
  expectTypeOf<TopicParameterValues<':a'>>().toEqualTypeOf<{ readonly a: string | number }>();
  // @ts-expect-error -- "rom" is no parameter of the pattern
  expect(() => pattern.topicName({ rom: 'kitchen', probe: '1' })).toThrow();
  // @ts-expect-error -- "probe" is missing
  expect(() => pattern.topicName({ room: 'kitchen' })).toThrow();
});
