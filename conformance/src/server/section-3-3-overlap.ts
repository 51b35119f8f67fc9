/** Section 3.3.4: one client with several subscriptions that match one message. */
import { defineTest } from '../conformance-test.js';
import { expectEqual, expectTrue } from '../wire/expect.js';
import type { TestClient } from './test-client.js';
import type { TestContext } from './test-context.js';

const serverTest = defineTest<TestContext>;

/** Everything that comes for one message, up to a marker behind it. */
async function copiesOf(subscriber: TestClient, publisher: TestClient, topicName: string, qos: 0 | 1 | 2) {
  await publisher.publish(topicName, 'message', { qos });
  await publisher.publish(topicName, 'end', { qos });
  const copies = [];
  for (;;) {
    const packet = await subscriber.expectMessage();
    if (Buffer.from(packet.payload).toString() === 'end') return copies;
    copies.push(packet);
  }
}

/** A subscriber with Subscription Identifiers 1 (exact), 2 (`+`), none (`#` of another level), and the copies it gets. */
async function identifiedCopies(t: TestContext) {
  const [publisher, subscriber] = [await t.connect(), await t.connect()];
  t.requireFeature(subscriber.connack, 'subscriptionIdentifiersAvailable');
  t.requireFeature(subscriber.connack, 'wildcardSubscriptionAvailable');
  await subscriber.subscribe(t.topic('a/b'), { qos: 1, subscriptionIdentifier: 1 });
  await subscriber.subscribe(t.topic('a/+'), { qos: 1, subscriptionIdentifier: 268_435_455 });
  await subscriber.subscribe(t.topic('c/#'), { qos: 1, subscriptionIdentifier: 3 });
  const stranger = await t.connect();
  await stranger.subscribe(t.topic('a/b'), { qos: 1, subscriptionIdentifier: 4 });
  return copiesOf(subscriber, publisher, t.topic('a/b'), 1);
}

export const overlapTests = [
  serverTest(
    { v5: 'MQTT-3.3.4-2', v311: 'MQTT-3.3.5-1' },
    'of overlapping subscriptions the highest QoS counts',
    async (t) => {
      const [publisher, subscriber] = [await t.connect(), await t.connect()];
      await subscriber.subscribe(t.topic('a/b'), { qos: 0 });
      await subscriber.subscribe(t.topic('a/+'), { qos: 2 });
      await subscriber.subscribe(t.topic('a/#'), { qos: 1 });
      const copies = await copiesOf(subscriber, publisher, t.topic('a/b'), 2);
      expectEqual(Math.max(...copies.map(({ qos }) => qos)), 2, 'highest QoS of all copies');
    },
  ),

  serverTest(
    { v5: 'MQTT-3.3.4-3' },
    'a message carries the Subscription Identifiers of the subscriptions it came for',
    async (t) => {
      const copies = await identifiedCopies(t);
      const identifiers = copies.flatMap(({ properties }) => properties.subscriptionIdentifiers ?? []);
      expectEqual(
        identifiers.sort((a, b) => a - b),
        [1, 268_435_455],
        'Subscription Identifiers of all copies',
      );
    },
  ),

  serverTest(
    { v5: 'MQTT-3.3.4-4' },
    'one copy for several subscriptions has all their Subscription Identifiers',
    async (t) => {
      const copies = await identifiedCopies(t);
      t.require(copies.length === 1, 'the broker sends one copy for each subscription');
      expectEqual(
        copies[0]?.properties.subscriptionIdentifiers?.length,
        2,
        'Subscription Identifiers of the copy',
      );
    },
  ),

  serverTest(
    { v5: 'MQTT-3.3.4-5' },
    'each of several copies has the Subscription Identifier of its subscription',
    async (t) => {
      const [publisher, subscriber] = [await t.connect(), await t.connect()];
      t.requireFeature(subscriber.connack, 'subscriptionIdentifiersAvailable');
      t.requireFeature(subscriber.connack, 'sharedSubscriptionAvailable');
      const topicName = t.topic();
      await subscriber.subscribe(topicName, { qos: 1, subscriptionIdentifier: 5 });
      // A Shared Subscription of the same client is served on its own.
      await subscriber.subscribe(`$share/${subscriber.clientIdentifier}/${topicName}`, {
        qos: 1,
        subscriptionIdentifier: 6,
      });
      await publisher.publish(topicName, 'message', { qos: 1 });
      const first = await subscriber.expectMessage();
      const copies = [first];
      if (first.properties.subscriptionIdentifiers?.length === 1)
        copies.push(await subscriber.expectMessage());
      const identifiers = copies.flatMap(({ properties }) => properties.subscriptionIdentifiers ?? []);
      expectEqual(identifiers.sort(), [5, 6], 'Subscription Identifiers of all copies');
    },
  ),

  serverTest(
    { v5: 'MQTT-3.3.4-3' },
    'a subscription without an identifier adds none, and a retained message carries the one it comes for',
    async (t) => {
      const topicName = t.topic();
      const publisher = await t.connect();
      t.requireFeature(publisher.connack, 'subscriptionIdentifiersAvailable');
      await publisher.publish(topicName, 'x', { qos: 1, retain: true });
      const subscriber = await t.connect();
      await subscriber.subscribe(topicName, { qos: 1, subscriptionIdentifier: 7 });
      expectEqual(
        (await subscriber.expectMessage()).properties.subscriptionIdentifiers,
        [7],
        'Subscription Identifiers of the retained message',
      );
      await subscriber.subscribe(topicName, { qos: 1, retainHandling: 2 });
      await publisher.publish(topicName, 'x', { qos: 1 });
      const { properties } = await subscriber.expectMessage();
      expectTrue(
        properties.subscriptionIdentifiers === undefined,
        'a Subscription Identifier that no subscription has any more',
      );
    },
  ),
].flat();
