import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodePacket } from './encode-packet.js';
import { MalformedPacketError, PacketTooLargeError, ProtocolError } from './errors.js';
import { PacketReader } from './packet-reader.js';
import type { PublishPacket } from './packets/publish.js';
import { TopicNameCache } from './topic-name-cache.js';
import { wire } from './vectors/wire.js';

function serverReader(maximumPacketSize?: number): PacketReader {
  return new PacketReader({ sender: 'client', protocolVersion: 5, maximumPacketSize });
}

function publish(payload: Uint8Array, topicName = 'a'): Uint8Array {
  return encodePacket(
    {
      type: 'publish',
      topicName,
      payload,
      qos: 0,
      retain: false,
      dup: false,
      packetIdentifier: 0,
      properties: {},
    },
    5,
  );
}

describe('a stream', () => {
  it('without a whole packet has none', () => {
    const reader = serverReader();
    expect(reader.next()).toBeUndefined();
    reader.push(new Uint8Array(0));
    expect(reader.next()).toBeUndefined();
    reader.push(wire('30'));
    expect(reader.next()).toBeUndefined();
    expect(reader.bufferedBytes).toBe(1);
  });

  it('gives the packets of all chunks pushed before it is asked', () => {
    const reader = serverReader();
    for (const chunk of ['C0', '00 C0', '00 E0', '00']) reader.push(wire(chunk));
    expect(reader.bufferedBytes).toBe(6);
    expect([reader.next()?.type, reader.next()?.type, reader.next()?.type, reader.next()]).toEqual([
      'pingreq',
      'pingreq',
      'disconnect',
      undefined,
    ]);
    expect(reader.bufferedBytes).toBe(0);
  });

  it('reads Remaining Lengths of one to four bytes at their bounds', () => {
    for (const remainingLength of [127, 128, 16_383, 16_384, 2_097_151, 2_097_152]) {
      const bytes = publish(new Uint8Array(remainingLength - 4).fill(7));
      for (const size of [bytes.length, 1 + (bytes.length >> 1), 3]) {
        if (size === 3 && bytes.length > 20_000) continue;
        const reader = serverReader();
        for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, at + size));
        expect((reader.next() as PublishPacket).payload).toHaveLength(remainingLength - 4);
      }
    }
  });

  it('learns its version from CONNECT and keeps it', () => {
    const reader = new PacketReader({ sender: 'client' });
    reader.push(wire('10 0C | 00 04 "MQTT" 04 | 02 | 00 00 | 00 00 | 30 03 | 00 01 "a"'));
    expect(reader.next()).toMatchObject({ type: 'connect', protocolVersion: 4 });
    expect(reader.protocolVersion).toBe(4);
    expect(reader.next()).toMatchObject({ type: 'publish', topicName: 'a' });
    reader.push(wire('10 0D | 00 04 "MQTT" 05 | 02 | 00 00 | 00 | 00 00'));
    expect(reader.next()).toMatchObject({ type: 'connect', protocolVersion: 5 });
    expect(reader.protocolVersion).toBe(4);
  });
});

describe('memory', () => {
  it('a payload of a packet that came in one chunk is a view of that chunk', () => {
    const chunk = publish(wire('01 02 03'));
    const reader = serverReader();
    reader.push(chunk);
    const { payload } = reader.next() as PublishPacket;
    expect(payload.buffer).toBe(chunk.buffer);
  });

  it('a chunk that ends one packet is copied for that one only', () => {
    const reader = serverReader();
    const first = publish(new Uint8Array(100));
    reader.push(first.subarray(0, 50));
    expect(reader.next()).toBeUndefined();
    const chunk = Uint8Array.of(...first.subarray(50), ...publish(wire('01 02 03')));
    reader.push(chunk);
    expect((reader.next() as PublishPacket).payload.buffer).not.toBe(chunk.buffer);
    expect((reader.next() as PublishPacket).payload.buffer).toBe(chunk.buffer);
  });

  it('a payload is a plain Uint8Array whatever the chunk was', () => {
    const reader = serverReader();
    reader.push(Buffer.from(publish(wire('01 02 03'))));
    const { payload } = reader.next() as PublishPacket;
    expect(payload.constructor).toBe(Uint8Array);
    expect(payload).toEqual(wire('01 02 03'));
  });

  it('earlier payloads stay as they were while later packets come', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 30 }), { minLength: 2, maxLength: 6 }),
        fc.integer({ min: 1, max: 25 }),
        (payloads, size) => {
          const bytes = Uint8Array.from(payloads.flatMap((payload) => [...publish(payload)]));
          const reader = serverReader();
          const read: Uint8Array[] = [];
          for (let at = 0; at < bytes.length; at += size) {
            reader.push(bytes.slice(at, at + size));
            for (let packet = reader.next(); packet !== undefined; packet = reader.next()) {
              read.push((packet as PublishPacket).payload);
            }
          }
          expect(read).toEqual(payloads);
        },
      ),
    );
  });

  it('is never taken for a length that is only claimed', () => {
    const reader = serverReader();
    reader.push(wire('30 FF FF FF 7F | 00 01 "a" 00'));
    expect(reader.next()).toBeUndefined();
    expect(reader.bufferedBytes).toBe(9);
    expect(reader.bytes.buffer.byteLength).toBeLessThan(64);
    for (let count = 0; count < 1000; count++) {
      reader.push(Uint8Array.of(count));
      expect(reader.next()).toBeUndefined();
    }
    expect(reader.bufferedBytes).toBe(1009);
    expect(reader.bytes.buffer.byteLength).toBeLessThanOrEqual(2 * 1009);
  });

  it('of an idle reader is nothing', () => {
    const reader = serverReader();
    reader.push(publish(new Uint8Array(1000)));
    expect(reader.next()?.type).toBe('publish');
    expect(reader.next()).toBeUndefined();
    expect(reader.bytes.buffer.byteLength).toBe(0);
  });

  it('a large chunk is not kept for the first bytes of a packet at its end', () => {
    const chunk = new Uint8Array(65_536 + 3);
    for (let at = 0; at < 65_536; at += 2) chunk.set([0xc0, 0], at);
    chunk.set([0x30, 0x04, 0x00], 65_536);
    const reader = serverReader();
    reader.push(chunk);
    let pings = 0;
    while (reader.next() !== undefined) pings++;
    expect(pings).toBe(32_768);
    expect(reader.bytes.buffer.byteLength).toBeLessThan(64);
    reader.push(wire('01 "a" 00'));
    expect(reader.next()).toMatchObject({ type: 'publish', topicName: 'a' });
  });
});

describe('Maximum Packet Size', () => {
  it('counts the fixed header', () => {
    const bytes = publish(new Uint8Array(200));
    const exact = serverReader(bytes.length);
    exact.push(bytes);
    expect(exact.next()?.type).toBe('publish');
    const smaller = serverReader(bytes.length - 1);
    smaller.push(bytes);
    expect(() => smaller.next()).toThrow(PacketTooLargeError);
  });

  it('is enforced by the fixed header alone, before a byte of the body has come', () => {
    const reader = serverReader(1024);
    reader.push(wire('30 FF FF FF'));
    expect(reader.next()).toBeUndefined();
    reader.push(wire('7F'));
    expect(() => reader.next()).toThrow(
      expect.objectContaining({ code: 'PETREL_PACKET_TOO_LARGE', reasonCode: 0x95 }),
    );
  });

  it('may change between packets', () => {
    const reader = serverReader(10);
    reader.push(publish(wire('')));
    expect(reader.next()?.type).toBe('publish');
    reader.maximumPacketSize = 300;
    reader.push(publish(new Uint8Array(200)));
    expect(reader.next()?.type).toBe('publish');
  });
});

describe('the first packet', () => {
  it('is refused by its first byte when it is not CONNECT [MQTT-3.1.0-1]', () => {
    const reader = new PacketReader({ sender: 'client' });
    reader.push(wire('30'));
    expect(() => reader.next()).toThrow(ProtocolError);
    expect(() => reader.next()).toThrow(expect.objectContaining({ clause: 'MQTT-3.1.0-1' }));
  });

  it('is refused on the frame level too [MQTT-3.1.0-1]', () => {
    const reader = new PacketReader({ sender: 'client' });
    reader.push(wire('30 04 | 00 01 "a" | 00'));
    expect(() => reader.nextFrame()).toThrow(expect.objectContaining({ clause: 'MQTT-3.1.0-1' }));
  });

  it('that claims 256 MB is refused before it is stored', () => {
    const reader = new PacketReader({ sender: 'client', maximumPacketSize: 65_536 });
    reader.push(wire('10 FF FF FF 7F | 00 04 "MQTT" 05'));
    expect(() => reader.next()).toThrow(PacketTooLargeError);
  });
});

describe('frames', () => {
  it('are found without being decoded, and may be decoded twice', () => {
    const reader = serverReader();
    const bytes = wire('C0 00 | 30 06 | 00 01 "a" | 00 | "xy" | 36 00');
    reader.push(bytes);
    expect(reader.nextFrame()).toBe(true);
    expect([reader.firstByte, reader.frameStart, reader.bodyStart, reader.frameEnd]).toEqual([0xc0, 0, 2, 2]);
    expect(reader.nextFrame()).toBe(true);
    expect([reader.firstByte, reader.frameStart, reader.bodyStart, reader.frameEnd]).toEqual([
      0x30, 2, 4, 10,
    ]);
    expect(reader.bytes).toBe(bytes);
    expect(reader.decodeFrame()).toEqual(reader.decodeFrame());
    // A frame that nobody may decode is still a frame.
    expect(reader.nextFrame()).toBe(true);
    expect(() => reader.decodeFrame()).toThrow(MalformedPacketError);
    expect(reader.nextFrame()).toBe(false);
  });

  it('keep their offsets when they are put together from chunks', () => {
    const bytes = publish(new Uint8Array(300).fill(9));
    const reader = serverReader();
    for (const byte of bytes) reader.push(Uint8Array.of(byte));
    expect(reader.nextFrame()).toBe(true);
    expect(reader.bytes.slice(reader.frameStart, reader.frameEnd)).toEqual(bytes);
    expect(reader.bodyStart - reader.frameStart).toBe(3);
  });
});

it('asks the topic name decoder it was given', () => {
  const topicNames = new TopicNameCache();
  const reader = new PacketReader({ sender: 'client', protocolVersion: 5, topicNames });
  reader.push(publish(wire(''), 'a/b'));
  expect(reader.next()).toMatchObject({ topicName: 'a/b' });
});
