/** Section 4.8 of MQTT 5: Shared Subscriptions. */
import type { QoS } from '@petrel/protocol';
import { defineTest } from '../conformance-test.js';
import { expectEqual, expectTrue } from '../wire/expect.js';
import { subscribeFrame } from '../wire/frame.js';
import { type TestClient, textOf } from './test-client.js';
import type { TestContext } from './test-context.js';

const serverTest = defineTest<TestContext>;

/** A member of the test's group, with a session that lasts if so said. */
async function member(t: TestContext, qos: QoS, persistent = false): Promise<TestClient> {
  const client = await t.connect({ persistent });
  t.requireFeature(client.connack, 'sharedSubscriptionAvailable');
  await client.subscribe(`$share/group/${t.topic()}`, { qos });
  return client;
}

/** The member that received the PUBLISH, and the other. */
async function receiverOf(
  a: TestClient,
  b: TestClient,
): Promise<readonly [receiver: TestClient, other: TestClient]> {
  await a.ping();
  await b.ping();
  return a.pending('publish').length > 0 ? [a, b] : [b, a];
}

async function expectNotGranted(t: TestContext, topicFilter: string): Promise<void> {
  const client = await t.connect();
  t.requireFeature(client.connack, 'sharedSubscriptionAvailable');
  client.send(subscribeFrame(5, { topicFilter }));
  const suback = await client.expectPacket('suback').catch((error: unknown) => {
    if (!client.isClosed) throw error;
    return undefined;
  });
  if (suback !== undefined) expectTrue((suback.reasonCodes[0] ?? 0) >= 0x80, `"${topicFilter}" was granted`);
}

export const sharedTests = [
  serverTest({ v5: 'MQTT-4.8.2-1' }, 'a Shared Subscription needs a ShareName', async (t) => {
    for (const topicFilter of ['$share//a', '$share/']) await expectNotGranted(t, topicFilter);
  }),

  serverTest(
    { v5: 'MQTT-4.8.2-1' },
    'a ShareName of one character is enough: one member gets each message',
    async (t) => {
      const topicName = t.topic();
      const [a, b] = [await t.connect(), await t.connect()];
      t.requireFeature(a.connack, 'sharedSubscriptionAvailable');
      for (const client of [a, b]) await client.subscribe(`$share/g/${topicName}`, { qos: 1 });
      const publisher = await t.connect();
      for (let count = 0; count < 10; count++) await publisher.publish(topicName, String(count), { qos: 1 });
      await a.ping();
      await b.ping();
      expectEqual(
        a.pending('publish').length + b.pending('publish').length,
        10,
        'messages for both members together',
      );
    },
  ),

  serverTest(
    { v5: 'MQTT-4.8.2-2' },
    'a ShareName with a wildcard, or without a filter behind it, is not granted',
    async (t) => {
      for (const topicFilter of [
        '$share/a+b/c',
        '$share/a#/c',
        '$share/+/c',
        '$share/#/c',
        '$share/group',
        '$share/group/',
      ]) {
        await expectNotGranted(t, topicFilter);
      }
    },
  ),

  serverTest({ v5: 'MQTT-4.8.2-3' }, 'each member gets its own granted QoS at most', async (t) => {
    const members = [await member(t, 0), await member(t, 1), await member(t, 2)];
    const publisher = await t.connect();
    for (let count = 0; count < 12; count++) await publisher.publish(t.topic(), 'x', { qos: 2 });
    let received = 0;
    for (const [granted, client] of members.entries()) {
      await client.ping();
      for (const { qos } of client.pending('publish')) {
        expectEqual(qos, granted, 'QoS');
        received++;
      }
    }
    expectEqual(received, 12, 'messages for all members together');
  }),

  serverTest(
    { v5: 'MQTT-4.8.2-4' },
    'a QoS 2 delivery that is cut off is completed with the same member',
    async (t) => {
      const publisher = await t.connect();
      const [a, b] = [await member(t, 2, true), await member(t, 2, true)];
      await publisher.publish(t.topic(), 'x', { qos: 2 });
      const [receiver, other] = await receiverOf(a, b);
      const { packetIdentifier } = await receiver.expectPublish();
      receiver.answer('pubrec', packetIdentifier);
      await receiver.expectPacket('pubrel');
      receiver.cut();
      const again = await t.connect({ clientIdentifier: receiver.clientIdentifier, persistent: true });
      expectEqual(
        (await again.expectPacket('pubrel')).packetIdentifier,
        packetIdentifier,
        'Packet Identifier',
      );
      again.answer('pubcomp', packetIdentifier);
      await again.ping();
      await other.expectNone('publish');
    },
  ),

  serverTest(
    { v5: 'MQTT-4.8.2-5' },
    'when the session of the member ends, its pending QoS 2 message goes to no other',
    async (t) => {
      const publisher = await t.connect();
      const [a, b] = [await member(t, 2), await member(t, 2)];
      await publisher.publish(t.topic(), 'for one member', { qos: 2 });
      const [receiver, other] = await receiverOf(a, b);
      const { packetIdentifier } = await receiver.expectPublish();
      receiver.answer('pubrec', packetIdentifier);
      await receiver.expectPacket('pubrel');
      await receiver.disconnect();
      await other.expectNothingBefore(publisher, t.topic(), 2);
    },
  ),

  serverTest(
    { v5: 'MQTT-4.8.2-6' },
    'what a member refuses with PUBACK or PUBREC is discarded',
    async (t) => {
      const publisher = await t.connect();
      const [a, b] = [await member(t, 2), await member(t, 2)];
      for (const [qos, type] of [
        [1, 'puback'],
        [2, 'pubrec'],
      ] as const) {
        await publisher.publish(t.topic(), `refused ${qos}`, { qos });
        const [receiver, other] = await receiverOf(a, b);
        const { packetIdentifier } = await receiver.expectPublish();
        receiver.send({ type, packetIdentifier, reasonCode: 0x83, properties: {} });
        await receiver.expectNone('publish');
        await other.expectNone('publish');
      }
      await publisher.publish(t.topic(), 'next', { qos: 1 });
      const [receiver] = await receiverOf(a, b);
      expectEqual(textOf(await receiver.expectMessage()), 'next', 'payload');
    },
  ),
].flat();
