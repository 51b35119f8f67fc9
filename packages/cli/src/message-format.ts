/** `-F FORMAT` of mosquitto_sub: how a message is printed. Compiled once, since there may be many messages. */
import type { Message } from '@petrel/client';
import { UsageError } from '@petrel/protocol';
import { jsonOf } from './message-json.js';
import { timePart } from './time-part.js';
import { visiblePayload, visibleText } from './visible-text.js';

/** A message that came at `now`, in milliseconds since 1970, as bytes. */
export type MessageFormat = (message: Message, now: number) => Uint8Array;

type Part = (message: Message, now: number) => string | Uint8Array;

const escapes: ReadonlyMap<string, string> = new Map([
  ['\\', '\\'],
  ['0', '\0'],
  ['a', '\u0007'],
  ['e', '\u001b'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['v', '\v'],
]);

const present = (value: string | number | undefined) => (value === undefined ? '' : String(value));
const hexadecimal = (bytes: Uint8Array) =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');

/** By the letter behind `%`. */
const parameters: Readonly<Record<string, Part>> = {
  A: ({ properties }) => present(properties.topicAlias),
  C: ({ properties }) => present(properties.contentType),
  D: ({ properties }) => properties.correlationData ?? '',
  E: ({ properties }) => present(properties.messageExpiryInterval),
  F: ({ properties }) => present(properties.payloadFormatIndicator),
  I: (_message, now) =>
    ['Y-', 'm-', 'dT', 'H:', 'M:', 'S', 'z']
      .map((part) => timePart(part.charAt(0), now) + part.slice(1))
      .join(''),
  j: (message, now) => jsonOf(message, now, false),
  J: (message, now) => jsonOf(message, now, true),
  l: ({ payload }) => String(payload.length),
  m: ({ packetIdentifier }) => String(packetIdentifier),
  P: ({ properties }) => (properties.userProperties ?? []).map((pair) => pair.join(':')).join(' '),
  p: ({ payload }) => payload,
  q: ({ qos }) => String(qos),
  R: ({ properties }) => present(properties.responseTopic),
  r: ({ retain }) => (retain ? '1' : '0'),
  S: ({ properties }) => (properties.subscriptionIdentifiers ?? []).join(' '),
  t: ({ topicName }) => topicName,
  U: (_message, now) => `${Math.floor(now / 1_000)}.${timePart('N', now)}`,
  X: ({ payload }) => hexadecimal(payload).toUpperCase(),
  x: ({ payload }) => hexadecimal(payload),
};

const zeroPadded = 'AEFlmSXx';
const bounded = 'CIRt';
const unpadded = 'DjJPqrU';

/**
 * Compiles a format; throws UsageError for a sequence that means nothing. What a stranger wrote is made visible where a terminal `isShown`,
 * and is as it was everywhere else; what the format says itself stays.
 */
export function compileFormat(
  format: string,
  { isShown, lineEnd }: { readonly isShown: boolean; readonly lineEnd: string },
): MessageFormat {
  const parts = [...format.matchAll(/%(?:(-?0?-?)(\d*)(?:\.(\d+))?)?(.)|@(.)|\\(.)|[%@\\]$|[^%@\\]+/gsu)].map(
    (found) => partOf(found, isShown),
  );
  parts.push(() => lineEnd);
  return (message, now) => Buffer.concat(parts.map((part) => Buffer.from(part(message, now))));
}

function partOf(
  [whole, flags = '', width = '', maximum, letter, time, escaped]: RegExpExecArray,
  isShown: boolean,
): Part {
  if (letter !== undefined) {
    if (letter === '%') return () => '%';
    const parameter = Object.hasOwn(parameters, letter) ? parameters[letter] : undefined;
    if (parameter === undefined)
      throw unknown(whole, `% stands before one of ${Object.keys(parameters).join(' ')} or %`);
    const shown: Part = isShown ? (message, now) => visible(parameter(message, now)) : parameter;
    const size = Number(width);
    if (size > 10_000) throw unknown(whole, 'a width is at most 10000');
    const isPlain = (size === 0 && maximum === undefined) || unpadded.includes(letter);
    if (isPlain) return shown;
    const longest = maximum !== undefined && bounded.includes(letter) ? Number(maximum) : undefined;
    const fill = flags.includes('0') && zeroPadded.includes(letter) ? '0' : ' ';
    return (message, now) => {
      const value = shown(message, now);
      const text = typeof value === 'string' ? value.slice(0, longest) : value;
      const padding = (flags.includes('-') ? ' ' : fill).repeat(Math.max(0, size - text.length));
      const order = flags.includes('-') ? [text, padding] : [padding, text];
      return Buffer.concat(order.map((each) => Buffer.from(each)));
    };
  }
  if (time !== undefined) {
    if (timePart(time, 0) === undefined) throw unknown(whole, 'it is no part of a time that is known here');
    return (_message, now) => timePart(time, now) ?? '';
  }
  if (escaped !== undefined) {
    const character = escapes.get(escaped);
    if (character === undefined)
      throw unknown(whole, `\\ stands before one of ${[...escapes.keys()].join(' ')}`);
    return () => character;
  }
  if (/^[%@\\]$/.test(whole)) throw unknown(whole, 'something has to follow');
  return () => whole;
}

function unknown(sequence: string, rule: string): UsageError {
  return new UsageError(`option "--format" has "${sequence}": ${rule}`);
}

function visible(value: string | Uint8Array): string {
  return typeof value === 'string' ? visibleText(value) : visiblePayload(value);
}
