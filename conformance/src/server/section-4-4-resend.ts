/** Section 4.4: what a server sends again, and when. */
import { defineTest } from '../conformance-test.js';
import { expectEqual } from '../wire/expect.js';
import type { TestContext } from './test-context.js';

const serverTest = defineTest<TestContext>;

export const resendTests = [
  serverTest(
    { v5: 'MQTT-4.4.0-1', v311: 'MQTT-4.4.0-1' },
    'a resumed session sends its open PUBLISH and PUBREL again, with their identifiers and in their order',
    async (t) => {
      const topicName = t.topic();
      const [publisher, first] = await t.lastingPair(topicName, 2);
      for (const qos of [1, 2, 2, 1] as const) await publisher.publish(topicName, `qos ${qos}`, { qos });
      const open = [];
      for (let count = 0; count < 4; count++) open.push(await first.expectPublish());
      const released = open[1]?.packetIdentifier ?? 0;
      first.answer('pubrec', released);
      await first.expectPacket('pubrel');
      const second = await t.resume(first);
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
      subscriber.answer('pubrec', (await subscriber.expectPublish()).packetIdentifier);
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
      const [publisher, first] = await t.lastingPair(topicName, 2);
      for (const [qos, type] of [
        [1, 'puback'],
        [2, 'pubrec'],
      ] as const) {
        await publisher.publish(topicName, 'x', { qos });
        first.answer(type, (await first.expectPublish()).packetIdentifier, 0x83);
      }
      await first.expectNone('pubrel');
      const second = await t.resume(first);
      await second.expectNothingBefore(publisher, topicName);
    },
  ),
].flat();
