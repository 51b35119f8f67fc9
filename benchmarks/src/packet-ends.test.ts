import { expect, test } from 'vitest';
import { bodyOfPacket, endOfPacket, PacketWalker, uint16At } from './packet-ends.js';

const publish = (payloadBytes: number) => {
  const body = [0, 1, 0x61, ...new Array<number>(payloadBytes).fill(7)];
  const length = body.length < 128 ? [body.length] : [(body.length & 127) | 128, body.length >> 7];
  return Uint8Array.of(0x30, ...length, ...body);
};

test('a packet ends where its Remaining Length says, once that has arrived', () => {
  expect(endOfPacket(publish(10), 0)).toBe(15);
  expect(endOfPacket(publish(200), 0)).toBe(206);
  expect(endOfPacket(publish(200).subarray(0, 205), 0)).toBe(0);
  expect(endOfPacket(publish(200).subarray(0, 2), 0)).toBe(0);
  expect(bodyOfPacket(publish(200), 0)).toBe(3);
  expect(uint16At(publish(10), 2)).toBe(1);
});

test('the walker finds every packet, whole and at every split', () => {
  const packets = [publish(0), publish(200), publish(3)];
  const stream = Buffer.concat(packets);
  for (let split = 0; split <= stream.length; split++) {
    const found: Uint8Array[] = [];
    const walker = new PacketWalker((bytes, start, end) => found.push(bytes.slice(start, end)));
    walker.push(stream.subarray(0, split));
    walker.push(stream.subarray(split));
    expect(found.map((bytes) => Buffer.from(bytes).toString('hex'))).toEqual(
      packets.map((bytes) => Buffer.from(bytes).toString('hex')),
    );
  }
});
