/** Sections 1.5 and 2 of MQTT 5, 1.5 and 2 of 3.1.1: strings, integers, and the fields that packets share. */
import { defineTest } from '../conformance-test.js';
import { expectEqual, expectTrue } from '../wire/expect.js';
import {
  bytes,
  connectFrame,
  publishFrame,
  string,
  subscribeFrame,
  variableByteInteger,
} from '../wire/frame.js';
import type { TestContext } from './test-context.js';

const serverTest = defineTest<TestContext>;

/** Not UTF-8: an overlong form, a surrogate, a byte that never occurs, a sequence that is cut off. */
const illFormed: readonly (readonly number[])[] = [
  [0x61, 0xc0, 0x80],
  [0x61, 0xed, 0xa0, 0x80],
  [0x61, 0xff],
  [0x61, 0xe2, 0x82],
];
const withNull = [0x61, 0x00, 0x62];

/** The number that a Variable Byte Integer at an offset means, and how many bytes it takes. */
function readVariableByteInteger(source: Uint8Array, offset: number): { value: number; size: number } {
  let value = 0;
  let size = 0;
  let byte: number;
  do {
    byte = source[offset + size] ?? 0;
    value += (byte & 0x7f) * 0x80 ** size++;
  } while (byte >= 0x80);
  return { value, size };
}

export const dataTypeTests = [
  serverTest(
    { v5: 'MQTT-1.5.4-1', v311: 'MQTT-1.5.3-1' },
    'ill-formed UTF-8 in a Topic Name closes',
    async (t) => {
      for (const topicName of illFormed) await t.expectViolation(publishFrame(t.version, { topicName }));
    },
  ),

  serverTest(
    { v5: 'MQTT-1.5.4-1', v311: 'MQTT-1.5.3-1' },
    'ill-formed UTF-8 in a Topic Filter closes',
    async (t) => {
      for (const topicFilter of illFormed)
        await t.expectViolation(subscribeFrame(t.version, { topicFilter }));
    },
  ),

  serverTest(
    { v5: 'MQTT-1.5.4-1', v311: 'MQTT-1.5.3-1' },
    'ill-formed UTF-8 in a Client Identifier closes',
    async (t) => {
      for (const text of illFormed) await t.expectRefusal(connectFrame(t.version, { payload: string(text) }));
    },
  ),

  serverTest(
    { v5: 'MQTT-1.5.4-2', v311: 'MQTT-1.5.3-2' },
    'U+0000 in a Topic Name, Topic Filter or Client Identifier closes',
    async (t) => {
      await t.expectViolation(publishFrame(t.version, { topicName: withNull }));
      await t.expectViolation(subscribeFrame(t.version, { topicFilter: withNull }));
      await t.expectRefusal(connectFrame(t.version, { payload: string(withNull) }));
    },
  ),

  serverTest(
    { v5: 'MQTT-1.5.4-3', v311: 'MQTT-1.5.3-3' },
    'U+FEFF in a Topic Name stays where it is and is part of the name',
    async (t) => {
      const marked = `\uFEFF${t.topic('marked')}`;
      const [publisher, subscriber] = await t.pair(marked);
      await subscriber.subscribe(t.topic('marked'));
      await publisher.publish(marked, 'x', { qos: 1 });
      const { bytes: received } = await subscriber.expectFrame('publish');
      expectEqual([...received.subarray(4, 7)], [0xef, 0xbb, 0xbf], 'first bytes of the Topic Name');
    },
  ),

  serverTest(
    { v5: 'MQTT-1.5.5-1' },
    'Remaining Length and Property Length of a forwarded PUBLISH are as short as they can be',
    async (t) => {
      const topicName = t.topic();
      const [publisher, subscriber] = await t.pair(topicName);
      for (const size of [0, 100, 127, 128, 16_383, 16_384]) {
        const userProperties = [['name', 'x'.repeat(size)]] as const;
        await publisher.publish(topicName, 'x'.repeat(size), { properties: { userProperties } });
        const { bytes: received } = await subscriber.expectFrame('publish');
        const remaining = readVariableByteInteger(received, 1);
        expectEqual(
          remaining.size,
          variableByteInteger(remaining.value).length,
          `bytes of Remaining Length ${remaining.value}`,
        );
        const property = readVariableByteInteger(
          received,
          1 + remaining.size + 2 + Buffer.byteLength(topicName),
        );
        expectEqual(
          property.size,
          variableByteInteger(property.value).length,
          `bytes of Property Length ${property.value}`,
        );
      }
    },
  ),

  serverTest(
    { v5: 'MQTT-1.5.7-1' },
    'ill-formed UTF-8 or U+0000 in the name or the value of a User Property closes',
    async (t) => {
      for (const text of [illFormed[0] ?? [], withNull]) {
        for (const pair of [bytes(string(text), string('value')), bytes(string('name'), string(text))]) {
          await t.expectViolation(publishFrame(5, { topicName: t.topic(), properties: [0x26, pair] }));
        }
      }
    },
  ),

  serverTest(
    { v5: 'MQTT-2.1.3-1', v311: ['MQTT-2.2.2-1', 'MQTT-2.2.2-2'] },
    'reserved flag bits set in PINGREQ, PUBACK, PUBREC and PUBCOMP close',
    async (t) => {
      await t.expectViolation(bytes(0xc1, 0));
      for (const firstByte of [0x41, 0x52, 0x78]) await t.expectViolation(bytes(firstByte, 2, 0, 1));
    },
  ),

  serverTest(
    { v5: 'MQTT-2.1.3-1', v311: 'MQTT-2.2.2-1' },
    'every packet of the broker has the flag bits of the table',
    async (t) => {
      const opening = await t.open();
      opening.send(t.connectPacket());
      const firstBytes = [(await opening.expectFrame('connack')).bytes[0]];
      const topicName = t.topic();
      const client = await t.connect();
      client.send({
        type: 'subscribe',
        packetIdentifier: 1,
        subscriptions: [
          { topicFilter: topicName, qos: 2, noLocal: false, retainAsPublished: false, retainHandling: 0 },
        ],
        properties: {},
      });
      firstBytes.push((await client.expectFrame('suback')).bytes[0]);
      client.send(client.publishPacket(topicName, 'x', { qos: 1, packetIdentifier: 2 }));
      firstBytes.push((await client.expectFrame('puback')).bytes[0]);
      client.send(client.publishPacket(topicName, 'x', { qos: 2, packetIdentifier: 3 }));
      firstBytes.push((await client.expectFrame('pubrec')).bytes[0]);
      client.answer('pubrel', 3);
      firstBytes.push((await client.expectFrame('pubcomp')).bytes[0]);
      const { packetIdentifier } = await client.expectPacket('publish', ({ qos }) => qos === 2);
      client.answer('pubrec', packetIdentifier);
      firstBytes.push((await client.expectFrame('pubrel')).bytes[0]);
      client.send({ type: 'unsubscribe', packetIdentifier: 4, topicFilters: [topicName], properties: {} });
      firstBytes.push((await client.expectFrame('unsuback')).bytes[0]);
      client.send({ type: 'pingreq' });
      firstBytes.push((await client.expectFrame('pingresp')).bytes[0]);
      expectEqual(firstBytes, [0x20, 0x90, 0x40, 0x50, 0x70, 0x62, 0xb0, 0xd0], 'first bytes');
    },
  ),

  serverTest(
    { v5: 'MQTT-2.2.1-2', v311: 'MQTT-2.3.1-5' },
    'a PUBLISH forwarded at QoS 0 has no Packet Identifier',
    async (t) => {
      const topicName = t.topic();
      const [publisher, subscriber] = await t.pair(topicName, 0);
      await publisher.publish(topicName, 'payload', { qos: 1 });
      const { bytes: received } = await subscriber.expectFrame('publish');
      const expected = publishFrame(t.version, { topicName, payload: 'payload' });
      expectEqual(
        Buffer.from(received).toString('hex'),
        Buffer.from(expected).toString('hex'),
        'bytes of the PUBLISH',
      );
    },
  ),

  serverTest(
    { v311: 'MQTT-2.3.1-1' },
    'SUBSCRIBE, UNSUBSCRIBE and PUBLISH of QoS 1 with Packet Identifier 0 close',
    async (t) => {
      await t.expectViolation(subscribeFrame(4, { packetIdentifier: 0, topicFilter: t.topic() }));
      await t.expectViolation(bytes(0xa2, 5, 0, 0, string('a')));
      await t.expectViolation(
        publishFrame(4, { firstByte: 0x32, topicName: t.topic(), packetIdentifier: 0 }),
      );
    },
  ),

  serverTest(
    { v5: 'MQTT-2.2.1-4', v311: 'MQTT-2.3.1-4' },
    'messages under way have Packet Identifiers that are not 0 and all different',
    async (t) => {
      const topicName = t.topic();
      const [publisher, subscriber] = await t.pair(topicName, 2);
      for (const qos of [1, 2, 1, 2, 1, 2] as const) await publisher.publish(topicName, 'x', { qos });
      const identifiers = new Set<number>();
      for (let count = 0; count < 6; count++)
        identifiers.add((await subscriber.expectPublish()).packetIdentifier);
      expectTrue(!identifiers.has(0), 'Packet Identifier 0');
      expectEqual(identifiers.size, 6, 'different Packet Identifiers of 6 messages under way');
    },
  ),

  serverTest(
    { v5: 'MQTT-2.2.1-5', v311: 'MQTT-2.3.1-6' },
    'PUBACK, PUBREC, PUBCOMP and PUBREL repeat the Packet Identifier of their PUBLISH',
    async (t) => {
      const topicName = t.topic();
      const [publisher, subscriber] = await t.pair(topicName, 2);
      publisher.send(publisher.publishPacket(topicName, 'x', { qos: 1, packetIdentifier: 0xabcd }));
      expectEqual(
        (await publisher.expectPacket('puback')).packetIdentifier,
        0xabcd,
        'Packet Identifier of PUBACK',
      );
      publisher.send(publisher.publishPacket(topicName, 'y', { qos: 2, packetIdentifier: 0xffff }));
      expectEqual(
        (await publisher.expectPacket('pubrec')).packetIdentifier,
        0xffff,
        'Packet Identifier of PUBREC',
      );
      publisher.answer('pubrel', 0xffff);
      expectEqual(
        (await publisher.expectPacket('pubcomp')).packetIdentifier,
        0xffff,
        'Packet Identifier of PUBCOMP',
      );
      await subscriber.expectMessage();
      const { packetIdentifier } = await subscriber.expectPublish();
      subscriber.answer('pubrec', packetIdentifier);
      expectEqual(
        (await subscriber.expectPacket('pubrel')).packetIdentifier,
        packetIdentifier,
        'Packet Identifier of PUBREL',
      );
    },
  ),

  serverTest(
    { v5: 'MQTT-2.2.1-6', v311: 'MQTT-2.3.1-7' },
    'SUBACK and UNSUBACK repeat the Packet Identifier of the request',
    async (t) => {
      const client = await t.connect();
      const topicFilter = t.topic();
      client.send(subscribeFrame(t.version, { packetIdentifier: 0xbeef, topicFilter }));
      expectEqual(
        (await client.expectPacket('suback')).packetIdentifier,
        0xbeef,
        'Packet Identifier of SUBACK',
      );
      client.send({
        type: 'unsubscribe',
        packetIdentifier: 0xffff,
        topicFilters: [topicFilter],
        properties: {},
      });
      expectEqual(
        (await client.expectPacket('unsuback')).packetIdentifier,
        0xffff,
        'Packet Identifier of UNSUBACK',
      );
    },
  ),

  serverTest(
    { v5: 'MQTT-2.2.2-1' },
    'a PUBLISH, SUBACK and UNSUBACK without properties still have a Property Length',
    async (t) => {
      const topicName = t.topic();
      const client = await t.connect({ properties: { requestProblemInformation: false } });
      client.send(subscribeFrame(5, { topicFilter: topicName }));
      const suback = (await client.expectFrame('suback')).bytes;
      expectEqual(suback.length, 2 + 2 + 1 + (suback[4] ?? 0) + 1, 'bytes of SUBACK');
      await client.publish(topicName, 'x');
      const published = (await client.expectFrame('publish')).bytes;
      expectEqual([...published], [...publishFrame(5, { topicName, payload: 'x' })], 'bytes of PUBLISH');
      client.send({ type: 'unsubscribe', packetIdentifier: 2, topicFilters: [topicName], properties: {} });
      const unsuback = (await client.expectFrame('unsuback')).bytes;
      expectEqual(unsuback.length, 2 + 2 + 1 + (unsuback[4] ?? 0) + 1, 'bytes of UNSUBACK');
    },
  ),
].flat();
