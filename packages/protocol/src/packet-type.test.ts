import { describe, expect, it } from 'vitest';
import { ByteReader } from './byte-reader.js';
import { decodePacket } from './decode-packet.js';
import { PetrelError, ProtocolError } from './errors.js';
import { packetTypeByCode, packetTypeDefinition, packetTypeTable } from './packet-type.js';
import { plainTopicNames } from './packets/publish.js';
import type { ProtocolVersion, Sender } from './protocol-version.js';

/** The flags of section 2.1.3, typed in once more; PUBLISH carries data in them. */
const flags = {
  connect: 0,
  connack: 0,
  puback: 0,
  pubrec: 0,
  pubrel: 2,
  pubcomp: 0,
  subscribe: 2,
  suback: 0,
} as const;
const moreFlags = { unsubscribe: 2, unsuback: 0, pingreq: 0, pingresp: 0, disconnect: 0, auth: 0 } as const;
const flagsOf: Record<string, number> = { ...flags, ...moreFlags };

/** Bodies that get as far as the checks of the first byte, and fail behind them. */
function refusal(firstByte: number, version: ProtocolVersion, sender: Sender): PetrelError | undefined {
  try {
    decodePacket(new ByteReader(new Uint8Array(0)), firstByte, version, sender, plainTopicNames);
    return undefined;
  } catch (error) {
    if (error instanceof PetrelError) return error;
    throw error;
  }
}

describe('the packet type table', () => {
  it('has the fifteen packets at their codes', () => {
    expect(packetTypeTable.map(({ type }) => type)).toEqual([
      ...['connect', 'connack', 'publish', 'puback', 'pubrec', 'pubrel', 'pubcomp', 'subscribe', 'suback'],
      ...['unsubscribe', 'unsuback', 'pingreq', 'pingresp', 'disconnect', 'auth'],
    ]);
    for (const [index, definition] of packetTypeTable.entries()) {
      expect(definition.code).toBe(index + 1);
      expect(packetTypeByCode[index + 1]).toBe(definition);
      expect(packetTypeDefinition(definition.type)).toBe(definition);
    }
    expect(packetTypeByCode[0]).toBeUndefined();
  });

  const rows = packetTypeTable.filter(({ type }) => type !== 'publish');

  for (const row of rows)
    it(`${row.title} is refused with other flags [MQTT-2.1.3-1] [MQTT-2.2.2-2]`, () => {
      const sender = row.sender === 'both' ? 'client' : row.sender;
      for (const version of [4, 5] as const) {
        if (version < row.since) continue;
        for (let nibble = 0; nibble < 16; nibble++) {
          const error = refusal((row.code << 4) | nibble, version, sender);
          const hasFlagsError = error?.message.includes('has flags') ?? false;
          expect(hasFlagsError, `level ${version}, flags ${nibble}`).toBe(nibble !== flagsOf[row.type]);
          if (!hasFlagsError) continue;
          const clause = (version === 5 ? row.flagsClause : row.flagsClause311).slice(1, -1);
          expect(error).toMatchObject({ code: 'PETREL_MALFORMED_PACKET', clause });
        }
      }
    });

  for (const row of rows.filter(({ since }) => since === 3))
    it(`${row.title} of MQTT 3.1 is held to its QoS bits only`, () => {
      const sender = row.sender === 'both' ? 'client' : row.sender;
      for (let nibble = 0; nibble < 16; nibble++) {
        const isRefused =
          refusal((row.code << 4) | nibble, 3, sender)?.message.includes('has flags') ?? false;
        expect(isRefused, `flags ${nibble}`).toBe((nibble & 6) !== flagsOf[row.type]);
      }
    });

  for (const { code, type, sender, title } of rows.filter((row) => row.sender !== 'both'))
    it(`${title} is refused from the wrong end`, () => {
      const wrongEnd = sender === 'client' ? 'server' : 'client';
      for (const version of [3, 4, 5] as const) {
        const error = refusal((code << 4) | (flagsOf[type] as number), version, wrongEnd);
        expect(error).toBeInstanceOf(ProtocolError);
        expect(error?.message).toContain(`came from a ${wrongEnd}`);
      }
    });
});
