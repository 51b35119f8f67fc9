/** Section 2.4 of MQTT 5.0 and the tables of its packets, typed in once more from the standard. */
import { describe, expect, it } from 'vitest';
import { encodePacket } from './encode-packet.js';
import { UsageError } from './errors.js';
import type { Packet } from './packet.js';
import { PacketReader } from './packet-reader.js';
import { type PacketType, packetTypeTable } from './packet-type.js';
import type { Sender } from './protocol-version.js';
import {
  describeReasonCode,
  fromConnectReturnCode,
  isReasonCodeOf,
  reasonCode,
  reasonCodeName,
  toConnectReturnCode,
} from './reason-code.js';
import { wire } from './vectors/wire.js';

const answer = '00 80 83 87 90 91 97 99';

/** Packet → what a client may say, what a server may say, clause. */
const standard: Partial<Record<PacketType, readonly [client: string, server: string, clause: string]>> = {
  connack: ['', '00 80 81 82 83 84 85 86 87 88 89 8A 8C 90 95 97 99 9A 9B 9C 9D 9F', '[MQTT-3.2.2-8]'],
  puback: [answer, `${answer} 10`, '[MQTT-3.4.2-1]'],
  pubrec: [answer, `${answer} 10`, '[MQTT-3.5.2-1]'],
  pubrel: ['00 92', '00 92', '[MQTT-3.6.2-1]'],
  pubcomp: ['00 92', '00 92', '[MQTT-3.7.2-1]'],
  suback: ['', '00 01 02 80 83 87 8F 91 97 9E A1 A2', '[MQTT-3.9.3-2]'],
  unsuback: ['', '00 11 80 83 87 8F 91', '[MQTT-3.11.3-2]'],
  disconnect: [
    '00 04 80 81 82 83 8C 90 93 94 95 96 97 98 99',
    '00 80 81 82 83 87 89 8B 8C 8D 8E 8F 90 93 94 95 96 97 98 99 9A 9B 9C 9D 9E 9F A0 A1 A2',
    '[MQTT-3.14.2-1]',
  ],
  auth: ['18 19', '00 18', '[MQTT-3.15.2-1]'],
};

function allowedCodes(type: PacketType, sender: Sender): ReadonlySet<number> {
  return new Set(wire(standard[type]?.[sender === 'client' ? 0 : 1] ?? ''));
}

/** The shortest packet of a type that carries the code. */
function bytesWith(type: PacketType, code: number): Uint8Array {
  const hex = code.toString(16).toUpperCase().padStart(2, '0');
  const bodies: Partial<Record<PacketType, string>> = {
    connack: `20 03 00 ${hex} 00`,
    puback: `40 03 00 01 ${hex}`,
    pubrec: `50 03 00 01 ${hex}`,
    pubrel: `62 03 00 01 ${hex}`,
    pubcomp: `70 03 00 01 ${hex}`,
    suback: `90 04 00 01 00 ${hex}`,
    unsuback: `B0 04 00 01 00 ${hex}`,
    disconnect: `E0 01 ${hex}`,
    auth: `F0 06 ${hex} 04 15 00 01 "m"`,
  };
  return wire(bodies[type] as string);
}

const rows = Object.entries(standard).map(([type, [, , clause]]) => [type as PacketType, clause] as const);

describe('which Reason Code each packet may carry', () => {
  it('is the tables of the standard, for every code, packet and sender', () => {
    for (const { type } of packetTypeTable) {
      for (const sender of ['client', 'server'] as const) {
        const allowed = allowedCodes(type, sender);
        for (let code = 0; code < 256; code++) {
          expect(isReasonCodeOf(type, code, sender), `${type} 0x${code.toString(16)} ${sender}`).toBe(
            allowed.has(code),
          );
        }
      }
    }
  });

  it.each(rows)('%s is read with these only %s', (type, clause) => {
    const title = packetTypeTable.find((row) => row.type === type);
    for (const sender of ['client', 'server'] as const) {
      if (title?.sender !== 'both' && title?.sender !== sender) continue;
      const allowed = allowedCodes(type, sender);
      for (let code = 0; code < 256; code++) {
        const reader = new PacketReader({ sender, protocolVersion: 5 });
        reader.push(bytesWith(type, code));
        if (allowed.has(code)) expect(reader.next()).toMatchObject({ type });
        else {
          expect(() => reader.next(), `0x${code.toString(16)} from a ${sender}`).toThrow(
            expect.objectContaining({ code: 'PETREL_PROTOCOL_ERROR', clause: clause.slice(1, -1) }),
          );
        }
      }
    }
  });

  it.each(rows)('%s is written with these only %s', (type) => {
    const allowed = new Set([...allowedCodes(type, 'client'), ...allowedCodes(type, 'server')]);
    for (let code = 0; code < 256; code++) {
      const packet = {
        type,
        packetIdentifier: 1,
        sessionPresent: false,
        reasonCode: code,
        reasonCodes: [code],
        properties: type === 'auth' ? { authenticationMethod: 'm' } : {},
      } as unknown as Packet;
      if (allowed.has(code)) expect(encodePacket(packet, 5)).toContain(code);
      else expect(() => encodePacket(packet, 5), `0x${code.toString(16)}`).toThrow(UsageError);
    }
  });
});

describe('names', () => {
  it('every code has one, and finds its way back', () => {
    const codes = new Set<number>(Object.values(reasonCode));
    for (let code = 0; code < 256; code++) {
      const name = reasonCodeName(code);
      if (codes.has(code)) expect(reasonCode[name as keyof typeof reasonCode]).toBe(code);
      else expect(name).toBe(`0x${code.toString(16).toUpperCase().padStart(2, '0')}`);
    }
    expect(codes.size).toBe(43);
  });

  it.each([
    [0x00, '0x00 success'],
    [0x01, '0x01 granted QoS 1'],
    [0x02, '0x02 granted QoS 2'],
    [0x04, '0x04 disconnect with will message'],
    [0x10, '0x10 no matching subscribers'],
    [0x86, '0x86 bad user name or password'],
    [0x97, '0x97 quota exceeded'],
    [0x9b, '0x9B QoS not supported'],
    [0x7f, '0x7F'],
  ])('describe %i as people would', (code, text) => {
    expect(describeReasonCode(code)).toBe(text);
  });
});

describe('CONNACK return codes of MQTT 3.x', () => {
  it.each([
    [0, reasonCode.success],
    [1, reasonCode.unsupportedProtocolVersion],
    [2, reasonCode.clientIdentifierNotValid],
    [3, reasonCode.serverUnavailable],
    [4, reasonCode.badUserNameOrPassword],
    [5, reasonCode.notAuthorized],
  ])('%i and its Reason Code mean each other', (returnCode, code) => {
    expect(fromConnectReturnCode(returnCode)).toBe(code);
    expect(toConnectReturnCode(code)).toBe(returnCode);
  });

  it('6 to 255 mean nothing', () => {
    for (let returnCode = 6; returnCode < 256; returnCode++) {
      expect(fromConnectReturnCode(returnCode)).toBeUndefined();
    }
  });

  it('come from every Reason Code of CONNACK, or the server closes without one [MQTT-3.2.2-6]', () => {
    const mapped: Record<string, number | undefined> = {};
    for (const code of allowedCodes('connack', 'server'))
      mapped[reasonCodeName(code)] = toConnectReturnCode(code);
    expect(mapped).toEqual({
      success: 0,
      unspecifiedError: undefined,
      malformedPacket: undefined,
      protocolError: undefined,
      implementationSpecificError: undefined,
      unsupportedProtocolVersion: 1,
      clientIdentifierNotValid: 2,
      badUserNameOrPassword: 4,
      notAuthorized: 5,
      serverUnavailable: 3,
      serverBusy: 3,
      banned: 5,
      badAuthenticationMethod: 5,
      topicNameInvalid: undefined,
      packetTooLarge: undefined,
      quotaExceeded: 3,
      payloadFormatInvalid: undefined,
      retainNotSupported: undefined,
      qosNotSupported: undefined,
      useAnotherServer: 3,
      serverMoved: 3,
      connectionRateExceeded: 3,
    });
  });
});
