/** Sections 3.1.2.5, 3.1.3.2 and 3.14.4: when a Will goes out, as what, and when it does not. */
import type { Will } from '@petrel/protocol';
import { defineTest } from '../conformance-test.js';
import { expectEqual } from '../wire/expect.js';
import { bytes } from '../wire/frame.js';
import type { TestClient } from './test-client.js';
import { textOf } from './test-client.js';
import type { ConnectOptions, TestContext } from './test-context.js';

const serverTest = defineTest<TestContext>;

/** A watcher of a Will topic, and a client with that Will. */
async function withWill(
  t: TestContext,
  will: Partial<Will> = {},
  options: ConnectOptions = {},
): Promise<{ watcher: TestClient; client: TestClient; topicName: string }> {
  const topicName = t.topic('will');
  const watcher = await t.connect();
  await watcher.subscribe(topicName, { qos: 2 });
  return { watcher, topicName, client: await t.connect({ ...options, will: { ...will, topicName } }) };
}

export const willTests = [
  serverTest(
    { v5: ['MQTT-3.1.2-7', 'MQTT-3.1.2-8'], v311: 'MQTT-3.1.2-8' },
    'a connection that is cut publishes its Will, at the QoS of the Will',
    async (t) => {
      for (const qos of [0, 1, 2] as const) {
        const { watcher, client, topicName } = await withWill(t, {
          qos,
          payload: Buffer.from(`will ${qos}`),
        });
        client.cut();
        const message = await watcher.expectMessage(topicName);
        expectEqual([textOf(message), message.qos], [`will ${qos}`, qos], 'payload and QoS');
      }
    },
  ),

  serverTest(
    { v5: 'MQTT-3.1.2-8', v311: 'MQTT-3.1.2-8' },
    'a connection that the server closes because of an error publishes its Will',
    async (t) => {
      const { watcher, client, topicName } = await withWill(t);
      client.send(bytes(0x36, 3, 0, 1, 0x61));
      await client.expectClosed();
      await watcher.expectMessage(topicName);
    },
  ),

  serverTest(
    { v5: 'MQTT-3.1.2-8', v311: 'MQTT-3.1.2-8' },
    'a connection that is taken over by another publishes its Will',
    async (t) => {
      const { watcher, client, topicName } = await withWill(t);
      await t.connect({ clientIdentifier: client.clientIdentifier });
      await watcher.expectMessage(topicName);
    },
  ),

  serverTest({ v5: 'MQTT-3.1.2-8' }, 'DISCONNECT 0x04 publishes the Will', async (t) => {
    const { watcher, client, topicName } = await withWill(t);
    await client.disconnect(0x04);
    await watcher.expectMessage(topicName);
  }),

  serverTest(
    { v5: ['MQTT-3.1.2-8', 'MQTT-3.1.2-10', 'MQTT-3.14.4-3'], v311: ['MQTT-3.1.2-10', 'MQTT-3.14.4-3'] },
    'DISCONNECT drops the Will',
    async (t) => {
      const { watcher, client, topicName } = await withWill(t, {}, { persistent: true });
      await client.disconnect();
      const again = await t.connect({ clientIdentifier: client.clientIdentifier, persistent: true });
      again.cut();
      // A third connection makes sure that the server knows about the cut.
      const last = await t.connect({ clientIdentifier: client.clientIdentifier });
      await last.ping();
      await watcher.expectNothingBefore(last, topicName);
    },
  ),

  serverTest(
    { v5: 'MQTT-3.1.2-10', v311: 'MQTT-3.1.2-10' },
    'a Will that went out does not go out again',
    async (t) => {
      const { watcher, client, topicName } = await withWill(t, {}, { persistent: true });
      client.cut();
      await watcher.expectMessage(topicName);
      const again = await t.connect({ clientIdentifier: client.clientIdentifier, persistent: true });
      again.cut();
      const last = await t.connect({ clientIdentifier: client.clientIdentifier });
      await last.ping();
      await watcher.expectNothingBefore(last, topicName);
    },
  ),

  serverTest(
    { v311: 'MQTT-3.1.2-12' },
    'a connection without a Will publishes none, even if one before it had one',
    async (t) => {
      const { watcher, client, topicName } = await withWill(t);
      await client.disconnect();
      const again = await t.connect({ clientIdentifier: client.clientIdentifier });
      again.cut();
      const last = await t.connect({ clientIdentifier: client.clientIdentifier });
      await watcher.expectNothingBefore(last, topicName);
    },
  ),

  serverTest(
    { v5: 'MQTT-3.1.2-8' },
    'the Will goes out when its delay is over, before the session ends',
    async (t) => {
      const { watcher, client, topicName } = await withWill(
        t,
        { properties: { willDelayInterval: 1 } },
        { persistent: true },
      );
      client.cut();
      await t.wait(3);
      expectEqual(
        (await watcher.expectMessage(topicName)).properties,
        {},
        'properties of the Will (its delay is none of them)',
      );
    },
    { seconds: 4 },
  ),

  serverTest(
    { v5: 'MQTT-3.1.2-8' },
    'the Will goes out when the session ends, before its delay is over',
    async (t) => {
      const properties = { sessionExpiryInterval: 1 };
      const { watcher, client, topicName } = await withWill(
        t,
        { properties: { willDelayInterval: 3600 } },
        { properties },
      );
      client.cut();
      await t.wait(4);
      await watcher.expectMessage(topicName);
    },
    { seconds: 5 },
  ),

  serverTest(
    { v5: 'MQTT-3.1.2-8' },
    'a clean start ends the old session and sends its Will, whatever the delay',
    async (t) => {
      const { watcher, client, topicName } = await withWill(
        t,
        { properties: { willDelayInterval: 3600 } },
        { persistent: true },
      );
      client.cut();
      await t.connect({ clientIdentifier: client.clientIdentifier });
      await watcher.expectMessage(topicName);
    },
  ),

  serverTest(
    { v5: ['MQTT-3.1.3-9', 'MQTT-3.1.2-8'] },
    'a session that is resumed before the delay is over sends no Will',
    async (t) => {
      const { watcher, client, topicName } = await withWill(
        t,
        { properties: { willDelayInterval: 2 } },
        { persistent: true },
      );
      // Some servers keep no session without a subscription, which is not what this is about.
      await client.subscribe(t.topic('kept'), { qos: 1 });
      client.cut();
      const again = await t.connect({ clientIdentifier: client.clientIdentifier, persistent: true });
      expectEqual(again.connack.sessionPresent, true, 'Session Present');
      await t.wait(4);
      await watcher.expectNothingBefore(again, topicName);
    },
    { seconds: 5 },
  ),

  serverTest(
    { v5: 'MQTT-3.1.2-14', v311: 'MQTT-3.1.2-16' },
    'Will Retain 0: the Will is not retained',
    async (t) => {
      const { watcher, client, topicName } = await withWill(t);
      client.cut();
      await watcher.expectMessage(topicName);
      const [publisher, late] = [await t.connect(), await t.connect()];
      await late.subscribe(topicName, { qos: 1 });
      await late.expectNothingBefore(publisher, topicName);
    },
  ),

  serverTest(
    { v5: 'MQTT-3.1.2-15', v311: 'MQTT-3.1.2-17' },
    'Will Retain 1: the Will is retained',
    async (t) => {
      t.requireFeature((await t.connect()).connack, 'retainAvailable');
      const { watcher, client, topicName } = await withWill(t, { retain: true });
      client.cut();
      await watcher.expectMessage(topicName);
      const late = await t.connect();
      await late.subscribe(topicName);
      const message = await late.expectMessage(topicName);
      expectEqual([textOf(message), message.retain], ['will', true], 'payload and RETAIN');
    },
  ),

  serverTest({ v5: 'MQTT-3.1.3-10' }, 'User Properties of a Will keep their order', async (t) => {
    const userProperties = [
      ['b', '1'],
      ['a', '2'],
      ['b', '3'],
      ['', ''],
      ['a', '2'],
    ] as const;
    const { watcher, client, topicName } = await withWill(t, { properties: { userProperties } });
    client.cut();
    expectEqual(
      (await watcher.expectMessage(topicName)).properties.userProperties,
      userProperties,
      'User Properties',
    );
  }),
].flat();
