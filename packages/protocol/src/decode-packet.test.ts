import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteReader } from './byte-reader.js';
import { decodePacket } from './decode-packet.js';
import { encodePacket } from './encode-packet.js';
import { MalformedPacketError, PetrelError } from './errors.js';
import { fixedHeaderSize } from './fixed-header.js';
import type { Packet } from './packet.js';
import { PacketReader } from './packet-reader.js';
import { plainTopicNames } from './packets/publish.js';
import type { ProtocolVersion, Sender } from './protocol-version.js';
import { anyPacket, anySentPacket, anyVersion } from './vectors/arbitrary-packet.js';

const anySender = fc.constantFrom<Sender>('client', 'server');

/** The packets of a stream and what ended it; whatever else is thrown fails the test. */
function readStream(
  chunks: readonly Uint8Array[],
  protocolVersion: ProtocolVersion | undefined,
  sender: Sender,
): { packets: Packet[]; error: PetrelError | undefined } {
  const reader = new PacketReader({ sender, protocolVersion });
  const packets: Packet[] = [];
  try {
    for (const chunk of chunks) {
      reader.push(chunk);
      for (let packet = reader.next(); packet !== undefined; packet = reader.next()) packets.push(packet);
    }
  } catch (error) {
    if (!(error instanceof PetrelError)) throw error;
    return { packets, error };
  }
  return { packets, error: undefined };
}

/** Decodes a body that lies between foreign bytes, and says how far the reader went. */
function decodeAmong(
  canary: number,
  firstByte: number,
  body: Uint8Array,
  version: ProtocolVersion,
  sender: Sender,
): { packet: Packet | undefined; code: string | undefined } {
  const bytes = new Uint8Array(body.length + 64).fill(canary);
  bytes.set(body, 32);
  const reader = new ByteReader(bytes, 32, 32 + body.length);
  try {
    const packet = decodePacket(reader, firstByte, version, sender, plainTopicNames);
    expect(reader.position).toBe(32 + body.length);
    return { packet: structuredClone(packet), code: undefined };
  } catch (error) {
    if (!(error instanceof PetrelError)) throw error;
    expect(reader.position).toBeLessThanOrEqual(32 + body.length);
    return { packet: undefined, code: `${error.code} ${error.message}` };
  }
}

describe('whatever the bytes are', () => {
  it('they are packets or a PetrelError', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 64 }),
        fc.option(anyVersion, { nil: undefined }),
        anySender,
        (bytes, version, sender) => {
          readStream([bytes], version, sender);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('a body of random bytes under every first byte is a packet or a PetrelError', () => {
    fc.assert(
      fc.property(
        fc.nat(255),
        fc.uint8Array({ maxLength: 40 }),
        anyVersion,
        anySender,
        (firstByte, body, version, sender) => {
          const bytes = Uint8Array.of(firstByte, body.length, ...body);
          const { packets, error } = readStream([bytes], version, sender);
          expect(packets.length + (error === undefined ? 0 : 1)).toBe(1);
          // Whoever is told why the connection ends is told by a code that exists for it.
          if (error !== undefined) expect([0x81, 0x82, 0x84, 0x90, 0x94]).toContain(error.reasonCode);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('a valid packet with some bytes changed is a packet or a PetrelError', () => {
    const change = fc.tuple(fc.nat(), fc.nat(255));
    fc.assert(
      fc.property(
        anySentPacket,
        fc.array(change, { minLength: 1, maxLength: 4 }),
        ({ packet, version, sender }, changes) => {
          const bytes = encodePacket(packet, version);
          for (const [at, value] of changes) bytes[at % bytes.length] = value;
          readStream([bytes], version, sender);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('a packet that is accepted is written and read again as itself', () => {
    const change = fc.tuple(fc.nat(), fc.nat(255));
    fc.assert(
      fc.property(
        anySentPacket,
        fc.array(change, { maxLength: 2 }),
        ({ packet, version, sender }, changes) => {
          const bytes = encodePacket(packet, version);
          for (const [at, value] of changes) bytes[at % bytes.length] = value;
          const [first] = readStream([bytes], version, sender).packets;
          // SUBSCRIBE and UNSUBSCRIBE are read with filters that are refused one by one, and so never written.
          if (first === undefined || first.type === 'subscribe' || first.type === 'unsubscribe') return;
          const versionOf = first.type === 'connect' ? first.protocolVersion : version;
          const again = readStream(
            [encodePacket(first, versionOf)],
            first.type === 'connect' ? undefined : version,
            sender,
          );
          expect(again).toEqual({ packets: [first], error: undefined });
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('Remaining Length', () => {
  it('is a wall: what lies around the body changes nothing', () => {
    fc.assert(
      fc.property(anySentPacket, fc.nat(), fc.boolean(), ({ packet, version, sender }, at, isCut) => {
        const encoded = encodePacket(packet, version);
        const whole = encoded.subarray(fixedHeaderSizeOf(encoded));
        const body = isCut ? whole.subarray(0, at % (whole.length + 1)) : whole;
        const firstByte = encoded[0] as number;
        const among = (canary: number) => decodeAmong(canary, firstByte, body, version, sender);
        expect(among(0x00)).toEqual(among(0xff));
        expect(among(0x00)).toEqual(among(0x61));
      }),
      { numRuns: 2000 },
    );
  });

  it('cut short makes another packet or an error, never the same packet', () => {
    fc.assert(
      fc.property(anySentPacket, fc.nat(), ({ packet, version, sender }, at) => {
        const encoded = encodePacket(packet, version);
        const whole = encoded.subarray(fixedHeaderSizeOf(encoded));
        if (whole.length === 0) return;
        const { packet: cut } = decodeAmong(
          0xcc,
          encoded[0] as number,
          whole.subarray(0, at % whole.length),
          version,
          sender,
        );
        expect(cut).not.toEqual(packet);
      }),
      { numRuns: 2000 },
    );
  });

  it('too long by one is malformed for every packet without a payload', () => {
    fc.assert(
      fc.property(anySentPacket, ({ packet, version, sender }) => {
        if (packet.type === 'publish') return;
        const encoded = encodePacket(packet, version);
        const body = Uint8Array.of(...encoded.subarray(fixedHeaderSizeOf(encoded)), 0xff);
        const reader = new ByteReader(body);
        let error: unknown;
        try {
          decodePacket(reader, encoded[0] as number, version, sender, plainTopicNames);
        } catch (thrown) {
          error = thrown;
        }
        // A byte more is another Reason Code, Property Length or Topic Filter; only that can be a Protocol Error.
        expect(error).toBeInstanceOf(PetrelError);
        if (packet.type === 'pingreq' || packet.type === 'pingresp' || packet.type === 'connect') {
          expect(error).toBeInstanceOf(MalformedPacketError);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

function fixedHeaderSizeOf(bytes: Uint8Array): number {
  let at = 1;
  while ((bytes[at] as number) >= 0x80) at++;
  expect(at + 1).toBe(fixedHeaderSize(bytes.length - at - 1));
  return at + 1;
}

describe('chunking', () => {
  it('never changes what a stream says [MQTT-6.0.0-2]', () => {
    const streamOf = (version: ProtocolVersion) =>
      fc.record({
        version: fc.constant(version),
        sent: fc.array(anyPacket(version), { minLength: 1, maxLength: 8 }),
        sizes: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 30 }),
        damage: fc.option(fc.tuple(fc.nat(), fc.nat(255)), { nil: undefined }),
      });
    const stream = fc.oneof(streamOf(3), streamOf(4), streamOf(5));
    fc.assert(
      fc.property(stream, anySender, ({ version, sent, sizes, damage }, sender) => {
        const packets = sent
          .filter((each) => each.sender === sender)
          .map((each) => encodePacket(each.packet, version));
        const bytes = Uint8Array.from(packets.flatMap((packet) => [...packet]));
        if (damage !== undefined && bytes.length > 0) bytes[damage[0] % bytes.length] = damage[1];
        const chunks: Uint8Array[] = [];
        for (let at = 0, turn = 0; at < bytes.length; turn++) {
          const size = sizes[turn % sizes.length] as number;
          chunks.push(bytes.slice(at, at + size));
          at += size;
        }
        const whole = readStream([bytes], version, sender);
        const pieces = readStream(chunks, version, sender);
        expect(pieces.packets).toEqual(whole.packets);
        expect(pieces.error?.message).toBe(whole.error?.message);
        if (damage === undefined) expect(whole.packets).toHaveLength(packets.length);
      }),
      { numRuns: 300 },
    );
  });
});
