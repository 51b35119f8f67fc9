/** Sections 3.1.2.11, 3.3.2.3.4, 3.3.4 and 4.9: Topic Aliases, Maximum Packet Size, Receive Maximum. */
import { defineTest } from '../conformance-test.js';
import { expectEqual, expectTrue } from '../wire/expect.js';
import { publishFrame, uint16 } from '../wire/frame.js';
import type { TestClient } from './test-client.js';
import { textOf } from './test-client.js';
import type { TestContext } from './test-context.js';

const serverTest = defineTest<TestContext>;

/** A client that receives `receiveMaximum` messages at a time, and a publisher who has sent more. */
async function flooded(t: TestContext, receiveMaximum: number, qos: 1 | 2, count: number) {
  const topicName = t.topic();
  const subscriber = await t.connect({ properties: { receiveMaximum } });
  await subscriber.subscribe(topicName, { qos });
  const publisher = await t.connect();
  for (let number = 1; number <= count; number++) await publisher.publish(topicName, String(number), { qos });
  return { topicName, subscriber, publisher };
}

/** Takes so many messages without acknowledging any, and makes sure that no more come. */
async function takeExactly(subscriber: TestClient, count: number) {
  const taken = [];
  while (taken.length < count) taken.push(await subscriber.expectPublish());
  await subscriber.expectNone('publish');
  return taken;
}

export const limitTests = [
  serverTest(
    { v5: 'MQTT-3.1.2-24' },
    'nothing larger than Maximum Packet Size is sent, to the byte',
    async (t) => {
      const topicName = t.topic();
      const subscriber = await t.connect({ properties: { maximumPacketSize: 200 } });
      await subscriber.subscribe(topicName, { qos: 1 });
      const publisher = await t.connect();
      const around = publishFrame(5, { firstByte: 0x32, topicName, packetIdentifier: 1 }).length;
      // Behind 127 bytes the Remaining Length takes a second byte.
      const largest = 200 - around - 1;
      await publisher.publish(topicName, 'x'.repeat(largest + 1), { qos: 1 });
      await publisher.publish(topicName, 'x'.repeat(largest), { qos: 1 });
      const { bytes } = await subscriber.expectFrame('publish');
      expectEqual(bytes.length, 200, 'bytes of the first PUBLISH that came');
    },
  ),

  serverTest(
    { v5: 'MQTT-3.1.2-25' },
    'a message that is too large for a client is dropped as if it had been delivered',
    async (t) => {
      const topicName = t.topic();
      const small = await t.connect({ properties: { maximumPacketSize: 200, receiveMaximum: 1 } });
      await small.subscribe(topicName, { qos: 1 });
      const [publisher, large] = await t.pair(topicName);
      for (let count = 0; count < 3; count++)
        await publisher.publish(topicName, 'x'.repeat(1000), { qos: 1 });
      for (let count = 0; count < 3; count++)
        expectEqual((await large.expectMessage()).payload.length, 1000, 'bytes for the other client');
      await small.expectNothingBefore(publisher, topicName);
    },
  ),

  serverTest(
    { v5: ['MQTT-3.1.2-26', 'MQTT-3.3.2-11'] },
    "Topic Aliases of the server stay within the client's Topic Alias Maximum",
    async (t) => {
      const subscriber = await t.connect({ properties: { topicAliasMaximum: 2 } });
      const names = ['a', 'b', 'c', 'd'].map((name) => t.topic(name));
      await subscriber.subscribe(names, { qos: 1 });
      const publisher = await t.connect();
      const aliases = new Map<number, string>();
      for (const topicName of [...names, ...names]) {
        await publisher.publish(topicName, topicName, { qos: 1 });
        const message = await subscriber.expectMessage();
        const { topicAlias } = message.properties;
        if (topicAlias !== undefined) {
          expectTrue(topicAlias >= 1 && topicAlias <= 2, `Topic Alias ${topicAlias}, allowed are 1 and 2`);
          if (message.topicName !== '') aliases.set(topicAlias, message.topicName);
        }
        const resolved = message.topicName || aliases.get(topicAlias ?? 0);
        expectEqual(resolved, topicName, 'Topic Name behind the alias');
      }
    },
  ),

  serverTest({ v5: 'MQTT-3.1.2-27' }, 'no Topic Alias Maximum, or 0: no Topic Alias comes', async (t) => {
    for (const properties of [{}, { topicAliasMaximum: 0 }]) {
      const topicName = t.topic();
      const subscriber = await t.connect({ properties });
      await subscriber.subscribe(topicName, { qos: 1 });
      const publisher = await t.connect();
      for (let count = 0; count < 3; count++) {
        await publisher.publish(topicName, 'x', { qos: 1 });
        const message = await subscriber.expectMessage();
        expectEqual(
          [message.topicName, message.properties.topicAlias],
          [topicName, undefined],
          'Topic Name and Topic Alias',
        );
      }
    }
  }),

  serverTest(
    { v5: 'MQTT-3.3.2-12' },
    'every Topic Alias from 1 to the maximum of the server is accepted',
    async (t) => {
      const publisher = await t.connect();
      const maximum = publisher.connack.properties.topicAliasMaximum ?? 0;
      t.require(maximum > 0, 'the broker announces no Topic Alias Maximum');
      const topicName = t.topic();
      const subscriber = await t.connect();
      await subscriber.subscribe(topicName, { qos: 1 });
      for (const topicAlias of new Set([1, Math.ceil(maximum / 2), maximum])) {
        for (const name of [topicName, '']) {
          await publisher.publish(name, String(topicAlias), { qos: 1, properties: { topicAlias } });
          const message = await subscriber.expectMessage();
          expectEqual(
            [message.topicName, textOf(message)],
            [topicName, String(topicAlias)],
            'Topic Name and payload',
          );
        }
      }
    },
  ),

  serverTest({ v5: 'MQTT-3.3.2-8' }, 'Topic Alias 0 closes', async (t) => {
    await t.expectViolation(publishFrame(5, { topicName: t.topic(), properties: [0x23, uint16(0)] }));
  }),

  serverTest(
    { v5: 'MQTT-3.3.2-7' },
    'a Topic Alias means nothing on the next connection, even of the same session',
    async (t) => {
      const first = await t.connect({ persistent: true });
      t.require(
        (first.connack.properties.topicAliasMaximum ?? 0) > 0,
        'the broker announces no Topic Alias Maximum',
      );
      await first.publish(t.topic(), 'x', { qos: 1, properties: { topicAlias: 1 } });
      await first.disconnect();
      const second = await t.connect({ clientIdentifier: first.clientIdentifier, persistent: true });
      second.send(second.publishPacket('', 'x', { qos: 1, properties: { topicAlias: 1 } }));
      await second.expectClosed();
    },
  ),

  serverTest(
    { v5: ['MQTT-3.3.4-9', 'MQTT-4.9.0-1'] },
    "at first as many messages are under way as the client's Receive Maximum says, or fewer, but not none",
    async (t) => {
      const { subscriber } = await flooded(t, 3, 1, 5);
      await subscriber.expectPublish();
      await subscriber.ping();
      const more = subscriber.pending('publish').length;
      expectTrue(more <= 2, `${more + 1} messages under way, allowed are 3`);
    },
  ),

  serverTest(
    { v5: ['MQTT-3.3.4-9', 'MQTT-4.9.0-2'] },
    "no more messages are under way than the client's Receive Maximum, and the next goes out at a PUBACK",
    async (t) => {
      const { subscriber } = await flooded(t, 2, 1, 5);
      const first = await takeExactly(subscriber, 2);
      for (const message of first) await subscriber.acknowledge(message);
      const second = await takeExactly(subscriber, 2);
      for (const message of second) await subscriber.acknowledge(message);
      const texts = [...first, ...second, await subscriber.expectMessage()].map(textOf);
      expectEqual(texts, ['1', '2', '3', '4', '5'], 'payloads');
    },
  ),

  serverTest(
    { v5: ['MQTT-3.3.4-9', 'MQTT-4.9.0-2'] },
    'a message of QoS 2 uses the quota until its PUBCOMP, or a PUBREC of failure',
    async (t) => {
      const { subscriber } = await flooded(t, 1, 2, 3);
      const [{ packetIdentifier = 0 } = {}] = await takeExactly(subscriber, 1);
      subscriber.answer('pubrec', packetIdentifier);
      await subscriber.expectPacket('pubrel');
      await subscriber.expectNone('publish');
      subscriber.answer('pubcomp', packetIdentifier);
      const [second] = await takeExactly(subscriber, 1);
      expectEqual(second && textOf(second), '2', 'payload after PUBCOMP');
      subscriber.send({
        type: 'pubrec',
        packetIdentifier: second?.packetIdentifier ?? 0,
        reasonCode: 0x80,
        properties: {},
      });
      expectEqual(textOf(await subscriber.expectMessage()), '3', 'payload after a PUBREC of failure');
    },
  ),

  serverTest(
    { v5: ['MQTT-3.3.4-10', 'MQTT-4.9.0-3'] },
    'with the quota used up all other packets still get their answers',
    async (t) => {
      const { subscriber } = await flooded(t, 1, 1, 2);
      await subscriber.expectPublish();
      await subscriber.ping();
      await subscriber.subscribe(t.topic('other'), { qos: 0 });
      await subscriber.publish(t.topic('other'), 'x', { qos: 1 });
      await subscriber.publish(t.topic('other'), 'x', { qos: 2 });
      await subscriber.expectMessage(t.topic('other'));
      await subscriber.unsubscribe(t.topic('other'));
    },
  ),
].flat();
