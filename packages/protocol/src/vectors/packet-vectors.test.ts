/** Every packet vector, decoded in every way that a network can hand it over, and encoded back. */
import { describe, expect, it } from 'vitest';
import { ByteWriter } from '../byte-writer.js';
import { encodedSize, encodePacket, writePacket } from '../encode-packet.js';
import type { Packet } from '../packet.js';
import { PacketReader } from '../packet-reader.js';
import { packetTypeTable } from '../packet-type.js';
import type { ProtocolVersion } from '../protocol-version.js';
import { acknowledgementVectors } from './acknowledgement.js';
import { connackVectors } from './connack.js';
import { connectVectors } from './connect.js';
import { connectionVectors } from './connection.js';
import { publishVectors } from './publish.js';
import { subscriptionVectors } from './subscription.js';
import { type PacketVector, wire } from './wire.js';

const vectors: readonly PacketVector[] = [
  ...connectVectors,
  ...connackVectors,
  ...publishVectors,
  ...acknowledgementVectors,
  ...subscriptionVectors,
  ...connectionVectors,
];

const cases = vectors.flatMap((vector) =>
  vector.versions.map((version) => ({ ...vector, version, title: `${vector.name}, level ${version}` })),
);

function readerFor({ sender, packet }: PacketVector, version: ProtocolVersion): PacketReader {
  return new PacketReader({ sender, protocolVersion: packet.type === 'connect' ? undefined : version });
}

function readAll(reader: PacketReader, chunks: readonly Uint8Array[]): Packet[] {
  const packets: Packet[] = [];
  for (const chunk of chunks) {
    reader.push(chunk);
    for (let packet = reader.next(); packet !== undefined; packet = reader.next()) packets.push(packet);
  }
  return packets;
}

describe('packet vectors', () => {
  it('cover all fifteen packets in every version that has them', () => {
    const covered = new Set(cases.map(({ packet, version }) => `${packet.type} ${version}`));
    const wanted = packetTypeTable.flatMap(({ type, since }) =>
      ([3, 4, 5] as const).filter((version) => version >= since).map((version) => `${type} ${version}`),
    );
    expect([...covered].sort()).toEqual(wanted.sort());
  });

  // Not describe.each: it shortens long names, and with them the clauses.
  for (const vector of cases)
    describe(vector.title, () => {
      const { version, packet } = vector;
      const bytes = wire(vector.bytes);

      it('is read whole', () => {
        const reader = readerFor(vector, version);
        expect(readAll(reader, [bytes])).toEqual([packet]);
        expect(reader.protocolVersion).toBe(version);
        expect(reader.bufferedBytes).toBe(0);
      });

      it('is read byte by byte', () => {
        const reader = readerFor(vector, version);
        const chunks = [...bytes].map((byte) => Uint8Array.of(byte));
        expect(readAll(reader, chunks)).toEqual([packet]);
        expect(reader.bufferedBytes).toBe(0);
      });

      it('is read at every split into two', () => {
        for (let at = 1; at < bytes.length; at++) {
          const reader = readerFor(vector, version);
          expect(readAll(reader, [bytes.subarray(0, at), bytes.subarray(at)]), `split at ${at}`).toEqual([
            packet,
          ]);
        }
      });

      it('is read three times in a row, with the chunks across the packets', () => {
        const stream = new Uint8Array(3 * bytes.length);
        for (let copy = 0; copy < 3; copy++) stream.set(bytes, copy * bytes.length);
        for (const size of [1, 2, 3, 5, 7, bytes.length + 1]) {
          const chunks: Uint8Array[] = [];
          for (let at = 0; at < stream.length; at += size) chunks.push(stream.subarray(at, at + size));
          expect(readAll(readerFor(vector, version), chunks), `chunks of ${size}`).toEqual([
            packet,
            packet,
            packet,
          ]);
        }
      });

      it('is written as the same bytes', () => {
        const written = wire(vector.writtenAs ?? vector.bytes);
        expect(encodePacket(packet, version)).toEqual(written);
        expect(encodedSize(packet, version)).toBe(written.length);
        const writer = new ByteWriter(new Uint8Array(written.length + 2).fill(0xcc), 1);
        writePacket(writer, packet, version);
        expect(writer.position).toBe(written.length + 1);
        expect(writer.bytes).toEqual(Uint8Array.of(0xcc, ...written, 0xcc));
      });
    });
});
