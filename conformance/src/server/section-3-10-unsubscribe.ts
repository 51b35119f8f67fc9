/** Sections 3.10 and 3.11: UNSUBSCRIBE and UNSUBACK. */
import { isReasonCodeOf } from '@petrel/protocol';
import { defineTest } from '../conformance-test.js';
import { expectEqual, expectTrue } from '../wire/expect.js';
import { frame, properties, string, uint16 } from '../wire/frame.js';
import { textOf } from './test-client.js';
import type { TestContext } from './test-context.js';

const serverTest = defineTest<TestContext>;

export const unsubscribeTests = [
  serverTest(
    { v5: 'MQTT-3.10.1-1', v311: 'MQTT-3.10.1-1' },
    'UNSUBSCRIBE with other flags than 0010 closes',
    async (t) => {
      for (const firstByte of [0xa0, 0xa1, 0xa3, 0xaa]) {
        const rest = await t.expectViolation(
          frame(firstByte, uint16(1), properties(t.version), string(t.topic())),
        );
        expectTrue(
          !rest.some(({ type }) => type === 'unsuback'),
          'UNSUBACK for an UNSUBSCRIBE with wrong flags',
        );
      }
    },
  ),

  serverTest({ v311: 'MQTT-3.10.3-2' }, 'UNSUBSCRIBE without a filter closes', async (t) => {
    await t.expectViolation(frame(0xa2, uint16(1)));
  }),

  serverTest(
    { v5: 'MQTT-3.10.4-1', v311: 'MQTT-3.10.4-1' },
    'only a filter that is the same character by character is removed',
    async (t) => {
      const topicName = t.topic('a/b');
      const [publisher, subscriber] = await t.pair(topicName);
      await subscriber.unsubscribe(
        t.topic('a/+'),
        t.topic('a/#'),
        t.topic('a/B'),
        `${topicName}/`,
        t.topic('a'),
      );
      await publisher.publish(topicName, 'still there', { qos: 1 });
      expectEqual(textOf(await subscriber.expectMessage()), 'still there', 'payload');
      await subscriber.subscribe(t.topic('marker'), { qos: 1 });
      await subscriber.unsubscribe(topicName);
      await publisher.publish(topicName, 'gone', { qos: 1 });
      await subscriber.expectNothingBefore(publisher, t.topic('marker'));
    },
  ),

  serverTest(
    { v5: 'MQTT-3.10.4-2', v311: 'MQTT-3.10.4-2' },
    'after UNSUBACK no new message comes',
    async (t) => {
      const topicName = t.topic();
      const [publisher, subscriber] = await t.pair(topicName, 2);
      await subscriber.subscribe(t.topic('marker'), { qos: 2 });
      await subscriber.unsubscribe(topicName);
      for (const qos of [0, 1, 2] as const) await publisher.publish(topicName, 'x', { qos });
      await subscriber.expectNothingBefore(publisher, t.topic('marker'), 2);
    },
  ),

  serverTest(
    { v5: 'MQTT-3.10.4-3', v311: 'MQTT-3.10.4-3' },
    'deliveries that have begun are completed after UNSUBACK',
    async (t) => {
      const topicName = t.topic();
      const first = await t.connect({ persistent: true });
      await first.subscribe(topicName, { qos: 2 });
      const publisher = await t.connect();
      await publisher.publish(topicName, 'one', { qos: 1 });
      await publisher.publish(topicName, 'two', { qos: 2 });
      await publisher.publish(topicName, 'three', { qos: 2 });
      const [one, two, three] = [
        await first.expectPublish(),
        await first.expectPublish(),
        await first.expectPublish(),
      ];
      await first.unsubscribe(topicName);
      await first.acknowledge(two);
      first.cut();
      const second = await t.connect({ clientIdentifier: first.clientIdentifier, persistent: true });
      const resent = [await second.expectMessage(), await second.expectMessage()];
      expectEqual(
        resent.map(({ packetIdentifier }) => packetIdentifier).sort(),
        [one, three].map(({ packetIdentifier }) => packetIdentifier).sort(),
        'Packet Identifiers of what is sent again',
      );
    },
  ),

  serverTest(
    { v5: 'MQTT-3.10.4-4', v311: 'MQTT-3.10.4-4' },
    'UNSUBSCRIBE is answered with UNSUBACK and the same Packet Identifier',
    async (t) => {
      const client = await t.connect();
      await client.subscribe(t.topic());
      client.send({ type: 'unsubscribe', packetIdentifier: 513, topicFilters: [t.topic()], properties: {} });
      const { packet, bytes } = await client.next();
      expectEqual(
        [packet.type, bytes[2], bytes[3]],
        ['unsuback', 2, 1],
        'answer and bytes of the Packet Identifier',
      );
    },
  ),

  serverTest(
    { v5: 'MQTT-3.10.4-5', v311: 'MQTT-3.10.4-5' },
    'UNSUBACK comes even if there was no such subscription',
    async (t) => {
      const client = await t.connect();
      client.send({
        type: 'unsubscribe',
        packetIdentifier: 65_535,
        topicFilters: [t.topic()],
        properties: {},
      });
      expectEqual((await client.expectPacket('unsuback')).packetIdentifier, 65_535, 'Packet Identifier');
    },
  ),

  serverTest(
    { v5: 'MQTT-3.10.4-6', v311: 'MQTT-3.10.4-6' },
    'several filters in one UNSUBSCRIBE: one UNSUBACK, and all are gone',
    async (t) => {
      const [publisher, subscriber] = [await t.connect(), await t.connect()];
      const names = ['a', 'b', 'c'].map((name) => t.topic(name));
      await subscriber.subscribe([...names, t.topic('marker')], { qos: 1 });
      await subscriber.unsubscribe(...names);
      for (const topicName of names) await publisher.publish(topicName, 'x', { qos: 1 });
      await subscriber.expectNothingBefore(publisher, t.topic('marker'));
      await subscriber.expectNone('unsuback');
    },
  ),

  serverTest(
    { v5: ['MQTT-3.11.2-1', 'MQTT-3.11.2-2'] },
    'UNSUBACK keeps within Maximum Packet Size, without Reason String and User Property if need be',
    async (t) => {
      const maximumPacketSize = await t.tightestPacketSize();
      const client = await t.connect({ properties: { maximumPacketSize } });
      client.send({ type: 'unsubscribe', packetIdentifier: 1, topicFilters: [t.topic()], properties: {} });
      const { bytes } = await client.expectFrame('unsuback');
      expectTrue(
        bytes.length <= maximumPacketSize,
        `UNSUBACK has ${bytes.length} bytes, allowed are ${maximumPacketSize}`,
      );
    },
  ),

  serverTest(
    { v5: 'MQTT-3.11.3-1' },
    'the codes of UNSUBACK stand in the order of the filters',
    async (t) => {
      const client = await t.connect();
      await client.subscribe([t.topic('a'), t.topic('b')]);
      const { reasonCodes } = await client.unsubscribe(
        t.topic('x'),
        t.topic('a'),
        t.topic('y'),
        t.topic('b'),
      );
      expectEqual(reasonCodes.length, 4, 'Reason Codes');
      const removed = reasonCodes.map((code) => code === 0x00);
      t.require(!removed.every(Boolean), 'the broker answers 0x00 for filters that were never subscribed to');
      expectEqual(removed, [false, true, false, true], 'whether each filter was removed');
    },
  ),

  serverTest({ v5: 'MQTT-3.11.3-2' }, 'UNSUBACK has defined codes only, one for each filter', async (t) => {
    const client = await t.connect();
    await client.subscribe(t.topic('a'));
    const { reasonCodes } = await client.unsubscribe(t.topic('a'), t.topic('x'), '$share/g/x');
    expectEqual(reasonCodes.length, 3, 'Reason Codes');
    for (const code of reasonCodes)
      expectTrue(isReasonCodeOf('unsuback', code, 'server'), `Reason Code ${code}`);
  }),
].flat();
