/** Section 4.6: the order of messages; and 4.2: what they travel on. */
import type { QoS } from '@petrel/protocol';
import { defineTest } from '../conformance-test.js';
import { expectEqual } from '../wire/expect.js';
import { bytes } from '../wire/frame.js';
import { textOf } from './test-client.js';
import type { TestContext } from './test-context.js';

const serverTest = defineTest<TestContext>;
const numbers = Array.from({ length: 30 }, (_, index) => String(index));

/** Publishes numbers as fast as the broker lets, and returns them as they arrive. */
async function through(
  t: TestContext,
  qos: QoS,
  topicFilter: string,
  topicName: string,
): Promise<readonly string[]> {
  const [publisher, subscriber] = [await t.connect(), await t.connect()];
  await subscriber.subscribe(topicFilter, { qos });
  const inFlight = Math.min(10, publisher.connack.properties.receiveMaximum ?? 10);
  for (let start = 0; start < numbers.length; start += inFlight) {
    const batch = numbers
      .slice(start, start + inFlight)
      .map((number) => publisher.publishPacket(topicName, number, { qos }));
    publisher.send(...batch);
    for (const { packetIdentifier } of qos === 0 ? [] : batch) {
      await publisher.expectPacket(
        qos === 1 ? 'puback' : 'pubrec',
        (answer) => answer.packetIdentifier === packetIdentifier,
      );
      if (qos === 2) publisher.answer('pubrel', packetIdentifier);
    }
    if (qos === 2) for (const _ of batch) await publisher.expectPacket('pubcomp');
  }
  const received = [];
  while (received.length < numbers.length) received.push(textOf(await subscriber.expectMessage()));
  return received;
}

export const orderTests = [
  serverTest(
    { v5: 'MQTT-4.6.0-5', v311: 'MQTT-4.6.0-6' },
    'messages of one publisher, topic and QoS arrive in their order',
    async (t) => {
      for (const qos of [0, 1, 2] as const) {
        const topicName = t.topic(`qos-${qos}`);
        expectEqual(await through(t, qos, topicName, topicName), numbers, `payloads at QoS ${qos}`);
      }
    },
  ),

  serverTest(
    { v5: 'MQTT-4.6.0-6', v311: 'MQTT-4.6.0-5' },
    'every topic is ordered without being asked, also behind a wildcard',
    async (t) => {
      expectEqual(await through(t, 1, t.topic('+/#'), t.topic('some/topic')), numbers, 'payloads');
    },
  ),

  serverTest(
    { v5: 'MQTT-4.6.0-5', v311: 'MQTT-4.6.0-6' },
    'messages that waited for a client arrive in their order',
    async (t) => {
      const topicName = t.topic();
      const first = await t.connect({ persistent: true });
      await first.subscribe(topicName, { qos: 1 });
      await first.disconnect();
      const publisher = await t.connect();
      for (const number of numbers) await publisher.publish(topicName, number, { qos: 1 });
      const second = await t.connect({ clientIdentifier: first.clientIdentifier, persistent: true });
      const received = [];
      while (received.length < numbers.length) received.push(textOf(await second.expectMessage()));
      expectEqual(received, numbers, 'payloads');
    },
  ),

  serverTest(
    { v5: 'MQTT-4.2.0-1', v311: 'MQTT-7.1.1-1' },
    'a megabyte goes both ways in its order and without loss',
    async (t) => {
      const topicName = t.topic();
      const [publisher, subscriber] = await t.pair(topicName);
      const { maximumPacketSize = 1_048_576 } = publisher.connack.properties;
      const size = Math.min(60_000, maximumPacketSize - 200);
      const payload = bytes(Array.from({ length: size }, (_, index) => (index * 31 + (index >> 8)) & 0xff));
      for (let count = 0; count < 18; count++) {
        await publisher.publish(topicName, payload, { qos: 1 });
        const received = await subscriber.expectMessage();
        expectEqual(
          Buffer.compare(Buffer.from(received.payload), payload),
          0,
          'difference between sent and received payload',
        );
      }
    },
  ),
].flat();
