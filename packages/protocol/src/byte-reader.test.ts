import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteReader } from './byte-reader.js';
import {
  ByteWriter,
  maximumVariableByteInteger,
  utf8FieldSize,
  variableByteIntegerSize,
} from './byte-writer.js';
import { MalformedPacketError } from './errors.js';
import { wire } from './vectors/wire.js';

function readVariable(bytes: string): number {
  return new ByteReader(wire(bytes)).variableByteInteger('field');
}

describe('Variable Byte Integer', () => {
  // The table of section 1.5.5: the first and the last value of each size.
  it.each([
    ['00', 0],
    ['7F', 127],
    ['80 01', 128],
    ['FF 7F', 16_383],
    ['80 80 01', 16_384],
    ['FF FF 7F', 2_097_151],
    ['80 80 80 01', 2_097_152],
    ['FF FF FF 7F', 268_435_455],
  ])('%s is %i', (bytes, value) => {
    expect(readVariable(bytes)).toBe(value);
    const writer = new ByteWriter(new Uint8Array(wire(bytes).length));
    writer.variableByteInteger(value);
    expect(writer.bytes).toEqual(wire(bytes));
    expect(variableByteIntegerSize(value)).toBe(writer.position);
  });

  it.each(['80 00', '81 00', 'FF 80 00', '80 80 80 00'])(
    '%s is longer than needed [MQTT-1.5.5-1]',
    (bytes) => {
      expect(() => readVariable(bytes)).toThrow(expect.objectContaining({ clause: 'MQTT-1.5.5-1' }));
    },
  );

  it.each(['80 80 80 80', 'FF FF FF FF 7F', '80 80 80 80 01'])(
    '%s has a fifth byte [MQTT-1.5.5-1]',
    (bytes) => {
      expect(() => readVariable(bytes)).toThrow(expect.objectContaining({ clause: 'MQTT-1.5.5-1' }));
    },
  );

  it.each(['', '80', 'FF FF', 'FF FF FF'])('%s ends too early', (bytes) => {
    expect(() => readVariable(bytes)).toThrow(MalformedPacketError);
  });

  it('is read as it was written, in as many bytes as its size says', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: maximumVariableByteInteger }), (value) => {
        const writer = new ByteWriter(new Uint8Array(5).fill(0xcc));
        writer.variableByteInteger(value);
        expect(writer.position).toBe(variableByteIntegerSize(value));
        const reader = new ByteReader(writer.bytes);
        expect(reader.variableByteInteger('field')).toBe(value);
        expect(reader.position).toBe(writer.position);
      }),
    );
  });
});

describe('the other data types', () => {
  it('are read as they were written', () => {
    fc.assert(
      fc.property(
        fc.nat(255),
        fc.nat(65_535),
        fc.nat(0xffffffff),
        fc.uint8Array(),
        (byte, short, long, bytes) => {
          const writer = new ByteWriter(new Uint8Array(9 + bytes.length));
          writer.uint8(byte);
          writer.uint16(short);
          writer.uint32(long);
          writer.binary(bytes);
          const reader = new ByteReader(writer.bytes);
          expect(reader.uint8('a')).toBe(byte);
          expect(reader.uint16('b')).toBe(short);
          expect(reader.uint32('c')).toBe(long);
          expect(reader.binary('d')).toEqual(bytes);
          expect(reader.remaining).toBe(0);
        },
      ),
    );
  });

  it('read the largest numbers as positive ones', () => {
    expect(new ByteReader(wire('FF FF FF FF')).uint32('field')).toBe(4_294_967_295);
    expect(new ByteReader(wire('80 00 00 00')).uint32('field')).toBe(2_147_483_648);
    expect(new ByteReader(wire('FF FF')).uint16('field')).toBe(65_535);
  });

  it('take 65535 bytes of text and of data', () => {
    const text = 'é'.repeat(32_767).concat('x');
    const writer = new ByteWriter(new Uint8Array(utf8FieldSize(text) + 2 + 65_535));
    writer.utf8(text);
    writer.binary(new Uint8Array(65_535).fill(3));
    const reader = new ByteReader(writer.bytes);
    expect(reader.utf8('text')).toBe(text);
    expect(reader.binary('data')).toHaveLength(65_535);
    expect(reader.remaining).toBe(0);
  });

  it('name the field that passes the end, and take nothing behind it', () => {
    const reads: readonly (readonly [string, (reader: ByteReader) => unknown])[] = [
      ['', (reader) => reader.uint8('Alpha')],
      ['01', (reader) => reader.uint16('Alpha')],
      ['01 02 03', (reader) => reader.uint32('Alpha')],
      ['00 03 "ab"', (reader) => reader.utf8('Alpha')],
      ['00 03 "ab"', (reader) => reader.binary('Alpha')],
      ['00', (reader) => reader.utf8('Alpha')],
    ];
    for (const [bytes, read] of reads) {
      const inner = wire(bytes);
      const outer = new Uint8Array(inner.length + 8).fill(0x61);
      outer.set(inner);
      const reader = new ByteReader(outer, 0, inner.length);
      expect(() => read(reader), bytes).toThrow(/^Alpha needs \d+ bytes, the packet has \d left$/);
      expect(reader.position).toBeLessThanOrEqual(inner.length);
    }
  });

  it('give bytes as views', () => {
    const bytes = wire('00 02 01 02 03 04');
    const reader = new ByteReader(bytes);
    expect(reader.binary('field').buffer).toBe(bytes.buffer);
    const rest = reader.rest();
    expect(rest.buffer).toBe(bytes.buffer);
    expect(rest).toEqual(wire('03 04'));
    expect(reader.remaining).toBe(0);
  });
});
