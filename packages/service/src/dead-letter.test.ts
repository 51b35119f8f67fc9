import { noProperties } from '@petrel/protocol';
import { expect, it } from 'vitest';
import { writeDeadLetter } from './dead-letter.js';

const message = {
  topicName: 'orders/7',
  payload: Uint8Array.of(1),
  qos: 1,
  retain: false,
  dup: false,
  packetIdentifier: 1,
  properties: noProperties,
} as const;

const circular: { self?: unknown } = {};
circular.self = circular;

it.each([
  [new RangeError('too many'), 'RangeError: too many', undefined],
  ['full', 'full', undefined],
  [{ status: 'error', message: 'no such room', code: 'NO_ROOM' }, 'no such room', 'NO_ROOM'],
  [{ status: 409 }, '{"status":409}', undefined],
  [circular, '[object Object]', undefined],
  [undefined, 'undefined', undefined],
])('a dead letter for %o says why', (error, reason, code) => {
  const { properties } = writeDeadLetter(message, { error, attempts: 2, firstAttemptAt: 0 }, true);
  expect(Object.fromEntries(properties.userProperties ?? [])).toEqual({
    'dead-letter-reason': reason,
    ...(code && { 'dead-letter-code': code }),
    'dead-letter-attempts': '2',
    'dead-letter-first-time': '1970-01-01T00:00:00.000Z',
    'dead-letter-topic': 'orders/7',
  });
});
