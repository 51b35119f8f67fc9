import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodePayload, encodePayload } from './payload-codec.js';

const text = (payload: Uint8Array): string => new TextDecoder().decode(payload);
const bytes = (value: string): Uint8Array => new TextEncoder().encode(value);

describe('encodePayload', () => {
  it('writes bytes as they are, without a copy', () => {
    const data = Uint8Array.of(0, 255, 1);
    expect(encodePayload(data, true)).toEqual({ payload: data, contentType: 'application/octet-stream' });
    expect(encodePayload(data, true).payload).toBe(data);
    expect(encodePayload(data.buffer, false).payload).toEqual(data);
  });

  it('writes text as UTF-8 and objects as JSON', () => {
    expect(encodePayload('Grüße', false)).toEqual({ payload: bytes('Grüße'), contentType: 'text/plain' });
    expect(encodePayload([1, { a: null }], false)).toEqual({
      payload: bytes('[1,{"a":null}]'),
      contentType: 'application/json',
    });
  });

  it('writes undefined as no bytes and no Content Type', () => {
    expect(encodePayload(undefined, true)).toEqual({ payload: new Uint8Array(0) });
  });

  it.each(['', '123', 'true', 'null', '"x"', '{"a":1}', 'a\u0000b', '\ud800'])(
    'quotes the self-describing text %j, which would read as something else',
    (data) => {
      const { payload, contentType } = encodePayload(data, true);
      expect(contentType).toBe('application/json');
      expect(decodePayload(payload)).toBe(data);
    },
  );

  it('leaves text alone that reads as text', () => {
    expect(text(encodePayload('turn on the light', true).payload)).toBe('turn on the light');
  });

  it('names what JSON cannot say', () => {
    expect(() => encodePayload(() => 1, false)).toThrow(/a function cannot be written as a payload/);
    expect(() => encodePayload(1n, false)).toThrow(
      expect.objectContaining({ code: 'PETREL_PAYLOAD_INVALID' }),
    );
  });

  it('reads back what it wrote, with its Content Type', () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.string({ unit: 'binary' })), (data) => {
        const { payload, contentType } = encodePayload(data, false);
        expect(decodePayload(payload, contentType)).toEqual(jsonView(data));
      }),
    );
  });

  it('reads back what it wrote to describe itself, without any Content Type', () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.string({ unit: 'binary' })), (data) => {
        expect(decodePayload(encodePayload(data, true).payload)).toEqual(jsonView(data));
      }),
    );
  });
});

// JSON has no -0.
function jsonView(data: unknown): unknown {
  return typeof data === 'string' ? data : JSON.parse(JSON.stringify(data));
}

describe('decodePayload', () => {
  it('hands out bytes that are no text as they are', () => {
    const payload = Uint8Array.of(0x89, 0x50, 0x4e, 0x47);
    expect(decodePayload(payload)).toBe(payload);
  });

  it('takes UTF-8 with control characters for binary', () => {
    const payload = Uint8Array.of(1, 2, 3);
    expect(decodePayload(payload)).toBe(payload);
  });

  it('reads JSON and text that came without a Content Type', () => {
    expect(decodePayload(bytes('{"a":[1]}'))).toEqual({ a: [1] });
    expect(decodePayload(bytes('21.5'))).toBe(21.5);
    expect(decodePayload(bytes('on'))).toBe('on');
    expect(decodePayload(bytes('{ broken'))).toBe('{ broken');
    expect(decodePayload(bytes(''))).toBeUndefined();
  });

  it('follows the Content Type against the look of the payload', () => {
    expect(decodePayload(bytes('21.5'), 'text/plain; charset=utf-8')).toBe('21.5');
    expect(decodePayload(bytes('21.5'), 'application/octet-stream')).toEqual(bytes('21.5'));
    expect(decodePayload(bytes('[1]'), 'application/geo+json')).toEqual([1]);
  });

  it('names a payload that breaks the promise of its Content Type', () => {
    expect(() => decodePayload(bytes('{ broken'), 'application/json')).toThrow(
      'payload of 8 bytes has the Content Type "application/json" but is not JSON',
    );
    expect(() => decodePayload(bytes('x'), undefined, 'json')).toThrow(/is read as JSON but is not JSON/);
  });

  it('lets a handler overrule the Content Type', () => {
    expect(decodePayload(bytes('[1]'), 'application/json', 'bytes')).toEqual(bytes('[1]'));
    expect(decodePayload(bytes('[1]'), 'application/json', 'text')).toBe('[1]');
  });
});
