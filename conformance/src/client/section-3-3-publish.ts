/** Section 3.3: PUBLISH in both directions. */
import type { MessageProperties } from '@petrel/protocol';
import { defineTest } from '../conformance-test.js';
import { expectEqual, expectTrue } from '../wire/expect.js';
import { publishFrame, string, uint16 } from '../wire/frame.js';
import type { ClientContext } from './client-context.js';

const clientTest = defineTest<ClientContext>;

/** A message with such a property is refused by the client, or at least not sent like this. */
async function expectPropertyNotSent(t: ClientContext, properties: MessageProperties): Promise<void> {
  const { client, server } = await t.connect();
  void client.publish('a', 'x', { properties });
  // Reading checks every property of every packet.
  await server.packetsBeforeMarker(client);
}

export const publishTests = [
  clientTest(
    { v5: 'MQTT-3.3.1-1', v311: 'MQTT-3.3.1-1' },
    'a PUBLISH that is sent again has DUP 1, and had DUP 0 before',
    async (t) => {
      const { client, server } = await t.connectLasting();
      void client.publish('a', 'x', { qos: 1 });
      expectEqual((await server.expectPacket('publish')).dup, false, 'DUP of the first PUBLISH');
      const next = await t.reconnect({ client, server });
      expectEqual((await next.expectPacket('publish')).dup, true, 'DUP of the second PUBLISH');
    },
  ),

  clientTest(
    { v5: 'MQTT-3.3.1-2', v311: 'MQTT-3.3.1-2' },
    'DUP is 0 at QoS 0; DUP 1 at QoS 0 is never passed on as if it were one',
    async (t) => {
      const { client, server } = await t.connectLasting();
      for (let count = 0; count < 3; count++) void client.publish('a', 'x', {});
      for (let count = 0; count < 3; count++) {
        expectEqual((await server.expectFrame('publish')).bytes[0], 0x30, 'first byte');
      }
    },
  ),

  clientTest(
    { v5: 'MQTT-3.3.1-3', v311: 'MQTT-3.3.1-3' },
    'what an application publishes because of a message with DUP has DUP 0',
    async (t) => {
      const { client, server } = await t.connect();
      server.deliver('in', 'x', { qos: 1, dup: true });
      const message = await client.nextMessage();
      void client.publish('out', Buffer.from(message.payload).toString(), { qos: 1 });
      expectEqual((await server.expectPacket('publish')).dup, false, 'DUP');
    },
  ),

  clientTest({ v311: 'MQTT-3.3.1-4' }, 'QoS 3 from the server closes', async (t) => {
    const { server } = await t.connect();
    server.send(publishFrame(t.version, { firstByte: 0x36, topicName: 'a', packetIdentifier: 1 }));
    await server.expectClosed();
  }),

  clientTest({ v5: 'MQTT-3.3.1-4', v311: 'MQTT-3.3.1-4' }, 'QoS 3 is never sent', async (t) => {
    const { client, server } = await t.connect();
    void client.publish('a', 'x', { qos: 3 as 2 });
    await server.packetsBeforeMarker(client);
  }),

  clientTest(
    { v5: 'MQTT-3.3.2-1', v311: 'MQTT-3.3.2-1' },
    'the Topic Name is the first field of PUBLISH, in UTF-8',
    async (t) => {
      const { client, server } = await t.connect();
      void client.publish('grüße/世界', 'x', { qos: 1 });
      const { bytes } = await server.expectFrame('publish');
      const field = string('grüße/世界');
      expectEqual([...bytes.subarray(2, 2 + field.length)], [...field], 'first field');
    },
  ),

  clientTest(
    { v5: ['MQTT-3.3.2-2', 'MQTT-4.7.0-1'], v311: ['MQTT-3.3.2-2', 'MQTT-4.7.1-1'] },
    'a Topic Name with a wildcard is never sent',
    async (t) => {
      const { client, server } = await t.connect();
      for (const topicName of ['a/+', '#', 'a/#', '+']) void client.publish(topicName, 'x', {});
      await server.expectNothingBefore(client);
    },
  ),

  clientTest({ v5: 'MQTT-3.3.2-13' }, 'a Response Topic that is no UTF-8 is never sent', (t) =>
    expectPropertyNotSent(t, { responseTopic: 'a\ud800' }),
  ),

  clientTest({ v5: 'MQTT-3.3.2-14' }, 'a Response Topic with a wildcard is never sent', async (t) => {
    await expectPropertyNotSent(t, { responseTopic: 'a/+' });
    await expectPropertyNotSent(t, { responseTopic: '#' });
  }),

  clientTest({ v5: 'MQTT-3.3.2-19' }, 'a Content Type that is no UTF-8 is never sent', (t) =>
    expectPropertyNotSent(t, { contentType: 'a\ud800' }),
  ),

  clientTest(
    { v5: ['MQTT-3.3.4-1', 'MQTT-4.5.0-2'], v311: ['MQTT-3.3.4-1', 'MQTT-4.5.0-2'] },
    'PUBLISH is answered by nothing, PUBACK or PUBREC, even if no subscription asked for it',
    async (t) => {
      const { client, server } = await t.connect();
      server.deliver('unasked/0', 'x');
      await server.expectNothingBefore(client);
      server.deliver('unasked/1', 'x', { qos: 1, packetIdentifier: 3 });
      expectEqual((await server.next()).packet.type, 'puback', 'answer to QoS 1');
      server.deliver('unasked/2', 'x', { qos: 2, packetIdentifier: 4 });
      expectEqual((await server.next()).packet.type, 'pubrec', 'answer to QoS 2');
    },
  ),

  clientTest(
    { v5: 'MQTT-3.3.4-6' },
    'PUBLISH of a client has no Subscription Identifier, even if the application asks for one',
    async (t) => {
      const { client, server } = await t.connect();
      const properties = { subscriptionIdentifiers: [7] } as MessageProperties;
      void client.publish('a', 'x', { properties });
      // Reading refuses a PUBLISH of a client that has one.
      await server.packetsBeforeMarker(client);
      server.deliver('b', 'x', { properties: { subscriptionIdentifiers: [7] } });
      const message = await client.nextMessage();
      void client.publish(message.topicName, 'x', {});
      await server.expectPacket('publish', ({ topicName }) => topicName === 'b');
    },
  ),

  clientTest({ v5: 'MQTT-3.3.2-8' }, 'Topic Alias 0 from the server closes', async (t) => {
    const { server } = await t.connect({ topicAliasMaximum: 5 });
    server.send(publishFrame(5, { topicName: 'a', properties: [0x23, uint16(0)] }));
    await server.expectClosed();
  }),

  clientTest(
    { v5: 'MQTT-3.3.2-10' },
    'every Topic Alias from 1 to the maximum of the client is accepted',
    async (t) => {
      const { client, server, connect } = await t.connect({ topicAliasMaximum: 5 });
      const maximum = connect.packet.properties.topicAliasMaximum ?? 0;
      t.require(maximum > 0, 'the client announces no Topic Alias Maximum');
      for (const topicAlias of new Set([1, maximum])) {
        for (const topicName of [`topic/${topicAlias}`, '']) {
          server.deliver(topicName, 'x', { properties: { topicAlias } });
          expectEqual(
            (await client.nextMessage()).topicName,
            `topic/${topicAlias}`,
            'Topic Name for the application',
          );
        }
      }
    },
  ),

  clientTest(
    { v5: 'MQTT-3.3.2-7' },
    'a Topic Alias of the server means nothing on the next connection',
    async (t) => {
      const { client, server } = await t.connect({
        topicAliasMaximum: 5,
        cleanStart: false,
        sessionExpiryInterval: 60,
        reconnect: true,
      });
      server.deliver('a', 'x', { properties: { topicAlias: 1 } });
      await client.nextMessage();
      const next = await t.reconnect({ client, server });
      next.deliver('', 'x', { properties: { topicAlias: 1 } });
      await next.expectClosed();
    },
  ),

  clientTest(
    { v5: ['MQTT-3.2.2-17', 'MQTT-3.3.2-9', 'MQTT-3.3.2-7', 'MQTT-3.3.2-8'] },
    "Topic Aliases of the client stay within the server's maximum, are never 0, and begin anew on each connection",
    async (t) => {
      t.require(t.adapter.usesTopicAliases, 'the client never uses Topic Aliases');
      const limit = { properties: { topicAliasMaximum: 2 } };
      const { client, server } = await t.connect(
        { useTopicAliases: true, cleanStart: false, sessionExpiryInterval: 60, reconnect: true },
        limit,
      );
      const names = ['a', 'b', 'c', 'd', 'a', 'b', 'c', 'd', 'a', 'a'];
      for (const connection of [server, undefined]) {
        const peer = connection ?? (await t.reconnect({ client, server }, limit));
        const known = new Map<number, string>();
        for (const name of names) {
          void client.publish(name, 'x', {});
          const { topicName, properties } = await peer.expectPacket('publish');
          const { topicAlias } = properties;
          if (topicAlias !== undefined) {
            expectTrue(topicAlias >= 1 && topicAlias <= 2, `Topic Alias ${topicAlias}, allowed are 1 and 2`);
            if (topicName !== '') known.set(topicAlias, topicName);
          }
          expectEqual(topicName || known.get(topicAlias ?? 0), name, 'Topic Name behind the alias');
        }
      }
    },
  ),

  clientTest(
    { v5: 'MQTT-3.2.2-18' },
    'no Topic Alias is sent where the server announces no maximum, or 0',
    async (t) => {
      for (const properties of [{}, { topicAliasMaximum: 0 }]) {
        const { client, server } = await t.connect({ useTopicAliases: true }, { properties });
        for (let count = 0; count < 3; count++) {
          void client.publish('a', 'x', {});
          const packet = await server.expectPacket('publish');
          expectEqual(
            [packet.topicName, packet.properties.topicAlias],
            ['a', undefined],
            'Topic Name and Topic Alias',
          );
        }
      }
    },
  ),
].flat();
