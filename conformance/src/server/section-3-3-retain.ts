/** Section 3.3.1.3: what a server keeps for subscribers to come, and whom it sends it to. */
import type { RetainHandling } from '@petrel/protocol';
import { defineTest } from '../conformance-test.js';
import { expectEqual } from '../wire/expect.js';
import { textOf } from './test-client.js';
import type { TestContext } from './test-context.js';

const serverTest = defineTest<TestContext>;

/** A publisher, where retained messages are supported. */
async function publisherOf(t: TestContext) {
  const publisher = await t.connect();
  t.requireFeature(publisher.connack, 'retainAvailable');
  return publisher;
}

/** What a new subscriber receives first of a topic: the text of a retained message, or undefined. */
async function retainedOf(t: TestContext, topicName: string): Promise<string | undefined> {
  const [publisher, subscriber] = [await t.connect(), await t.connect()];
  await subscriber.subscribe(topicName, { qos: 2 });
  await publisher.publish(topicName, 'not retained', { qos: 1 });
  const text = textOf(await subscriber.expectMessage());
  return text === 'not retained' ? undefined : text;
}

/** Subscribes twice to a topic with a retained message; true for each time that it came. */
async function retainedAtEachSubscribe(
  t: TestContext,
  retainHandling: RetainHandling,
): Promise<readonly boolean[]> {
  const topicName = t.topic();
  const publisher = await publisherOf(t);
  await publisher.publish(topicName, 'retained', { qos: 1, retain: true });
  const subscriber = await t.connect();
  const came: boolean[] = [];
  for (let time = 1; time <= 2; time++) {
    await subscriber.subscribe(topicName, { qos: 1, retainHandling });
    await publisher.publish(topicName, 'live', { qos: 1 });
    const first = textOf(await subscriber.expectMessage());
    came.push(first === 'retained');
    if (first === 'retained')
      expectEqual(textOf(await subscriber.expectMessage()), 'live', 'payload behind the retained message');
  }
  return came;
}

export const retainTests = [
  serverTest(
    { v5: 'MQTT-3.3.1-5', v311: ['MQTT-3.3.1-5', 'MQTT-3.3.1-6'] },
    'the last message with RETAIN is kept with its QoS and sent to new subscribers',
    async (t) => {
      const topicName = t.topic();
      const publisher = await publisherOf(t);
      await publisher.publish(topicName, 'old', { qos: 2, retain: true });
      await publisher.publish(topicName, 'new', { qos: 1, retain: true });
      const subscriber = await t.connect();
      await subscriber.subscribe(topicName, { qos: 2 });
      const message = await subscriber.expectMessage();
      expectEqual(
        [textOf(message), message.qos, message.retain],
        ['new', 1, true],
        'payload, QoS and RETAIN',
      );
      await subscriber.expectNothingBefore(publisher, topicName);
    },
  ),

  serverTest(
    { v311: 'MQTT-3.3.1-6' },
    'a wildcard subscription gets the last retained message of each topic',
    async (t) => {
      const publisher = await publisherOf(t);
      for (const name of ['a', 'b', 'c/d'])
        await publisher.publish(t.topic(name), name, { qos: 1, retain: true });
      const subscriber = await t.connect();
      await subscriber.subscribe(t.topic('#'), { qos: 1 });
      const texts = [];
      for (let count = 0; count < 3; count++) texts.push(textOf(await subscriber.expectMessage()));
      expectEqual(texts.sort(), ['a', 'b', 'c/d'], 'payloads');
    },
  ),

  serverTest(
    { v5: 'MQTT-3.3.1-6', v311: 'MQTT-3.3.1-10' },
    'an empty payload with RETAIN is forwarded and clears what was retained',
    async (t) => {
      const topicName = t.topic();
      const publisher = await publisherOf(t);
      await publisher.publish(topicName, 'kept', { qos: 1, retain: true });
      const subscriber = await t.connect();
      await subscriber.subscribe(topicName, { qos: 1 });
      await subscriber.expectMessage();
      await publisher.publish(topicName, '', { qos: 1, retain: true });
      expectEqual((await subscriber.expectMessage()).payload.length, 0, 'bytes of the forwarded payload');
      expectEqual(await retainedOf(t, topicName), undefined, 'retained message afterwards');
    },
  ),

  serverTest(
    { v5: 'MQTT-3.3.1-7', v311: 'MQTT-3.3.1-11' },
    'an empty payload is never retained',
    async (t) => {
      const topicName = t.topic();
      const publisher = await publisherOf(t);
      await publisher.publish(topicName, '', { qos: 1, retain: true });
      expectEqual(await retainedOf(t, topicName), undefined, 'retained message');
    },
  ),

  serverTest(
    { v5: 'MQTT-3.3.1-8', v311: 'MQTT-3.3.1-12' },
    'RETAIN 0 neither replaces nor clears what is retained',
    async (t) => {
      const topicName = t.topic();
      const publisher = await publisherOf(t);
      await publisher.publish(topicName, 'kept', { qos: 1, retain: true });
      await publisher.publish(topicName, 'other', { qos: 1 });
      await publisher.publish(topicName, '', { qos: 1 });
      expectEqual(await retainedOf(t, topicName), 'kept', 'retained message');
    },
  ),

  serverTest(
    { v311: 'MQTT-3.3.1-7' },
    'a message of QoS 0 with RETAIN removes the one that was retained before',
    async (t) => {
      const topicName = t.topic();
      const publisher = await publisherOf(t);
      await publisher.publish(topicName, 'old', { qos: 1, retain: true });
      await publisher.publish(topicName, 'new', { qos: 0, retain: true });
      await publisher.ping();
      expectEqual(
        (await retainedOf(t, topicName)) === 'old',
        false,
        'whether the old message is still retained',
      );
    },
  ),

  serverTest(
    { v311: 'MQTT-3.3.1-8' },
    'RETAIN is 1 on what is sent because of a new subscription',
    async (t) => {
      const topicName = t.topic();
      const publisher = await publisherOf(t);
      await publisher.publish(topicName, 'kept', { qos: 1, retain: true });
      const subscriber = await t.connect();
      await subscriber.subscribe(topicName);
      expectEqual((await subscriber.expectMessage()).retain, true, 'RETAIN');
    },
  ),

  serverTest(
    { v311: 'MQTT-3.3.1-9' },
    'RETAIN is 0 on what is sent to a subscription that was there before',
    async (t) => {
      const topicName = t.topic();
      const [publisher, subscriber] = await t.pair(topicName);
      await publisher.publish(topicName, 'x', { qos: 1, retain: true });
      expectEqual((await subscriber.expectMessage()).retain, false, 'RETAIN');
    },
  ),

  serverTest(
    { v5: 'MQTT-3.3.1-9' },
    'Retain Handling 0: retained messages come at every SUBSCRIBE',
    async (t) => {
      expectEqual(
        await retainedAtEachSubscribe(t, 0),
        [true, true],
        'retained message at the first and the second SUBSCRIBE',
      );
    },
  ),

  serverTest(
    { v5: 'MQTT-3.3.1-10' },
    'Retain Handling 1: retained messages come at the first SUBSCRIBE only',
    async (t) => {
      expectEqual(
        await retainedAtEachSubscribe(t, 1),
        [true, false],
        'retained message at the first and the second SUBSCRIBE',
      );
    },
  ),

  serverTest({ v5: 'MQTT-3.3.1-11' }, 'Retain Handling 2: no retained messages come', async (t) => {
    expectEqual(
      await retainedAtEachSubscribe(t, 2),
      [false, false],
      'retained message at the first and the second SUBSCRIBE',
    );
  }),

  serverTest(
    { v5: 'MQTT-3.3.1-12' },
    'Retain As Published 0: RETAIN is 0 on what is forwarded',
    async (t) => {
      const topicName = t.topic();
      const publisher = await publisherOf(t);
      const subscriber = await t.connect();
      await subscriber.subscribe(topicName, { qos: 1 });
      await publisher.publish(topicName, 'x', { qos: 1, retain: true });
      expectEqual((await subscriber.expectMessage()).retain, false, 'RETAIN');
    },
  ),

  serverTest({ v5: 'MQTT-3.3.1-13' }, 'Retain As Published 1: RETAIN is forwarded as it came', async (t) => {
    const topicName = t.topic();
    const publisher = await publisherOf(t);
    const subscriber = await t.connect();
    await subscriber.subscribe(topicName, { qos: 1, retainAsPublished: true });
    for (const retain of [true, false]) {
      await publisher.publish(topicName, 'x', { qos: 1, retain });
      expectEqual((await subscriber.expectMessage()).retain, retain, 'RETAIN');
    }
  }),
].flat();
