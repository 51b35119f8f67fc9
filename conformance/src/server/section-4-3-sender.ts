/** Section 4.3: the QoS exchanges with the server as sender. */
import { defineTest } from '../conformance-test.js';
import { expectEqual } from '../wire/expect.js';
import { uint16 } from '../wire/frame.js';
import type { TestContext } from './test-context.js';

const serverTest = defineTest<TestContext>;

export const senderTests = [
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
      const [publisher, first] = await t.lastingPair(topicName, 1);
      await publisher.publish(topicName, 'x', { qos: 1 });
      await first.expectPublish();
      const second = await t.resume(first);
      await second.expectMessage();
      await second.ping();
      const third = await t.resume(second);
      await third.expectNothingBefore(publisher, topicName);
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
          subscriber.answer('pubrec', packet.packetIdentifier);
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
      const [publisher, first] = await t.lastingPair(topicName, 2);
      await publisher.publish(topicName, 'x', { qos: 2 });
      const { packetIdentifier } = await first.expectPublish();
      const second = await t.resume(first);
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
      subscriber.answer('pubrec', packetIdentifier);
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
      const [publisher, first] = await t.lastingPair(topicName, 2);
      await publisher.publish(topicName, 'x', { qos: 2 });
      const { packetIdentifier } = await first.expectPublish();
      first.answer('pubrec', packetIdentifier);
      await first.expectPacket('pubrel');
      const second = await t.resume(first);
      expectEqual(
        (await second.expectPacket('pubrel')).packetIdentifier,
        packetIdentifier,
        'Packet Identifier of PUBREL',
      );
      second.answer('pubcomp', packetIdentifier);
      await second.expectNone('publish');
      const third = await t.resume(second);
      await third.expectNothingBefore(publisher, topicName);
      expectEqual(third.pending('pubrel').length, 0, 'PUBREL after PUBCOMP');
    },
  ),

  serverTest(
    { v5: 'MQTT-4.3.3-7' },
    'a QoS 2 message whose PUBLISH was sent is sent again although it has expired',
    async (t) => {
      const topicName = t.topic();
      const [publisher, first] = await t.lastingPair(topicName, 2);
      await publisher.publish(topicName, 'x', { qos: 2, properties: { messageExpiryInterval: 1 } });
      const { packetIdentifier } = await first.expectPublish();
      first.cut();
      await t.wait(3);
      const second = await t.resume(first);
      expectEqual(
        (await second.expectMessage(topicName)).packetIdentifier,
        packetIdentifier,
        'Packet Identifier',
      );
    },
    { seconds: 4 },
  ),
].flat();
