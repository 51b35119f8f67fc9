/** Sections 4.3 and 4.4: the QoS exchanges, with the server as receiver and as sender. */
import type { QoS } from '@petrel/protocol';
import { defineTest } from '../conformance-test.js';
import { bytes, uint16 } from '../wire/frame.js';
import { type TestClient, textOf } from './test-client.js';
import { expectEqual, type TestContext } from './test-context.js';

const serverTest = defineTest<TestContext>;

/** A subscriber with a session that lasts, and a publisher. */
async function lastingPair(t: TestContext, topicName: string, qos: QoS) {
  const subscriber = await t.connect({ persistent: true });
  await subscriber.subscribe(topicName, { qos });
  return [await t.connect(), subscriber] as const;
}

/** The same session on a new connection. */
async function resume(t: TestContext, client: TestClient): Promise<TestClient> {
  client.cut();
  return t.connect({ clientIdentifier: client.clientIdentifier, persistent: true });
}

function send(
  client: TestClient,
  type: 'puback' | 'pubrec' | 'pubrel' | 'pubcomp',
  packetIdentifier: number,
  reasonCode = 0,
) {
  client.send({ type, packetIdentifier, reasonCode, properties: {} });
}

export const deliveryTests = [
  serverTest(
    { v5: 'MQTT-4.3.1-1', v311: 'MQTT-4.3.1-1' },
    'QoS 0 is sent with QoS 0 and DUP 0',
    async (t) => {
      const topicName = t.topic();
      const [publisher, subscriber] = await t.pair(topicName, 2);
      await publisher.publish(topicName, 'x');
      const { bytes: received } = await subscriber.expectFrame('publish');
      expectEqual((received[0] ?? 0) & 0x0e, 0, 'DUP and QoS bits');
    },
  ),

  serverTest(
    { v5: ['MQTT-4.3.2-1', 'MQTT-4.3.2-2'], v311: 'MQTT-4.3.2-1' },
    'QoS 1 is sent with an identifier that is not in use, QoS 1 and DUP 0',
    async (t) => {
      const topicName = t.topic();
      const [publisher, subscriber] = await t.pair(topicName, 1);
      const inUse = new Set<number>();
      for (let count = 0; count < 8; count++) {
        await publisher.publish(topicName, 'x', { qos: 1 });
        const { packet, bytes: received } = await subscriber.expectFrame('publish');
        expectEqual(
          [(received[0] ?? 0) & 0x0e, inUse.has(packet.packetIdentifier)],
          [0x02, false],
          'DUP and QoS bits, and whether the identifier is in use',
        );
        inUse.add(packet.packetIdentifier);
        if (count % 2 === 1) {
          await subscriber.acknowledge(packet);
          inUse.delete(packet.packetIdentifier);
        }
      }
    },
  ),

  serverTest(
    { v5: 'MQTT-4.3.2-3', v311: 'MQTT-4.3.2-1' },
    'QoS 1 stays unacknowledged until PUBACK, and not longer',
    async (t) => {
      const topicName = t.topic();
      const [publisher, first] = await lastingPair(t, topicName, 1);
      await publisher.publish(topicName, 'x', { qos: 1 });
      await first.expectPublish();
      const second = await resume(t, first);
      await second.expectMessage();
      await second.ping();
      const third = await resume(t, second);
      await third.expectNothingBefore(publisher, topicName);
    },
  ),

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
    { v5: ['MQTT-4.3.3-1', 'MQTT-4.3.3-2'], v311: 'MQTT-4.3.3-1' },
    'QoS 2 is sent with an identifier that is not in use, QoS 2 and DUP 0',
    async (t) => {
      const topicName = t.topic();
      const [publisher, subscriber] = await t.pair(topicName, 2);
      const inUse = new Set<number>();
      for (let count = 0; count < 8; count++) {
        await publisher.publish(topicName, 'x', { qos: 2 });
        const { packet, bytes: received } = await subscriber.expectFrame('publish');
        expectEqual(
          [(received[0] ?? 0) & 0x0e, inUse.has(packet.packetIdentifier)],
          [0x04, false],
          'DUP and QoS bits, and whether the identifier is in use',
        );
        inUse.add(packet.packetIdentifier);
        // Every second one only gets as far as PUBREL: its identifier stays in use.
        if (count % 2 === 1) {
          await subscriber.acknowledge(packet);
          inUse.delete(packet.packetIdentifier);
        } else {
          send(subscriber, 'pubrec', packet.packetIdentifier);
          await subscriber.expectPacket('pubrel');
        }
      }
    },
  ),

  serverTest(
    { v5: 'MQTT-4.3.3-3', v311: 'MQTT-4.3.3-1' },
    'QoS 2 stays unacknowledged until PUBREC: it is sent again when the session is resumed',
    async (t) => {
      const topicName = t.topic();
      const [publisher, first] = await lastingPair(t, topicName, 2);
      await publisher.publish(topicName, 'x', { qos: 2 });
      const { packetIdentifier } = await first.expectPublish();
      const second = await resume(t, first);
      const again = await second.expectMessage();
      expectEqual([again.packetIdentifier, again.dup], [packetIdentifier, true], 'Packet Identifier and DUP');
    },
  ),

  serverTest(
    { v5: 'MQTT-4.3.3-4', v311: 'MQTT-4.3.3-1' },
    'PUBREC is answered with PUBREL of the same identifier',
    async (t) => {
      const topicName = t.topic();
      const [publisher, subscriber] = await t.pair(topicName, 2);
      await publisher.publish(topicName, 'x', { qos: 2 });
      const { packetIdentifier } = await subscriber.expectPublish();
      send(subscriber, 'pubrec', packetIdentifier);
      const { bytes: pubrel } = await subscriber.expectFrame('pubrel');
      expectEqual(
        [...pubrel.subarray(2, 4)],
        [...uint16(packetIdentifier)],
        'bytes of the Packet Identifier',
      );
    },
  ),

  serverTest(
    { v5: ['MQTT-4.3.3-5', 'MQTT-4.3.3-6'], v311: 'MQTT-4.3.3-1' },
    'behind PUBREL the PUBLISH is not repeated; PUBREL is, until its PUBCOMP',
    async (t) => {
      const topicName = t.topic();
      const [publisher, first] = await lastingPair(t, topicName, 2);
      await publisher.publish(topicName, 'x', { qos: 2 });
      const { packetIdentifier } = await first.expectPublish();
      send(first, 'pubrec', packetIdentifier);
      await first.expectPacket('pubrel');
      const second = await resume(t, first);
      expectEqual(
        (await second.expectPacket('pubrel')).packetIdentifier,
        packetIdentifier,
        'Packet Identifier of PUBREL',
      );
      send(second, 'pubcomp', packetIdentifier);
      await second.expectNone('publish');
      const third = await resume(t, second);
      await third.expectNothingBefore(publisher, topicName);
      expectEqual(third.pending('pubrel').length, 0, 'PUBREL after PUBCOMP');
    },
  ),

  serverTest(
    { v5: 'MQTT-4.3.3-7' },
    'a QoS 2 message whose PUBLISH was sent is sent again although it has expired',
    async (t) => {
      const topicName = t.topic();
      const [publisher, first] = await lastingPair(t, topicName, 2);
      await publisher.publish(topicName, 'x', { qos: 2, properties: { messageExpiryInterval: 1 } });
      const { packetIdentifier } = await first.expectPublish();
      first.cut();
      await t.wait(3);
      const second = await resume(t, first);
      expectEqual(
        (await second.expectMessage(topicName)).packetIdentifier,
        packetIdentifier,
        'Packet Identifier',
      );
    },
    { seconds: 4 },
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
      send(publisher, 'pubrel', 9);
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
      const second = await resume(t, first);
      second.send(second.publishPacket(topicName, 'once', { qos: 2, packetIdentifier: 5, dup: true }));
      await second.expectPacket('pubrec');
      send(second, 'pubrel', 5);
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

  serverTest(
    { v5: 'MQTT-4.4.0-1', v311: 'MQTT-4.4.0-1' },
    'a resumed session sends its open PUBLISH and PUBREL again, with their identifiers and in their order',
    async (t) => {
      const topicName = t.topic();
      const [publisher, first] = await lastingPair(t, topicName, 2);
      for (const qos of [1, 2, 2, 1] as const) await publisher.publish(topicName, `qos ${qos}`, { qos });
      const open = [];
      for (let count = 0; count < 4; count++) open.push(await first.expectPublish());
      const released = open[1]?.packetIdentifier ?? 0;
      send(first, 'pubrec', released);
      await first.expectPacket('pubrel');
      const second = await resume(t, first);
      expectEqual(
        (await second.expectPacket('pubrel')).packetIdentifier,
        released,
        'Packet Identifier of PUBREL',
      );
      for (const message of [open[0], open[2], open[3]]) {
        expectEqual(
          (await second.expectPublish()).packetIdentifier,
          message?.packetIdentifier,
          'Packet Identifier of PUBLISH',
        );
      }
      await second.expectNone('publish');
    },
  ),

  serverTest(
    { v5: 'MQTT-4.4.0-1' },
    'nothing is sent again while the connection lasts',
    async (t) => {
      const topicName = t.topic();
      const [publisher, subscriber] = await t.pair(topicName, 2);
      await publisher.publish(topicName, 'x', { qos: 1 });
      await publisher.publish(topicName, 'y', { qos: 2 });
      await subscriber.expectPublish();
      send(subscriber, 'pubrec', (await subscriber.expectPublish()).packetIdentifier);
      await subscriber.expectPacket('pubrel');
      await t.wait(6);
      await subscriber.expectNone('publish');
      await subscriber.expectNone('pubrel');
    },
    { seconds: 7 },
  ),

  serverTest(
    { v5: 'MQTT-4.4.0-2' },
    'a PUBACK or PUBREC of failure ends the delivery for good',
    async (t) => {
      const topicName = t.topic();
      const [publisher, first] = await lastingPair(t, topicName, 2);
      for (const [qos, type] of [
        [1, 'puback'],
        [2, 'pubrec'],
      ] as const) {
        await publisher.publish(topicName, 'x', { qos });
        send(first, type, (await first.expectPublish()).packetIdentifier, 0x83);
      }
      await first.expectNone('pubrel');
      const second = await resume(t, first);
      await second.expectNothingBefore(publisher, topicName);
    },
  ),
].flat();
