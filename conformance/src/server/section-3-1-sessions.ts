/** Sections 3.1.2.4, 3.1.3.1, 3.2.2.1 and 4.1: how sessions begin, go on and end. */
import { defineTest } from '../conformance-test.js';
import { expectEqual, expectTrue } from '../wire/expect.js';
import { textOf } from './test-client.js';
import type { TestContext } from './test-context.js';

const serverTest = defineTest<TestContext>;

/** Leaves a session with a subscription to `topicName`, and returns its Client Identifier. */
async function leaveSession(t: TestContext, topicName: string): Promise<string> {
  const client = await t.connect({ persistent: true });
  await client.subscribe(topicName, { qos: 2 });
  await client.disconnect();
  return client.clientIdentifier;
}

export const sessionTests = [
  serverTest(
    {
      v5: ['MQTT-3.1.2-4', 'MQTT-3.1.4-4', 'MQTT-3.2.2-2'],
      v311: ['MQTT-3.1.2-6', 'MQTT-3.1.4-3', 'MQTT-3.2.2-1'],
    },
    'a clean start drops the old session with its subscriptions and messages',
    async (t) => {
      const topicName = t.topic();
      const clientIdentifier = await leaveSession(t, topicName);
      const publisher = await t.connect();
      await publisher.publish(topicName, 'stored for the old session', { qos: 1 });
      const client = await t.connect({ clientIdentifier });
      expectEqual(client.connack.sessionPresent, false, 'Session Present');
      await client.subscribe(t.topic('marker'), { qos: 1 });
      await publisher.publish(topicName, 'for nobody', { qos: 1 });
      await client.expectNothingBefore(publisher, t.topic('marker'));
    },
  ),

  serverTest(
    { v5: 'MQTT-3.1.2-4', v311: 'MQTT-3.1.2-6' },
    'the state of a session that ends with its connection is not used again',
    async (t) => {
      const topicName = t.topic();
      const first = await t.connect();
      await first.subscribe(topicName, { qos: 1 });
      await first.disconnect();
      const second = await t.connect({ clientIdentifier: first.clientIdentifier, persistent: true });
      expectEqual(second.connack.sessionPresent, false, 'Session Present');
      await second.subscribe(t.topic('marker'), { qos: 1 });
      const publisher = await t.connect();
      await publisher.publish(topicName, 'for nobody', { qos: 1 });
      await second.expectNothingBefore(publisher, t.topic('marker'));
    },
  ),

  serverTest(
    {
      v5: ['MQTT-3.1.2-5', 'MQTT-3.1.4-4', 'MQTT-3.2.2-3'],
      v311: ['MQTT-3.1.2-4', 'MQTT-3.1.4-3', 'MQTT-3.2.2-2'],
    },
    'a stored session is resumed: Session Present 1, and its subscriptions work',
    async (t) => {
      const topicName = t.topic();
      const clientIdentifier = await leaveSession(t, topicName);
      const client = await t.connect({ clientIdentifier, persistent: true });
      expectEqual(client.connack.sessionPresent, true, 'Session Present');
      const publisher = await t.connect();
      await publisher.publish(topicName, 'x');
      await client.expectMessage(topicName);
    },
  ),

  serverTest(
    { v5: ['MQTT-3.1.2-6', 'MQTT-3.2.2-3'], v311: ['MQTT-3.1.2-4', 'MQTT-3.2.2-3'] },
    'without a stored session one is created: Session Present 0, and it can be resumed',
    async (t) => {
      const first = await t.connect({ persistent: true });
      expectEqual(first.connack.sessionPresent, false, 'Session Present of a new session');
      await first.disconnect();
      const second = await t.connect({ clientIdentifier: first.clientIdentifier, persistent: true });
      expectEqual(second.connack.sessionPresent, true, 'Session Present of a resumed session');
    },
  ),

  serverTest(
    { v5: 'MQTT-4.5.0-1', v311: ['MQTT-3.1.2-5', 'MQTT-4.5.0-1'] },
    'messages of QoS 1 and 2 wait for the clients that are away',
    async (t) => {
      const topicName = t.topic();
      const away = [await leaveSession(t, topicName), await leaveSession(t, topicName)];
      const [publisher, present] = await t.pair(topicName, 2);
      await publisher.publish(topicName, 'one', { qos: 1 });
      await publisher.publish(topicName, 'two', { qos: 2 });
      const clients = [present];
      for (const clientIdentifier of away)
        clients.push(await t.connect({ clientIdentifier, persistent: true }));
      for (const client of clients) {
        const messages = [await client.expectMessage(topicName), await client.expectMessage(topicName)];
        expectEqual(messages.map(textOf).sort(), ['one', 'two'], 'payloads');
      }
    },
  ),

  serverTest(
    { v311: 'MQTT-3.1.2-7' },
    'a retained message outlives the session of its publisher',
    async (t) => {
      const topicName = t.topic();
      const publisher = await t.connect();
      await publisher.publish(topicName, 'kept', { qos: 1, retain: true });
      await publisher.disconnect();
      const subscriber = await t.connect();
      await subscriber.subscribe(topicName);
      expectEqual(textOf(await subscriber.expectMessage(topicName)), 'kept', 'payload');
    },
  ),

  serverTest(
    { v5: 'MQTT-3.1.3-2', v311: 'MQTT-3.1.3-2' },
    'each Client Identifier has a session of its own',
    async (t) => {
      const [first, second] = [
        await leaveSession(t, t.topic('first')),
        await leaveSession(t, t.topic('second')),
      ];
      const publisher = await t.connect();
      await publisher.publish(t.topic('first'), 'for the first', { qos: 1 });
      await publisher.publish(t.topic('second'), 'for the second', { qos: 1 });
      const stranger = await t.connect({ persistent: true });
      expectEqual(stranger.connack.sessionPresent, false, 'Session Present of an unknown Client Identifier');
      for (const [clientIdentifier, text] of [
        [first, 'for the first'],
        [second, 'for the second'],
      ] as const) {
        const client = await t.connect({ clientIdentifier, persistent: true });
        expectEqual(
          textOf(await client.expectMessage()),
          text,
          `payload of the session of ${clientIdentifier}`,
        );
        await client.expectNone('publish');
      }
    },
  ),

  serverTest(
    { v5: 'MQTT-3.1.2-23' },
    'with a Session Expiry Interval the session outlives its connection, closed or cut',
    async (t) => {
      const first = await t.connect({ properties: { sessionExpiryInterval: 60 } });
      first.cut();
      const second = await t.connect({ clientIdentifier: first.clientIdentifier, persistent: true });
      expectEqual(second.connack.sessionPresent, true, 'Session Present after a cut');
      await second.disconnect();
      const third = await t.connect({ clientIdentifier: first.clientIdentifier, persistent: true });
      expectEqual(third.connack.sessionPresent, true, 'Session Present after DISCONNECT');
    },
  ),

  serverTest(
    { v5: 'MQTT-4.1.0-2' },
    'a session ends when its Session Expiry Interval is over',
    async (t) => {
      const first = await t.connect({ properties: { sessionExpiryInterval: 1 } });
      t.require(
        (first.connack.properties.sessionExpiryInterval ?? 1) <= 2,
        'the broker sets a longer Session Expiry Interval',
      );
      await first.disconnect();
      await t.wait(4);
      const second = await t.connect({ clientIdentifier: first.clientIdentifier, cleanStart: false });
      expectEqual(second.connack.sessionPresent, false, 'Session Present');
    },
    { seconds: 5 },
  ),

  serverTest(
    { v5: 'MQTT-4.1.0-2' },
    'a DISCONNECT with Session Expiry Interval 0 ends the session at once',
    async (t) => {
      const first = await t.connect({ persistent: true });
      await first.disconnect(0, { sessionExpiryInterval: 0 });
      const second = await t.connect({ clientIdentifier: first.clientIdentifier, cleanStart: false });
      expectEqual(second.connack.sessionPresent, false, 'Session Present');
    },
  ),

  serverTest(
    { v5: 'MQTT-4.1.0-1', v311: ['MQTT-4.1.0-1', 'MQTT-4.1.0-2'] },
    'session state lasts as long as the connection, even if it ends with it',
    async (t) => {
      const topicName = t.topic();
      const client = await t.connect();
      await client.subscribe(topicName, { qos: 2 });
      const publisher = await t.connect();
      client.send(client.publishPacket(topicName, 'own', { qos: 2, packetIdentifier: 99 }));
      await client.expectPacket('pubrec');
      // More than any timer a server could end unfinished state by without having been told to.
      await t.wait(3);
      client.answer('pubrel', 99);
      expectEqual((await client.expectPacket('pubcomp')).reasonCode, 0, 'Reason Code of PUBCOMP');
      await publisher.publish(topicName, 'x');
      await client.expectMessage(topicName);
    },
    { seconds: 4 },
  ),

  serverTest(
    { v5: 'MQTT-3.2.0-1', v311: 'MQTT-3.2.0-1' },
    'CONNACK comes before the messages of a resumed session',
    async (t) => {
      const topicName = t.topic();
      const clientIdentifier = await leaveSession(t, topicName);
      const publisher = await t.connect();
      for (let count = 0; count < 10; count++) await publisher.publish(topicName, 'x', { qos: 1 });
      const client = await t.open();
      client.send(t.connectPacket({ clientIdentifier, persistent: true }));
      expectEqual((await client.next()).packet.type, 'connack', 'first packet');
      await client.expectPublish(topicName);
    },
  ),

  serverTest({ v5: 'MQTT-3.2.0-2' }, 'a connection gets one CONNACK', async (t) => {
    const client = await t.connect();
    await client.ping();
    client.send(t.connectPacket({ clientIdentifier: client.clientIdentifier }), t.connectPacket());
    const rest = await client.expectClosed();
    expectTrue(!rest.some(({ type }) => type === 'connack'), 'a second CONNACK');
  }),
].flat();
