/** Section 3.3.1, 3.3.2 and 3.3.4: flags, topics and properties of PUBLISH on their way through a server. */
import { defineTest } from '../conformance-test.js';
import { expectEqual, expectTrue } from '../wire/expect.js';
import { publishFrame, string } from '../wire/frame.js';
import { textOf } from './test-client.js';
import type { TestContext } from './test-context.js';

const serverTest = defineTest<TestContext>;
const illFormed = [0x61, 0xff];
const userProperties = [
  ['b', '2'],
  ['a', '1'],
  ['b', '2'],
  ['b', '1'],
  ['', ''],
  ['🐦', '\uFEFF'],
] as const;

/** Sends a PUBLISH with all properties of a message through the server, and returns what arrives. */
async function forward(t: TestContext, properties: object, payload = 'x') {
  const topicName = t.topic();
  const [publisher, subscriber] = await t.pair(topicName);
  await publisher.publish(topicName, payload, { qos: 1, properties });
  return (await subscriber.expectMessage(topicName)).properties;
}

export const publishTests = [
  serverTest(
    { v5: 'MQTT-3.3.1-1', v311: 'MQTT-3.3.1-1' },
    'a PUBLISH that is delivered again has DUP 1, and had DUP 0 before',
    async (t) => {
      const topicName = t.topic();
      const first = await t.connect({ persistent: true });
      await first.subscribe(topicName, { qos: 1 });
      const publisher = await t.connect();
      await publisher.publish(topicName, 'x', { qos: 1 });
      expectEqual((await first.expectPublish()).dup, false, 'DUP of the first delivery');
      first.cut();
      const second = await t.connect({ clientIdentifier: first.clientIdentifier, persistent: true });
      expectEqual((await second.expectPublish()).dup, true, 'DUP of the second delivery');
    },
  ),

  serverTest(
    { v5: 'MQTT-3.3.1-2', v311: 'MQTT-3.3.1-2' },
    'DUP is 0 at QoS 0, whatever DUP the message came with',
    async (t) => {
      const topicName = t.topic();
      const [publisher, subscriber] = await t.pair(topicName, 0);
      await publisher.publish(topicName, 'x', { qos: 1, dup: true });
      await publisher.publish(topicName, 'y');
      // At QoS 0 a server may lose "x", but what it sends has no DUP.
      for (let text = ''; text !== 'y'; ) {
        const { bytes, packet } = await subscriber.expectFrame('publish');
        text = textOf(packet);
        expectEqual((bytes[0] ?? 0) & 0x0f, 0, `flags of ${text}`);
      }
    },
  ),

  serverTest(
    { v5: 'MQTT-3.3.1-3', v311: 'MQTT-3.3.1-3' },
    'DUP of an incoming PUBLISH does not travel on',
    async (t) => {
      const topicName = t.topic();
      const [publisher, subscriber] = await t.pair(topicName, 2);
      for (const qos of [1, 2] as const) {
        await publisher.publish(topicName, 'x', { qos, dup: true });
        expectEqual((await subscriber.expectMessage()).dup, false, `DUP at QoS ${qos}`);
      }
    },
  ),

  serverTest({ v5: 'MQTT-3.3.1-4', v311: 'MQTT-3.3.1-4' }, 'QoS 3 closes', async (t) => {
    await t.expectViolation(
      publishFrame(t.version, { firstByte: 0x36, topicName: t.topic(), packetIdentifier: 1 }),
    );
  }),

  serverTest(
    { v5: 'MQTT-3.3.2-1', v311: 'MQTT-3.3.2-1' },
    'the Topic Name is the first field of a forwarded PUBLISH, in UTF-8',
    async (t) => {
      const topicName = t.topic('grüße/世界/🐦');
      const [publisher, subscriber] = await t.pair(topicName);
      await publisher.publish(topicName, 'x', { qos: 1 });
      const { bytes } = await subscriber.expectFrame('publish');
      const start = (bytes[1] ?? 0) < 0x80 ? 2 : 3;
      const field = string(topicName);
      expectEqual([...bytes.subarray(start, start + field.length)], [...field], 'first field');
    },
  ),

  serverTest({ v5: 'MQTT-3.3.2-2', v311: 'MQTT-3.3.2-2' }, 'a wildcard in a Topic Name closes', async (t) => {
    for (const wildcard of ['+', '#', 'a+']) {
      await t.expectViolation(publishFrame(t.version, { topicName: t.topic(wildcard) }));
    }
  }),

  serverTest(
    { v5: 'MQTT-3.3.2-3', v311: 'MQTT-3.3.2-3' },
    'what a wildcard subscription receives has its own Topic Name, and one that matches',
    async (t) => {
      const subscriber = await t.connect();
      t.requireFeature(subscriber.connack, 'wildcardSubscriptionAvailable');
      await subscriber.subscribe([t.topic('a/+'), t.topic('b/#')], { qos: 1 });
      const publisher = await t.connect();
      for (const name of ['a', 'a/x', 'a/x/y', 'b', 'b/x/y', 'c'])
        await publisher.publish(t.topic(name), name, { qos: 1 });
      for (const name of ['a/x', 'b', 'b/x/y']) {
        const message = await subscriber.expectMessage();
        expectEqual([message.topicName, textOf(message)], [t.topic(name), name], 'Topic Name and payload');
      }
      await subscriber.expectNone('publish');
    },
  ),

  serverTest(
    { v5: 'MQTT-3.3.2-4' },
    'Payload Format Indicator travels unchanged, also when it is 0 or absent',
    async (t) => {
      expectEqual(
        (await forward(t, { payloadFormatIndicator: 1 })).payloadFormatIndicator,
        1,
        'Payload Format Indicator',
      );
      expectEqual(
        (await forward(t, { payloadFormatIndicator: 0 })).payloadFormatIndicator ?? 0,
        0,
        'Payload Format Indicator',
      );
      expectEqual((await forward(t, {})).payloadFormatIndicator ?? 0, 0, 'Payload Format Indicator');
    },
  ),

  serverTest(
    { v5: 'MQTT-3.3.2-5' },
    'a message that expires before its delivery begins is not delivered',
    async (t) => {
      const topicName = t.topic();
      const first = await t.connect({ persistent: true });
      await first.subscribe(topicName, { qos: 1 });
      await first.disconnect();
      const publisher = await t.connect();
      await publisher.publish(topicName, 'expires', { qos: 1, properties: { messageExpiryInterval: 1 } });
      await publisher.publish(topicName, 'stays', { qos: 1 });
      await t.wait(3);
      const second = await t.connect({ clientIdentifier: first.clientIdentifier, persistent: true });
      expectEqual(textOf(await second.expectMessage()), 'stays', 'payload of the first message');
    },
    { seconds: 4 },
  ),

  serverTest(
    { v5: 'MQTT-3.3.2-6' },
    'Message Expiry Interval is reduced by the time that the message waited, in a queue or retained',
    async (t) => {
      const topicName = t.topic();
      const first = await t.connect({ persistent: true });
      await first.subscribe(topicName, { qos: 1 });
      await first.disconnect();
      const publisher = await t.connect();
      const retain = publisher.connack.properties.retainAvailable ?? true;
      await publisher.publish(topicName, 'x', { qos: 1, retain, properties: { messageExpiryInterval: 100 } });
      await t.wait(3);
      const second = await t.connect({ clientIdentifier: first.clientIdentifier, persistent: true });
      const intervals = [(await second.expectMessage()).properties.messageExpiryInterval];
      if (retain) {
        const late = await t.connect();
        await late.subscribe(topicName);
        intervals.push((await late.expectMessage()).properties.messageExpiryInterval);
      }
      for (const interval of intervals) {
        expectTrue(
          interval !== undefined && interval <= 98 && interval >= 80,
          `Message Expiry Interval is ${interval}, 3 s after it was 100`,
        );
      }
    },
    { seconds: 4 },
  ),

  serverTest({ v5: 'MQTT-3.3.2-13' }, 'a Response Topic that is no UTF-8 closes', async (t) => {
    await t.expectViolation(publishFrame(5, { topicName: t.topic(), properties: [0x08, string(illFormed)] }));
  }),

  serverTest({ v5: 'MQTT-3.3.2-14' }, 'a Response Topic with a wildcard goes nowhere', async (t) => {
    const topicName = t.topic();
    const [publisher, subscriber] = await t.pair(topicName);
    for (const wildcard of ['a/+', '#']) {
      const client = await t.connect();
      client.send(publishFrame(5, { topicName, properties: [0x08, string(wildcard)] }), { type: 'pingreq' });
      await client.next().catch(() => undefined);
    }
    await subscriber.expectNothingBefore(publisher, topicName);
  }),

  serverTest({ v5: 'MQTT-3.3.2-19' }, 'a Content Type that is no UTF-8 closes', async (t) => {
    await t.expectViolation(publishFrame(5, { topicName: t.topic(), properties: [0x03, string(illFormed)] }));
  }),

  serverTest({ v5: 'MQTT-3.3.2-15' }, 'Response Topic travels unchanged', async (t) => {
    const responseTopic = t.topic('réponse//');
    expectEqual((await forward(t, { responseTopic })).responseTopic, responseTopic, 'Response Topic');
    expectEqual((await forward(t, {})).responseTopic, undefined, 'Response Topic that nobody sent');
  }),

  serverTest(
    { v5: 'MQTT-3.3.2-16' },
    'Correlation Data travels unchanged, zero bytes and empty included',
    async (t) => {
      for (const data of [Uint8Array.of(0, 255, 0, 0x80), new Uint8Array(0)]) {
        const { correlationData } = await forward(t, { correlationData: data });
        expectEqual(correlationData && [...correlationData], [...data], 'Correlation Data');
      }
    },
  ),

  serverTest(
    { v5: 'MQTT-3.3.2-17' },
    'User Properties travel unchanged, repeated names included',
    async (t) => {
      const received = (await forward(t, { userProperties })).userProperties ?? [];
      const sorted = (pairs: readonly (readonly string[])[]) => pairs.map((pair) => pair.join('=')).sort();
      expectEqual(sorted(received), sorted(userProperties), 'User Properties, in any order');
    },
  ),

  serverTest({ v5: 'MQTT-3.3.2-18' }, 'User Properties keep their order', async (t) => {
    expectEqual((await forward(t, { userProperties })).userProperties, userProperties, 'User Properties');
  }),

  serverTest({ v5: 'MQTT-3.3.2-20' }, 'Content Type travels unchanged', async (t) => {
    const contentType = 'application/vnd.petrel+json; charset="utf-8"; ünïcode';
    expectEqual((await forward(t, { contentType })).contentType, contentType, 'Content Type');
  }),

  serverTest(
    { v5: 'MQTT-3.3.4-1', v311: 'MQTT-3.3.4-1' },
    'PUBLISH is answered by nothing, PUBACK or PUBREC, as its QoS says',
    async (t) => {
      const client = await t.connect();
      client.send(client.publishPacket(t.topic(), 'x'), { type: 'pingreq' });
      expectEqual((await client.next()).packet.type, 'pingresp', 'answer to QoS 0 and PINGREQ');
      client.send(client.publishPacket(t.topic(), 'x', { qos: 1 }));
      expectEqual((await client.next()).packet.type, 'puback', 'answer to QoS 1');
      client.send(client.publishPacket(t.topic(), 'x', { qos: 2 }));
      expectEqual((await client.next()).packet.type, 'pubrec', 'answer to QoS 2');
    },
  ),

  serverTest(
    { v311: 'MQTT-3.3.5-2' },
    'a PUBLISH without permission is acknowledged as its QoS demands, or closes; it goes nowhere',
    async (t) => {
      const { deniedTopic } = t.target;
      t.require(deniedTopic !== undefined, 'no --denied-topic is known');
      for (const qos of [1, 2] as const) {
        const client = await t.connect();
        const publishing = client.publish(deniedTopic ?? '', 'x', { qos });
        await publishing.catch((error: unknown) => {
          if (!client.isClosed) throw error;
        });
      }
    },
  ),
].flat();
