/** Section 4.6: the order in which a client sends again and acknowledges. */
import { defineTest } from '../conformance-test.js';
import { expectEqual } from '../wire/expect.js';
import type { ClientContext } from './client-context.js';

const clientTest = defineTest<ClientContext>;
const identifiers = [11, 5, 900, 6, 3, 65_535];

export const orderTests = [
  clientTest(
    { v5: 'MQTT-4.6.0-1', v311: 'MQTT-4.6.0-1' },
    'messages are sent again in the order they were sent in',
    async (t) => {
      const { client, server } = await t.connectLasting();
      const payloads = ['1', '2', '3', '4', '5', '6'];
      for (const payload of payloads)
        void client.publish('a', payload, { qos: Number(payload) % 2 === 0 ? 2 : 1 });
      for (const _ of payloads) await server.expectPacket('publish');
      const next = await t.reconnect({ client, server });
      const again = [];
      for (const _ of payloads) again.push(Buffer.from((await next.take()).payload).toString());
      expectEqual(again, payloads, 'payloads');
    },
  ),

  clientTest(
    { v5: 'MQTT-4.6.0-2', v311: 'MQTT-4.6.0-2' },
    'PUBACKs go out in the order of the PUBLISHes',
    async (t) => {
      const { server } = await t.connect();
      for (const packetIdentifier of identifiers) server.deliver('a', 'x', { qos: 1, packetIdentifier });
      const answered = [];
      for (const _ of identifiers) answered.push((await server.expectPacket('puback')).packetIdentifier);
      expectEqual(answered, identifiers, 'Packet Identifiers of PUBACK');
    },
  ),

  clientTest(
    { v5: 'MQTT-4.6.0-3', v311: 'MQTT-4.6.0-3' },
    'PUBRECs go out in the order of the PUBLISHes',
    async (t) => {
      const { server } = await t.connect();
      for (const packetIdentifier of identifiers) server.deliver('a', 'x', { qos: 2, packetIdentifier });
      const answered = [];
      for (const _ of identifiers) answered.push((await server.expectPacket('pubrec')).packetIdentifier);
      expectEqual(answered, identifiers, 'Packet Identifiers of PUBREC');
    },
  ),

  clientTest(
    { v5: 'MQTT-4.6.0-4', v311: 'MQTT-4.6.0-4' },
    'PUBRELs go out in the order of the PUBRECs',
    async (t) => {
      const { client, server } = await t.connect();
      for (let count = 0; count < 5; count++) void client.publish('a', 'x', { qos: 2 });
      const sent = [];
      for (let count = 0; count < 5; count++)
        sent.push((await server.expectPacket('publish')).packetIdentifier);
      const order = [sent[3], sent[0], sent[4], sent[1], sent[2]].map((identifier) => identifier ?? 0);
      for (const packetIdentifier of order) server.answer('pubrec', packetIdentifier);
      const released = [];
      for (const _ of order) released.push((await server.expectPacket('pubrel')).packetIdentifier);
      expectEqual(released, order, 'Packet Identifiers of PUBREL');
    },
  ),

  clientTest(
    { v311: 'MQTT-7.0.0-2' },
    'a server that knows nothing but the standard is enough to connect, subscribe, publish and leave',
    async (t) => {
      const { client, server, connect } = await t.connect();
      expectEqual(
        [...connect.bytes.subarray(2, 9)],
        [0, 4, 0x4d, 0x51, 0x54, 0x54, 4],
        'first bytes of CONNECT',
      );
      const subscribed = client.subscribe('a', {});
      await server.grant();
      await subscribed;
      const published = client.publish('a', 'x', { qos: 1 });
      await server.take();
      await published;
      void client.close();
      expectEqual([...(await server.expectFrame('disconnect')).bytes], [0xe0, 0], 'bytes of DISCONNECT');
    },
  ),
].flat();
