import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteWriter } from './byte-writer.js';
import { encodedSize, encodePacket, writePacket } from './encode-packet.js';
import { PacketTooLargeError } from './errors.js';
import type { Packet } from './packet.js';
import { PacketReader } from './packet-reader.js';
import type { ProtocolVersion, Sender } from './protocol-version.js';
import { anySentPacket } from './vectors/arbitrary-packet.js';

function decode(bytes: Uint8Array, protocolVersion: ProtocolVersion, sender: Sender): Packet | undefined {
  const reader = new PacketReader({ sender, protocolVersion });
  reader.push(bytes);
  return reader.next();
}

describe('any valid packet', () => {
  it('is read back as it was written, in every version', () => {
    fc.assert(
      fc.property(anySentPacket, ({ packet, sender, version }) => {
        expect(decode(encodePacket(packet, version), version, sender)).toEqual(packet);
      }),
      { numRuns: 2000 },
    );
  });

  it('takes as many bytes as encodedSize says, and touches none before or behind them', () => {
    fc.assert(
      fc.property(anySentPacket, fc.nat(5), ({ packet, version }, start) => {
        const size = encodedSize(packet, version);
        const writer = new ByteWriter(new Uint8Array(start + size + 5).fill(0xcc), start);
        writePacket(writer, packet, version);
        expect(writer.position).toBe(start + size);
        expect(writer.bytes.subarray(start, start + size)).toEqual(encodePacket(packet, version));
        expect(writer.bytes.subarray(0, start).every((byte) => byte === 0xcc)).toBe(true);
        expect(writer.bytes.subarray(start + size).every((byte) => byte === 0xcc)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it('is not changed by being written', () => {
    fc.assert(
      fc.property(anySentPacket, ({ packet, version }) => {
        const before = structuredClone(packet);
        encodePacket(packet, version, encodedSize(packet, version));
        expect(packet).toEqual(before);
      }),
      { numRuns: 500 },
    );
  });
});

const answers = [
  ['[MQTT-3.2.2-19]', '[MQTT-3.2.2-20]', { type: 'connack', sessionPresent: false, reasonCode: 0x97 }],
  ['[MQTT-3.4.2-2]', '[MQTT-3.4.2-3]', { type: 'puback', packetIdentifier: 7, reasonCode: 0x97 }],
  ['[MQTT-3.5.2-2]', '[MQTT-3.5.2-3]', { type: 'pubrec', packetIdentifier: 7, reasonCode: 0x97 }],
  ['[MQTT-3.6.2-2]', '[MQTT-3.6.2-3]', { type: 'pubrel', packetIdentifier: 7, reasonCode: 0x92 }],
  ['[MQTT-3.7.2-2]', '[MQTT-3.7.2-3]', { type: 'pubcomp', packetIdentifier: 7, reasonCode: 0x92 }],
  ['[MQTT-3.9.2-1]', '[MQTT-3.9.2-2]', { type: 'suback', packetIdentifier: 7, reasonCodes: [0x97, 1] }],
  ['[MQTT-3.11.2-1]', '[MQTT-3.11.2-2]', { type: 'unsuback', packetIdentifier: 7, reasonCodes: [0x87] }],
  ['[MQTT-3.14.2-3]', '[MQTT-3.14.2-4]', { type: 'disconnect', reasonCode: 0x97 }],
  ['[MQTT-3.15.2-2]', '[MQTT-3.15.2-3]', { type: 'auth', reasonCode: 0x18 }],
] as const;

describe('an answer that is larger than the Maximum Packet Size', () => {
  const spared = { reasonString: 'a reason', userProperties: [['name', 'value']] } as const;

  describe.each(answers)('%s %s', (reasonClause, userClause, fields) => {
    const kept = fields.type === 'auth' ? { authenticationMethod: 'm' } : {};
    const make = (properties: object) => ({ ...fields, properties: { ...kept, ...properties } }) as Packet;
    const whole = make(spared);
    const withoutReason = make({ userProperties: spared.userProperties });
    const bare = make({});
    const encodeWithin = (size: number) => encodePacket(whole, 5, size);

    it('keeps everything that fits', () => {
      expect(encodeWithin(encodedSize(whole, 5))).toEqual(encodePacket(whole, 5));
    });

    it(`loses its Reason String first ${reasonClause}`, () => {
      expect(encodeWithin(encodedSize(whole, 5) - 1)).toEqual(encodePacket(withoutReason, 5));
      expect(encodeWithin(encodedSize(withoutReason, 5))).toEqual(encodePacket(withoutReason, 5));
    });

    it(`loses its User Properties next ${userClause}`, () => {
      expect(encodeWithin(encodedSize(withoutReason, 5) - 1)).toEqual(encodePacket(bare, 5));
      expect(encodeWithin(encodedSize(bare, 5))).toEqual(encodePacket(bare, 5));
    });

    it('is refused when it is too large without them [MQTT-3.1.2-24]', () => {
      const tooSmall = encodedSize(bare, 5) - 1;
      expect(() => encodeWithin(tooSmall)).toThrow(PacketTooLargeError);
      expect(() => encodeWithin(tooSmall)).toThrow(
        expect.objectContaining({ reasonCode: 0x95, clause: 'MQTT-3.1.2-24' }),
      );
    });

    it('leaves the caller with the packet that he had', () => {
      const before = structuredClone(whole);
      encodeWithin(encodedSize(bare, 5));
      expect(whole).toEqual(before);
    });
  });

  it('loses User Properties also where it has no Reason String', () => {
    const packet: Packet = {
      type: 'puback',
      packetIdentifier: 1,
      reasonCode: 0,
      properties: { userProperties: [['k', 'v']] },
    };
    expect(encodePacket(packet, 5, 4)).toEqual(Uint8Array.of(0x40, 2, 0, 1));
  });
});

it('a PUBLISH loses nothing: it is refused, whole [MQTT-3.1.2-24] [MQTT-3.2.2-15]', () => {
  const packet: Packet = {
    type: 'publish',
    topicName: 'a',
    payload: new Uint8Array(10),
    qos: 0,
    retain: false,
    dup: false,
    packetIdentifier: 0,
    properties: { userProperties: [['k', 'v']] },
  };
  const size = encodedSize(packet, 5);
  expect(encodePacket(packet, 5, size)).toHaveLength(size);
  expect(() => encodePacket(packet, 5, size - 1)).toThrow(PacketTooLargeError);
});
