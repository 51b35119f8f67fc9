import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ProxyHeaderError, parseProxyHeader } from './proxy-protocol.js';

const line = (text: string) => Buffer.from(`${text}\r\n`, 'latin1');
const signature = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');

function binary(command: number, family: number, body: Buffer): Buffer {
  const head = Buffer.from([0x20 | command, family, body.length >> 8, body.length & 0xff]);
  return Buffer.concat([signature, head, body]);
}

const ipv4 = Buffer.from([203, 0, 113, 9, 10, 0, 0, 1, 0x1f, 0x90, 0x07, 0x5b]);
const ipv6 = Buffer.concat([Buffer.from('20010db8000000000000000000000007', 'hex'), Buffer.alloc(20)]);

const good: [string, Buffer, string | undefined][] = [
  ['version 1, IPv4', line('PROXY TCP4 203.0.113.9 10.0.0.1 51000 1883'), '203.0.113.9'],
  ['version 1, IPv6', line('PROXY TCP6 2001:db8::7 ::1 51000 1883'), '2001:db8::7'],
  ['version 1, unknown', line('PROXY UNKNOWN'), undefined],
  ['version 1, unknown with the rest', line('PROXY UNKNOWN ffff::1 ffff::2 1 2'), undefined],
  ['version 2, IPv4', binary(1, 0x11, ipv4), '203.0.113.9'],
  [
    'version 2, IPv4 with more behind it',
    binary(1, 0x11, Buffer.concat([ipv4, Buffer.alloc(50)])),
    '203.0.113.9',
  ],
  ['version 2, IPv6', binary(1, 0x21, ipv6), '2001:db8::7'],
  ['version 2, a check of the proxy', binary(0, 0x00, Buffer.alloc(0)), undefined],
  ['version 2, no address', binary(1, 0x00, Buffer.alloc(7)), undefined],
];

describe('a header', () => {
  test.each(good)('%s', (_, bytes, source) => {
    const rest = Buffer.from([0x10, 0x0c, 0x00]);
    expect(parseProxyHeader(Buffer.concat([bytes, rest]))).toEqual({ length: bytes.length, source });
    for (let length = 0; length < bytes.length; length++)
      expect([length, parseProxyHeader(bytes.subarray(0, length))]).toEqual([length, undefined]);
  });

  test.each<[string, Buffer]>([
    ['MQTT', Buffer.from([0x10, 0x0c])],
    ['TLS', Buffer.from([0x16, 0x03, 0x01])],
    ['no family', line('PROXY')],
    ['another family', line('PROXY TCP5 1.2.3.4 1.2.3.4 1 1')],
    ['IPv6 as IPv4', line('PROXY TCP4 ::1 ::1 1 1')],
    ['IPv4 as IPv6', line('PROXY TCP6 1.2.3.4 1.2.3.4 1 1')],
    ['an address with a name in it', line('PROXY TCP4 1.2.3.4x 1.2.3.4 1 1')],
    ['an address with leading zeros', line('PROXY TCP4 010.2.3.4 1.2.3.4 1 1')],
    ['a port out of range', line('PROXY TCP4 1.2.3.4 1.2.3.4 70000 1')],
    ['a port missing', line('PROXY TCP4 1.2.3.4 1.2.3.4 1')],
    ['two spaces', line('PROXY TCP4  1.2.3.4 1.2.3.4 1 1')],
    ['a line without end', Buffer.from(`PROXY TCP4 ${'1'.repeat(200)}`)],
    ['version 2, another command', binary(2, 0x11, ipv4)],
    ['version 2, too short for IPv4', binary(1, 0x11, ipv4.subarray(0, 8))],
    ['version 2, a socket file', binary(1, 0x31, Buffer.alloc(216))],
    ['version 2, UDP', binary(1, 0x12, ipv4)],
    ['version 2, a body that is too long', Buffer.concat([signature, Buffer.from([0x21, 0x11, 0xff, 0xff])])],
    ['version 3', Buffer.concat([signature, Buffer.from([0x31, 0x11, 0, 12]), ipv4])],
  ])('that is none is refused: %s', (_, bytes) => {
    expect(() => parseProxyHeader(bytes)).toThrow(ProxyHeaderError);
  });

  test('any bytes are a header, not yet one, or an error, within a bound', () => {
    const start = fc.constantFrom(
      ...good.map(([, bytes]) => bytes),
      Buffer.alloc(0),
      Buffer.from('PROXY TCP4 '),
    );
    const change = fc.array(fc.tuple(fc.nat(40), fc.integer({ min: 0, max: 255 })), { maxLength: 4 });
    fc.assert(
      fc.property(start, change, fc.uint8Array({ maxLength: 3_000 }), (bytes, changes, rest) => {
        const all = Buffer.concat([bytes, rest]);
        for (const [at, value] of changes) if (at < all.length) all[at] = value;
        try {
          const header = parseProxyHeader(all);
          // Nobody is waited for longer than the longest header is.
          if (header === undefined) expect(all.length).toBeLessThan(2_064);
          else expect(header.length).toBeLessThanOrEqual(all.length);
        } catch (error) {
          expect(error).toBeInstanceOf(ProxyHeaderError);
        }
      }),
      { numRuns: 3_000 },
    );
  });
});
