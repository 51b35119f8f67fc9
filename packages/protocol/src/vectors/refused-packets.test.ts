/** Every refused vector: which error, which Reason Code, which clause, whole and byte by byte. */
import { describe, expect, it } from 'vitest';
import {
  MalformedPacketError,
  PetrelError,
  ProtocolError,
  TopicError,
  UnsupportedProtocolVersionError,
} from '../errors.js';
import type { Packet } from '../packet.js';
import { PacketReader } from '../packet-reader.js';
import { refusedConnects } from './refused-connect.js';
import { refusedPackets } from './refused-packets.js';
import { type RefusedVector, wire } from './wire.js';

const errorClass = {
  malformed: MalformedPacketError,
  protocol: ProtocolError,
  topic: TopicError,
  version: UnsupportedProtocolVersionError,
};

const vectors = [...refusedConnects, ...refusedPackets];

function refuse({ version, sender }: RefusedVector, chunks: readonly Uint8Array[]): PetrelError {
  const reader = new PacketReader({ sender, protocolVersion: version });
  const packets: Packet[] = [];
  try {
    for (const chunk of chunks) {
      reader.push(chunk);
      for (let packet = reader.next(); packet !== undefined; packet = reader.next()) packets.push(packet);
    }
  } catch (error) {
    if (error instanceof PetrelError) return error;
    throw error;
  }
  throw new Error(`nothing was refused; read ${JSON.stringify(packets)}`);
}

describe('refused vectors', () => {
  it('are told apart by their names', () => {
    expect(new Set(vectors.map(({ name }) => name)).size).toBe(vectors.length);
  });

  // Not it.each: it shortens long names, and with them the clauses.
  for (const vector of vectors)
    it(`${vector.error}: ${vector.name}`, () => {
      const bytes = wire(vector.bytes);
      const clause = /\[([^[\]]+)\]$/.exec(vector.name)?.[1];
      for (const chunks of [[bytes], [...bytes].map((byte) => Uint8Array.of(byte))]) {
        const error = refuse(vector, chunks);
        expect(error, error.message).toBeInstanceOf(errorClass[vector.error]);
        expect(error).toMatchObject({ reasonCode: vector.reasonCode, clause });
      }
    });

  it('end where their Remaining Length ends, unless that is the fault', () => {
    for (const { name, bytes } of vectors) {
      if (/Remaining Length (in|of five)/.test(name)) continue;
      const [, remainingLength = 0, ...body] = wire(bytes);
      expect(body.length, name).toBe(remainingLength);
    }
  });
});
