/** Sections 3.8, 3.10, 4.7 and 4.8: SUBSCRIBE and UNSUBSCRIBE of a client, and the topics in them. */
import { defineTest } from '../conformance-test.js';
import { expectEqual, expectTrue } from '../wire/expect.js';
import { bytes, properties, string } from '../wire/frame.js';
import type { ClientContext } from './client-context.js';

const clientTest = defineTest<ClientContext>;

/** A server with which SUBSCRIBE has no properties. */
const plain = { properties: { subscriptionIdentifiersAvailable: false } };

/** Neither SUBSCRIBE nor UNSUBSCRIBE is sent for filters that are none. */
async function expectFiltersNotSent(t: ClientContext, filters: readonly string[]): Promise<void> {
  const { client, server } = await t.connect();
  for (const topicFilter of filters) {
    void client.subscribe(topicFilter, {});
    void client.unsubscribe(topicFilter);
  }
  await server.expectNothingBefore(client);
}

/** A filter that is one arrives as it was given, and a message for it reaches the application. */
async function expectFilterSent(t: ClientContext, topicFilter: string, topicName: string): Promise<void> {
  const { client, server } = await t.connect();
  const subscribed = client.subscribe(topicFilter, {});
  const { packet } = await server.grant();
  await subscribed;
  expectEqual(packet.subscriptions[0]?.topicFilter, topicFilter, 'Topic Filter');
  server.deliver(topicName, 'x');
  expectEqual((await client.nextMessage()).topicName, topicName, 'Topic Name for the application');
}

export const subscribeTests = [
  clientTest(
    {
      v5: ['MQTT-3.8.1-1', 'MQTT-3.8.3-1', 'MQTT-3.8.3-2'],
      v311: ['MQTT-3.8.1-1', 'MQTT-3.8.3-1', 'MQTT-3.8.3-3'],
    },
    'SUBSCRIBE has flags 0010 and at least one Topic Filter, in UTF-8',
    async (t) => {
      const { client, server } = await t.connect({}, t.isVersion5 ? plain : {});
      void client.subscribe('grüße/+/世界', { qos: 1 });
      const { packet, bytes: sent } = await server.grant();
      const expected = bytes(properties(t.version), string('grüße/+/世界'), 1);
      expectEqual(sent[0], 0x82, 'first byte');
      expectEqual([...sent.subarray(4)], [...expected], 'bytes behind the Packet Identifier');
      expectEqual(packet.subscriptions.length, 1, 'Topic Filters');
      void client.subscribe([] as unknown as string, {});
      await server.expectNothingBefore(client);
    },
  ),

  clientTest({ v5: 'MQTT-3.8.3-4' }, 'No Local on a Shared Subscription is never sent', async (t) => {
    const { client, server } = await t.connect();
    void client.subscribe('$share/g/a', { noLocal: true });
    // Reading refuses a SUBSCRIBE that has it.
    await server.packetsBeforeMarker(client);
  }),

  clientTest(
    {
      v5: ['MQTT-3.10.1-1', 'MQTT-3.10.3-1', 'MQTT-3.10.3-2'],
      v311: ['MQTT-3.10.1-1', 'MQTT-3.10.3-1', 'MQTT-3.10.3-2'],
    },
    'UNSUBSCRIBE has flags 0010 and at least one Topic Filter, in UTF-8',
    async (t) => {
      const { client, server } = await t.connect();
      const subscribed = client.subscribe('grüße/#', {});
      await server.grant();
      await subscribed;
      void client.unsubscribe('grüße/#');
      const { packet, bytes: sent } = await server.expectFrame('unsubscribe');
      expectEqual(sent[0], 0xa2, 'first byte');
      expectEqual(
        [...sent.subarray(4)],
        [...bytes(properties(t.version), string('grüße/#'))],
        'bytes behind the Packet Identifier',
      );
      expectEqual(packet.topicFilters.length, 1, 'Topic Filters');
      const reasonCodes = t.isVersion5 ? [0] : [];
      server.send({
        type: 'unsuback',
        packetIdentifier: packet.packetIdentifier,
        reasonCodes,
        properties: {},
      });
      void client.unsubscribe([] as unknown as string);
      await server.expectNothingBefore(client);
    },
  ),

  clientTest(
    { v5: 'MQTT-4.7.1-1', v311: 'MQTT-4.7.1-2' },
    '# is sent only as the whole last level',
    async (t) => {
      await expectFiltersNotSent(t, ['a#', 'a/#/b', '#/a', '##']);
      await expectFilterSent(t, 'a/#', 'a/b/c');
    },
  ),

  clientTest({ v5: 'MQTT-4.7.1-2', v311: 'MQTT-4.7.1-3' }, '+ is sent only as a whole level', async (t) => {
    await expectFiltersNotSent(t, ['a+', '+a', 'a/b+/c', 'a/++']);
    await expectFilterSent(t, '+/a/+', '/a/');
  }),

  clientTest(
    { v5: 'MQTT-4.7.3-1', v311: 'MQTT-4.7.3-1' },
    'an empty Topic Name or Topic Filter is never sent',
    async (t) => {
      await expectFiltersNotSent(t, ['']);
      const { client, server } = await t.connect();
      void client.publish('', 'x', {});
      await server.expectNothingBefore(client);
    },
  ),

  clientTest({ v5: 'MQTT-4.7.3-2', v311: 'MQTT-4.7.3-2' }, 'U+0000 in a topic is never sent', async (t) => {
    const { client, server } = await t.connect();
    void client.publish('a\u0000', 'x', {});
    void client.subscribe('a/\u0000', {});
    await server.packetsBeforeMarker(client);
  }),

  clientTest(
    { v5: 'MQTT-4.7.3-3', v311: 'MQTT-4.7.3-3' },
    'a topic of 65,535 bytes is sent whole, one of 65,536 is not',
    async (t) => {
      const { client, server } = await t.connect();
      const longest = 'ü'.repeat(32_767).concat('x');
      void client.publish(`${longest}x`, 'x', {});
      void client.subscribe(`${longest}x`, {});
      await server.expectNothingBefore(client);
      void client.publish(longest, 'x', {});
      for (const packet of await server.packetsBeforeMarker(client)) {
        expectTrue(
          packet.type === 'publish' && packet.topicName === longest,
          'the Topic Name arrived changed',
        );
      }
    },
  ),

  clientTest(
    { v5: ['MQTT-4.8.2-1', 'MQTT-4.8.2-2'] },
    'a Shared Subscription is sent only with a ShareName and a filter',
    async (t) => {
      await expectFiltersNotSent(t, [
        '$share//a',
        '$share/',
        '$share/g',
        '$share/g/',
        '$share/a+b/c',
        '$share/#/c',
      ]);
      await expectFilterSent(t, '$share/g/a/+', 'a/b');
    },
  ),
].flat();
