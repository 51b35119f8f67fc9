import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MalformedPacketError, UsageError } from './errors.js';
import { decodeUtf8, quote, utf8Size, writeUtf8 } from './utf8.js';
import { anyText } from './vectors/arbitrary-text.js';
import { wire } from './vectors/wire.js';

function decode(bytes: Uint8Array): string {
  // Letters around it: whoever reads one byte too far sees one.
  return decodeUtf8(Uint8Array.of(0x58, ...bytes, 0x58), 1, 1 + bytes.length);
}

function encode(text: string): Uint8Array {
  const size = utf8Size(text);
  const bytes = new Uint8Array(size + 2).fill(0xcc);
  expect(writeUtf8(bytes, 1, text)).toBe(1 + size);
  expect([bytes[0], bytes[size + 1]]).toEqual([0xcc, 0xcc]);
  return bytes.subarray(1, 1 + size);
}

const paddings = ['', 'a'.repeat(60)];

describe('decoding', () => {
  // Lone continuation, cut sequences, five- and six-byte forms, above U+10FFFF, surrogates, overlong forms.
  const illFormed = [
    ...[
      '80',
      'BF',
      'C3',
      'E2 82',
      'F0 9F 98',
      'C3 28',
      'E2 28 A1',
      'FE',
      'FF',
      'F8 88 80 80 80',
      'FC 84 80 80 80 80',
    ],
    ...['F4 90 80 80', 'F5 80 80 80', 'ED A0 80', 'ED AF BF', 'ED B0 80', 'ED BF BF', 'ED A0 BD ED B8 80'],
    ...['C0 80', 'C0 AF', 'C1 BF', 'E0 80 80', 'E0 9F BF', 'F0 80 80 80', 'F0 8F BF BF'],
  ];

  it.each(illFormed)('refuses %s [MQTT-1.5.4-1] [MQTT-1.5.3-1]', (bytes) => {
    for (const padding of paddings) {
      const whole = Uint8Array.of(...encode(padding), ...wire(bytes));
      expect(() => decode(whole)).toThrow(MalformedPacketError);
      expect(() => decode(whole)).toThrow(expect.objectContaining({ clause: 'MQTT-1.5.4-1' }));
    }
  });

  it('refuses U+0000 wherever it stands [MQTT-1.5.4-2] [MQTT-1.5.3-2]', () => {
    for (const padding of paddings) {
      for (const text of [`\0${padding}`, `${padding}\0`, `${padding}é\0x`]) {
        const bytes = new TextEncoder().encode(text);
        expect(() => decode(bytes)).toThrow(expect.objectContaining({ clause: 'MQTT-1.5.4-2' }));
      }
    }
  });

  it('keeps U+FEFF at the start, in the middle and at the end [MQTT-1.5.4-3] [MQTT-1.5.3-3]', () => {
    expect(decode(wire('EF BB BF'))).toBe('\uFEFF');
    expect(decode(wire('EF BB BF "a" EF BB BF "b" EF BB BF'))).toBe('\uFEFFa\uFEFFb\uFEFF');
    expect(decode(Uint8Array.of(...wire('EF BB BF'), ...encode(paddings[1] as string)))).toBe(
      `\uFEFF${paddings[1]}`,
    );
    // A decoder that remembers its last call would swallow the second one.
    expect(decode(wire('EF BB BF "a"'))).toBe('\uFEFFa');
  });

  it('names the field', () => {
    expect(() => decodeUtf8(wire('FF'), 0, 1, 'User Name')).toThrow(/^User Name is not well-formed/);
    expect(() => decodeUtf8(wire('00'), 0, 1, 'User Name')).toThrow(/^User Name contains U\+0000/);
  });

  it('takes the bounds of every length of sequence, control characters and non-characters', () => {
    const text = '\u0001\u007F\u0080\u07FF\u0800\uD7FF\uE000\uFFFD\uFFFE\uFFFF\u{10000}\u{10FFFF}';
    expect(decode(encode(text))).toBe(text);
  });
});

describe('encoding', () => {
  it('is undone by decoding, and takes what utf8Size says', () => {
    fc.assert(
      fc.property(anyText, fc.nat(60), (text, padding) => {
        const whole = 'x'.repeat(padding) + text;
        expect(decode(encode(whole))).toBe(whole);
        expect(encode(whole)).toEqual(new TextEncoder().encode(whole));
      }),
      { numRuns: 2000 },
    );
  });

  it('refuses a lone surrogate wherever it stands [MQTT-1.5.4-1]', () => {
    for (const text of [
      '\uD800',
      'a\uDBFF',
      '\uDC00b',
      'a\uDFFFb',
      '\uD83D',
      '\uDE00\uD83D',
      '😀\uD83D',
      '\uD800\uD800',
    ]) {
      expect(() => utf8Size(text), JSON.stringify(text)).toThrow(UsageError);
      expect(() => utf8Size(text)).toThrow(expect.objectContaining({ clause: 'MQTT-1.5.4-1' }));
    }
  });

  it('refuses U+0000 [MQTT-1.5.4-2]', () => {
    expect(() => utf8Size('a\0b')).toThrow(expect.objectContaining({ clause: 'MQTT-1.5.4-2' }));
  });

  it('takes 65535 bytes and not one more', () => {
    expect(utf8Size('a'.repeat(65_535))).toBe(65_535);
    expect(utf8Size('é'.repeat(32_767))).toBe(65_534);
    expect(utf8Size(`${'雨'.repeat(21_845)}`)).toBe(65_535);
    expect(() => utf8Size('a'.repeat(65_536))).toThrow(UsageError);
    expect(() => utf8Size('é'.repeat(32_768))).toThrow(/takes 65536 bytes, at most 65535 fit/);
  });
});

describe('quote', () => {
  it('stays on one line and shows what a terminal would act upon', () => {
    const text = 'a\n\r\t\u001B[31m\u0085\u009B\u2028\u2029\u202E\u200B\uFEFF"';
    expect(quote(text)).toMatch(/^"[\x20-\x7e]+"$/);
    expect(quote('\u009B')).toBe('"\\u{9b}"');
    expect(quote('é 雨 😀')).toBe('"é 雨 😀"');
  });

  it('shortens, also in the middle of a pair', () => {
    expect(quote('x'.repeat(500))).toHaveLength(80);
    expect(quote('😀'.repeat(500))).toMatch(/^"(😀)+\\ud83d…"$/);
  });
});
