/** Section 4.3: the QoS exchanges with the server as receiver. */
import { defineTest } from '../conformance-test.js';
import { expectEqual } from '../wire/expect.js';
import { bytes, uint16 } from '../wire/frame.js';
import { textOf } from './test-client.js';
import type { TestContext } from './test-context.js';

const serverTest = defineTest<TestContext>;

export const receiverTests = [
  serverTest(
    { v5: 'MQTT-4.3.2-4', v311: 'MQTT-4.3.2-2' },
    'QoS 1 received is answered with PUBACK of the same identifier',
    async (t) => {
      const client = await t.connect();
      for (const packetIdentifier of [1, 256, 65_535]) {
        client.send(client.publishPacket(t.topic(), 'x', { qos: 1, packetIdentifier }));
        expectEqual(
          (await client.expectPacket('puback')).packetIdentifier,
          packetIdentifier,
          'Packet Identifier',
        );
      }
    },
  ),

  serverTest(
    { v5: 'MQTT-4.3.2-5', v311: 'MQTT-4.3.2-2' },
    'after PUBACK the same identifier is a new message, whatever DUP says',
    async (t) => {
      const topicName = t.topic();
      const [publisher, subscriber] = await t.pair(topicName, 1);
      for (const [payload, dup] of [
        ['one', false],
        ['two', false],
        ['three', true],
      ] as const) {
        await publisher.publish(topicName, payload, { qos: 1, packetIdentifier: 5, dup });
        expectEqual(textOf(await subscriber.expectMessage()), payload, 'payload');
      }
    },
  ),

  serverTest(
    { v5: 'MQTT-4.3.3-13' },
    'a QoS 2 exchange is finished although the message has expired',
    async (t) => {
      const topicName = t.topic();
      const [publisher, subscriber] = await t.pair(topicName, 2);
      publisher.send(
        publisher.publishPacket(topicName, 'x', {
          qos: 2,
          packetIdentifier: 9,
          properties: { messageExpiryInterval: 1 },
        }),
      );
      await publisher.expectPacket('pubrec');
      await t.wait(3);
      publisher.answer('pubrel', 9);
      expectEqual((await publisher.expectPacket('pubcomp')).reasonCode, 0, 'Reason Code of PUBCOMP');
      await subscriber.ping();
    },
    { seconds: 4 },
  ),

  serverTest(
    { v5: 'MQTT-4.3.3-8', v311: 'MQTT-4.3.3-2' },
    'QoS 2 received is answered with PUBREC of the same identifier',
    async (t) => {
      const client = await t.connect();
      for (const packetIdentifier of [1, 256, 65_535]) {
        client.send(client.publishPacket(t.topic(), 'x', { qos: 2, packetIdentifier }));
        expectEqual(
          (await client.expectPacket('pubrec')).packetIdentifier,
          packetIdentifier,
          'Packet Identifier',
        );
      }
    },
  ),

  serverTest(
    { v5: 'MQTT-4.3.3-9' },
    'after a PUBREC of failure the same identifier is a new message',
    async (t) => {
      const { deniedTopic } = t.target;
      t.require(deniedTopic !== undefined, 'no --denied-topic is known');
      const topicName = t.topic();
      const [publisher, subscriber] = await t.pair(topicName, 2);
      const code = await publisher.publish(deniedTopic ?? '', 'refused', { qos: 2, packetIdentifier: 5 });
      t.require(code >= 0x80, 'the broker accepts what it then drops');
      await publisher.publish(topicName, 'new', { qos: 2, packetIdentifier: 5 });
      expectEqual(textOf(await subscriber.expectMessage()), 'new', 'payload');
    },
  ),

  serverTest(
    { v5: 'MQTT-4.3.3-10', v311: 'MQTT-4.3.3-2' },
    'until PUBREL a repeated PUBLISH gets PUBREC and is not delivered twice, even on another connection',
    async (t) => {
      const topicName = t.topic();
      const subscriber = await t.connect();
      await subscriber.subscribe(topicName, { qos: 2 });
      const first = await t.connect({ persistent: true });
      for (const dup of [false, true]) {
        first.send(first.publishPacket(topicName, 'once', { qos: 2, packetIdentifier: 5, dup }));
        await first.expectPacket('pubrec');
      }
      const second = await t.resume(first);
      second.send(second.publishPacket(topicName, 'once', { qos: 2, packetIdentifier: 5, dup: true }));
      await second.expectPacket('pubrec');
      second.answer('pubrel', 5);
      await second.expectPacket('pubcomp');
      expectEqual(textOf(await subscriber.expectMessage()), 'once', 'payload');
      await subscriber.expectNothingBefore(await t.connect(), topicName, 2);
    },
  ),

  serverTest(
    { v5: 'MQTT-4.3.3-11', v311: 'MQTT-4.3.3-2' },
    'PUBREL is answered with PUBCOMP of the same identifier, also when it is repeated',
    async (t) => {
      const client = await t.connect();
      client.send(client.publishPacket(t.topic(), 'x', { qos: 2, packetIdentifier: 513 }));
      await client.expectPacket('pubrec');
      for (let count = 0; count < 2; count++) {
        client.send(bytes(0x62, 2, uint16(513)));
        expectEqual((await client.expectPacket('pubcomp')).packetIdentifier, 513, 'Packet Identifier');
      }
    },
  ),

  serverTest(
    { v5: 'MQTT-4.3.3-12', v311: 'MQTT-4.3.3-2' },
    'after PUBCOMP the same identifier is a new message',
    async (t) => {
      const topicName = t.topic();
      const [publisher, subscriber] = await t.pair(topicName, 2);
      for (const payload of ['one', 'two']) {
        await publisher.publish(topicName, payload, { qos: 2, packetIdentifier: 5 });
        expectEqual(textOf(await subscriber.expectMessage()), payload, 'payload');
      }
    },
  ),
].flat();
