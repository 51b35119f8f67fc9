import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteWriter, maximumVariableByteInteger } from './byte-writer.js';
import { fixedHeaderSize, largestPacketSize, packetSize, remainingLengthOf } from './fixed-header.js';
import { wire } from './vectors/wire.js';

describe('packetSize', () => {
  it('is the fixed header and what it claims, for every Remaining Length', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.integer({ min: 0, max: maximumVariableByteInteger }),
          fc.constantFrom(0, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152, maximumVariableByteInteger),
        ),
        fc.nat(3),
        (remainingLength, start) => {
          const writer = new ByteWriter(new Uint8Array(16), start);
          writer.uint8(0x30);
          writer.variableByteInteger(remainingLength);
          const size = packetSize(writer.bytes, start, writer.position, largestPacketSize);
          expect(size).toBe(fixedHeaderSize(remainingLength) + remainingLength);
          expect(remainingLengthOf(size)).toBe(remainingLength);
          for (let end = start; end < writer.position; end++) {
            expect(packetSize(writer.bytes, start, end, largestPacketSize)).toBe(0);
          }
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('refuses a longer encoding than needed and a fifth byte [MQTT-1.5.5-1]', () => {
    for (const bytes of ['C0 80 00', 'C0 FF 80 00', 'C0 80 80 80 00', 'C0 FF FF FF 80', 'C0 FF FF FF FF']) {
      const all = wire(bytes);
      expect(() => packetSize(all, 0, all.length, largestPacketSize), bytes).toThrow(
        expect.objectContaining({ code: 'PETREL_MALFORMED_PACKET', clause: 'MQTT-1.5.5-1' }),
      );
    }
  });

  it('refuses what is larger than the limit, and only that', () => {
    const bytes = wire('30 7F');
    expect(packetSize(bytes, 0, 2, 129)).toBe(129);
    expect(() => packetSize(bytes, 0, 2, 128)).toThrow(expect.objectContaining({ reasonCode: 0x95 }));
  });
});
