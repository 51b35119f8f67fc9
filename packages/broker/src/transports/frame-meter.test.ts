/** The meter against the frames that it is fed: whatever the pieces they come in. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FrameMeter } from './frame-meter.js';

/** A frame as a client writes it: masked, by a key that nobody looks at. */
function frame(opcode: number, payloadBytes: number, isFinal = true): Buffer {
  const extended =
    payloadBytes < 126 ? [] : payloadBytes < 65_536 ? uint(payloadBytes, 2) : uint(payloadBytes, 8);
  const short = payloadBytes < 126 ? payloadBytes : extended.length === 2 ? 126 : 127;
  return Buffer.from([
    (isFinal ? 0x80 : 0) | opcode,
    0x80 | short,
    ...extended,
    ...[1, 2, 3, 4],
    ...new Uint8Array(payloadBytes),
  ]);
}

function uint(value: number, size: number): number[] {
  return Array.from({ length: size }, (_, index) => Math.floor(value / 256 ** (size - 1 - index)) % 256);
}

describe('what is unfinished', () => {
  test.each([0, 1, 125, 126, 65_535, 65_536, 70_000])('nothing behind a message of %d bytes', (size) => {
    const meter = new FrameMeter();
    const bytes = frame(2, size);
    expect(meter.push(bytes.subarray(0, -1))).toBe(false);
    expect(meter.unfinishedBytes).toBe(Math.max(0, size - 1));
    expect(meter.push(bytes.subarray(-1))).toBe(true);
    expect(meter.unfinishedBytes).toBe(0);
  });

  test('the pieces of a message, and something for each of them, until the last has come', () => {
    const meter = new FrameMeter();
    expect(meter.push(frame(2, 100, false))).toBe(false);
    expect(meter.unfinishedBytes).toBe(228);
    expect(meter.push(Buffer.concat([frame(9, 50), frame(0, 0, false)]))).toBe(false);
    expect(meter.unfinishedBytes).toBe(356);
    expect(meter.push(frame(0, 10))).toBe(true);
    expect(meter.unfinishedBytes).toBe(0);
  });

  test('the same, however the stream is cut', () => {
    const frames = fc.array(
      fc.record({
        opcode: fc.constantFrom(0, 1, 2, 9, 10),
        size: fc.constantFrom(0, 1, 125, 126, 300, 65_536),
        isFinal: fc.boolean(),
      }),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(frames, fc.array(fc.integer({ min: 1, max: 70_000 }), { maxLength: 20 }), (sent, cuts) => {
        const stream = Buffer.concat(
          sent.map(({ opcode, size, isFinal }) => frame(opcode, size, isFinal || opcode > 7)),
        );
        const whole = new FrameMeter();
        const hasEnded = whole.push(stream);
        const cut = new FrameMeter();
        let ended = false;
        let at = 0;
        for (const size of [...cuts, stream.length]) {
          ended = cut.push(stream.subarray(at, at + size)) || ended;
          at += size;
        }
        expect([cut.unfinishedBytes, ended]).toEqual([whole.unfinishedBytes, hasEnded]);
      }),
      { numRuns: 200 },
    );
  });
});
