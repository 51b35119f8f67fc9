/** Section 3.2: what a client makes of CONNACK and of the limits in it. */
import { defineTest } from '../conformance-test.js';
import { expectEqual, expectTrue } from '../wire/expect.js';
import { bytes } from '../wire/frame.js';
import type { ClientContext } from './client-context.js';

const clientTest = defineTest<ClientContext>;

export const connackTests = [
  clientTest(
    { v5: 'MQTT-3.2.2-4' },
    'Session Present 1 for a session that the client does not have closes',
    async (t) => {
      const { server } = await t.connect({ cleanStart: true }, { sessionPresent: true });
      await server.expectClosed();
    },
  ),

  clientTest(
    { v5: 'MQTT-3.2.2-5' },
    'Session Present 0 on a reconnect: the client drops what it had',
    async (t) => {
      const { client, server } = await t.connectLasting();
      void client.publish('a', 'x', { qos: 2 });
      const { packetIdentifier } = await server.expectPacket('publish');
      server.answer('pubrec', packetIdentifier);
      await server.expectPacket('pubrel');
      void client.publish('a', 'y', { qos: 1 });
      await server.expectPacket('publish');
      server.deliver('a', 'once', { qos: 2, packetIdentifier: 7 });
      await server.expectPacket('pubrec');
      const next = await t.reconnect({ client, server }, { sessionPresent: false });
      for (const packet of await next.packetsBeforeMarker(client, { answering: true })) {
        expectTrue(packet.type !== 'pubrel', 'PUBREL of a session that is gone');
        expectTrue(packet.type !== 'publish' || !packet.dup, 'PUBLISH with DUP in a new session');
      }
      await client.nextMessage();
      next.deliver('a', 'new', { qos: 2, packetIdentifier: 7 });
      next.answer('pubrel', 7);
      expectEqual(
        Buffer.from((await client.nextMessage()).payload).toString(),
        'new',
        'payload for the application',
      );
    },
  ),

  clientTest({ v5: 'MQTT-3.2.2-11' }, 'nothing is published above Maximum QoS', async (t) => {
    for (const maximumQoS of [0, 1] as const) {
      const { client, server } = await t.connect({}, { properties: { maximumQoS } });
      for (const qos of [1, 2] as const) void client.publish('a', 'x', { qos });
      for (const packet of await server.packetsBeforeMarker(client)) {
        if (packet.type === 'publish') expectTrue(packet.qos <= maximumQoS, `PUBLISH with QoS ${packet.qos}`);
      }
    }
  }),

  clientTest(
    { v5: 'MQTT-3.2.2-14' },
    'nothing is published with RETAIN where Retain Available is 0',
    async (t) => {
      const { client, server } = await t.connect({}, { properties: { retainAvailable: false } });
      void client.publish('a', 'x', { retain: true });
      for (const packet of await server.packetsBeforeMarker(client)) {
        expectTrue(packet.type !== 'publish' || !packet.retain, 'PUBLISH with RETAIN');
      }
    },
  ),

  clientTest(
    { v5: 'MQTT-3.2.2-15' },
    "nothing larger than the server's Maximum Packet Size is sent, to the byte",
    async (t) => {
      const { client, server } = await t.connect({}, { properties: { maximumPacketSize: 60 } });
      // Type, length, topic of one byte behind its length, Property Length.
      const largest = 60 - 2 - 3 - 1;
      void client.publish('a', 'x'.repeat(largest + 1), {});
      void client.publish('a', 'x'.repeat(largest), {});
      expectEqual(
        (await server.expectFrame('publish')).bytes.length,
        60,
        'bytes of the first PUBLISH that came',
      );
      void client.subscribe('x'.repeat(60), {});
      await server.expectNothingBefore(client);
    },
  ),

  clientTest({ v5: 'MQTT-4.13.2-1' }, 'a CONNACK of failure ends the connection', async (t) => {
    for (const reasonCode of [0x80, 0x87, 0x97]) {
      const { server } = await t.connect({}, { reasonCode });
      await server.waitClosed();
    }
  }),

  clientTest(
    { v311: 'MQTT-4.8.0-1' },
    'packets that no server may send, and packets that cannot be read, close',
    async (t) => {
      const violations = [
        bytes(0x00, 0),
        bytes(0xc0, 0),
        bytes(0x30, 0xff, 0xff, 0xff, 0xff, 0x7f),
        bytes(0x30, 3, 0, 9, 0x61),
        bytes(0x82, 6, 0, 1, 0, 1, 0x61, 0),
        bytes(0x32, 3, 0, 1, 0x61),
        bytes(0x20, 2, 0, 0),
        // Topic Names that are none.
        bytes(0x30, 3, 0, 0, 0x78),
        bytes(0x30, 6, 0, 3, 0x61, 0x2f, 0x2b, 0x78),
      ];
      for (const violation of violations) {
        const { server } = await t.connect();
        server.send(violation);
        await server.expectClosed();
      }
    },
  ),
].flat();
