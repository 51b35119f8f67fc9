/** Turns whatever arrives on a sensor topic into a reading, or says why it is none. */
import type { NumberedReading, Reading } from './messages.js';

export type ParsedReading =
  | { kind: 'numbered'; reading: NumberedReading }
  | { kind: 'unnumbered'; reading: Reading }
  | { kind: 'unreadable'; why: string };

const unreadable = (why: string): ParsedReading => ({ kind: 'unreadable', why });

/**
 * Reads a decoded payload: a number, text that is a number, or an object with a numeric `value`.
 *
 * `arrivedAt` (ms) stands in for the time of a device without a clock.
 */
export function parseReading(payload: unknown, arrivedAt: number): ParsedReading {
  if (typeof payload === 'number') return plain(payload, arrivedAt);
  if (typeof payload === 'string')
    return plain(payload.trim() === '' ? Number.NaN : Number(payload), arrivedAt);
  if (payload instanceof Uint8Array) return parseReading(new TextDecoder().decode(payload), arrivedAt);
  if (typeof payload !== 'object' || payload === null)
    return unreadable('expected a number or { "value": number }');

  const { value, time, sequence, keepsFrom } = payload as Record<string, unknown>;
  if (!isFiniteNumber(value)) return unreadable('"value" must be a finite number');
  if (time !== undefined && !isFiniteNumber(time))
    return unreadable('"time" must be milliseconds since 1970');
  const reading = { value, time: time ?? arrivedAt };
  if (sequence === undefined) return { kind: 'unnumbered', reading };
  if (!isCount(sequence) || !isCount(keepsFrom) || keepsFrom > sequence) {
    return unreadable('"sequence" and "keepsFrom" must be integers, 1 ≤ keepsFrom ≤ sequence');
  }
  return { kind: 'numbered', reading: { ...reading, sequence, keepsFrom } };
}

function plain(value: number, arrivedAt: number): ParsedReading {
  return Number.isFinite(value)
    ? { kind: 'unnumbered', reading: { value, time: arrivedAt } }
    : unreadable('the payload is not a number');
}

const isFiniteNumber = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value);
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 1;
