/** Whatever way a copy is put together, it is the packet that the codec would have written. */
import { encodePacket, PacketReader, type PublishPacket, type QoS } from '@petrel/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { OutboundTotal } from './bounds/outbound-total.js';
import { createMessage, createOwnMessage } from './create-message.js';
import { FlushQueue } from './flush-queue.js';
import type { Message } from './message.js';
import { Output } from './output.js';
import { PublishFrame } from './publish-frame.js';
import { type PublishCopy, publishCopySize, writePublishCopy } from './publish-writer.js';
import { DeliveryTerms } from './subscription.js';
import { TopicCache } from './topic-cache.js';
import type { Transport } from './transport.js';

const clock = { now: () => 1_000_000, schedule: () => () => {} };
const topics = new TopicCache(1000);

/** A transport that keeps what is written, as a socket does whose bytes leave at once. */
function collector() {
  const chunks: Buffer[] = [];
  const transport = {
    bufferedBytes: 0,
    write: (bytes: Uint8Array) => chunks.push(Buffer.from(bytes)) > 0,
    cork() {},
    uncork() {},
  } as unknown as Transport;
  const total = new OutboundTotal(1_000_000_000, 1_000_000);
  return { chunks, output: new Output(transport, new FlushQueue(), { onFlushed() {} }, total) };
}

/** The message of a packet as it comes in on one version. */
function received(packet: PublishPacket, version: 4 | 5): Message {
  const reader = new PacketReader({ sender: 'client', protocolVersion: version, topicNames: topics });
  // Another packet in front, so that offsets are not all 0.
  reader.push(Buffer.concat([Uint8Array.of(0xc0, 0), encodePacket(packet, version)]));
  reader.nextFrame();
  reader.nextFrame();
  const frame = new PublishFrame();
  frame.read(reader, topics);
  return createMessage(frame, 'publisher', clock);
}

const userProperty = fc
  .tuple(fc.string({ maxLength: 5 }), fc.string({ maxLength: 5 }))
  .filter((pair) => pair.every(isText));
const properties = fc.record(
  {
    payloadFormatIndicator: fc.constantFrom(0, 1),
    contentType: fc.string({ maxLength: 20 }).filter(isText),
    responseTopic: fc.constantFrom('a', 'a/b'),
    correlationData: fc.uint8Array({ maxLength: 20 }),
    userProperties: fc.array(userProperty, { minLength: 1, maxLength: 3 }),
    messageExpiryInterval: fc.integer({ min: 1, max: 0xffffffff }),
  },
  { requiredKeys: [] },
);
const qos = fc.constantFrom<QoS>(0, 1, 2);
const packets = fc.record({
  topicName: fc.constantFrom('a', 'a/b/c', 'ü', 'x'.repeat(200), '/'.repeat(60)),
  payload: fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.integer({ min: 1900, max: 20_000 }).map((size) => new Uint8Array(size).fill(7)),
  ),
  qos,
  retain: fc.boolean(),
  properties,
});
const copies = fc.record({
  qos,
  retain: fc.boolean(),
  packetIdentifier: fc.integer({ min: 1, max: 0xffff }),
  identifiers: fc.uniqueArray(fc.integer({ min: 1, max: 268_435_455 }), { maxLength: 3 }),
  topicAlias: fc.integer({ min: 0, max: 0xffff }),
  withTopicName: fc.boolean(),
  dup: fc.boolean(),
});

describe('a copy', () => {
  test('is the packet that the codec writes, from any version to any version', () => {
    fc.assert(
      fc.property(
        packets,
        fc.constantFrom<4 | 5>(4, 5),
        fc.constantFrom<4 | 5>(4, 5),
        copies,
        fc.boolean(),
        (base, from, to, wanted, kept) => {
          const packet: PublishPacket = {
            type: 'publish',
            dup: false,
            packetIdentifier: base.qos === 0 ? 0 : 77,
            ...base,
            properties: from === 5 ? base.properties : {},
          };
          const message = received(packet, from);
          if (kept) message.detach();
          const topicAlias = to === 5 ? wanted.topicAlias : 0;
          const { encodedIdentifiers } = DeliveryTerms.restored(0, wanted.identifiers, undefined);
          const copy: PublishCopy = {
            qos: wanted.qos,
            retain: wanted.retain,
            dup: wanted.dup && wanted.qos > 0,
            packetIdentifier: wanted.qos === 0 ? 0 : wanted.packetIdentifier,
            subscriptionIdentifiers: to === 5 ? encodedIdentifiers : undefined,
            topicAlias,
            withTopicName: wanted.withTopicName || topicAlias === 0,
            messageExpiryInterval: message.remainingExpiryInterval(clock.now()),
          };
          const { chunks, output } = collector();
          writePublishCopy(output, message, to === 5, copy);
          output.flush();
          const written = Buffer.concat(chunks);
          expect(written).toHaveLength(publishCopySize(message, to === 5, copy));
          const reader = new PacketReader({ sender: 'server', protocolVersion: to });
          reader.push(written);
          const again = reader.next() as PublishPacket;
          expect(again).toMatchObject({
            topicName: copy.withTopicName ? packet.topicName : '',
            qos: copy.qos,
            retain: copy.retain,
            dup: copy.dup,
            packetIdentifier: copy.packetIdentifier,
          });
          expect(Buffer.compare(again.payload, packet.payload)).toBe(0);
          const expected = {
            ...(to === 5 && packet.properties),
            ...(topicAlias > 0 && { topicAlias }),
            ...(to === 5 && wanted.identifiers.length > 0 && { subscriptionIdentifiers: wanted.identifiers }),
          };
          expect(plain(again.properties)).toEqual(plain(expected));
          expect(reader.next()).toBeUndefined();
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('passes as the bytes it came in where nothing has to change', () => {
    const packet: PublishPacket = {
      type: 'publish',
      topicName: 'a/b',
      payload: new Uint8Array(5000),
      qos: 0,
      retain: false,
      dup: false,
      packetIdentifier: 0,
      properties: {},
    };
    const message = received(packet, 5);
    const { chunks, output } = collector();
    writePublishCopy(output, message, true, {
      qos: 0,
      retain: false,
      dup: false,
      packetIdentifier: 0,
      subscriptionIdentifiers: undefined,
      topicAlias: 0,
      withTopicName: true,
      messageExpiryInterval: undefined,
    });
    output.flush();
    expect(Buffer.compare(Buffer.concat(chunks), encodePacket(packet, 5))).toBe(0);
  });

  test('of a message of the broker itself is the packet that the codec writes', () => {
    const content = {
      topicName: 'a',
      payload: Buffer.from('x'),
      qos: 1,
      retain: true,
      properties: { contentType: 'y' },
    } as const;
    const message = createOwnMessage(content, undefined, topics, clock);
    const { chunks, output } = collector();
    const copy = {
      qos: 1,
      retain: true,
      dup: false,
      packetIdentifier: 9,
      topicAlias: 0,
      withTopicName: true,
    } as const;
    writePublishCopy(output, message, true, {
      ...copy,
      subscriptionIdentifiers: undefined,
      messageExpiryInterval: undefined,
    });
    output.flush();
    const expected = encodePacket({ type: 'publish', ...content, dup: false, packetIdentifier: 9 }, 5);
    expect(Buffer.compare(Buffer.concat(chunks), expected)).toBe(0);
  });
});

function isText(value: string): boolean {
  return !/[\ud800-\udfff\0]/.test(value);
}

function plain(value: object): unknown {
  return JSON.parse(JSON.stringify(value, (_, item) => (item instanceof Uint8Array ? [...item] : item)));
}
