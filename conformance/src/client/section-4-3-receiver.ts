/** Sections 4.1 and 4.3: the QoS exchanges with the client as receiver. */
import { defineTest } from '../conformance-test.js';
import { expectEqual } from '../wire/expect.js';
import type { ClientContext, ObservedClient } from './client-context.js';

const clientTest = defineTest<ClientContext>;

/** The payload of the next message that the application gets. */
async function nextText(client: ObservedClient): Promise<string> {
  return Buffer.from((await client.nextMessage()).payload).toString();
}

export const receiverTests = [
  clientTest(
    { v5: 'MQTT-4.3.2-4', v311: 'MQTT-4.3.2-2' },
    'QoS 1 received reaches the application and is answered with PUBACK of the same identifier',
    async (t) => {
      const { client, server } = await t.connect();
      for (const packetIdentifier of [1, 256, 65_535]) {
        server.deliver('a', String(packetIdentifier), { qos: 1, packetIdentifier });
        expectEqual(
          (await server.expectPacket('puback')).packetIdentifier,
          packetIdentifier,
          'Packet Identifier',
        );
        expectEqual(await nextText(client), String(packetIdentifier), 'payload');
      }
    },
  ),

  clientTest(
    { v5: 'MQTT-4.3.2-5', v311: 'MQTT-4.3.2-2' },
    'after PUBACK the same identifier is a new message, whatever DUP says',
    async (t) => {
      const { client, server } = await t.connect();
      for (const [payload, dup] of [
        ['one', false],
        ['two', false],
        ['three', true],
      ] as const) {
        server.deliver('a', payload, { qos: 1, packetIdentifier: 5, dup });
        await server.expectPacket('puback');
        expectEqual(await nextText(client), payload, 'payload');
      }
    },
  ),

  clientTest(
    { v5: 'MQTT-4.3.3-13' },
    'a QoS 2 exchange is finished although the message has expired',
    async (t) => {
      const { server } = await t.connect();
      server.deliver('a', 'x', { qos: 2, packetIdentifier: 9, properties: { messageExpiryInterval: 1 } });
      await server.expectPacket('pubrec');
      await t.wait(2);
      server.answer('pubrel', 9);
      expectEqual((await server.expectPacket('pubcomp')).reasonCode, 0, 'Reason Code of PUBCOMP');
    },
    { seconds: 3 },
  ),

  clientTest(
    { v5: 'MQTT-4.3.3-8', v311: 'MQTT-4.3.3-2' },
    'QoS 2 received reaches the application once and is answered with PUBREC of the same identifier',
    async (t) => {
      const { client, server } = await t.connect();
      for (const packetIdentifier of [1, 256, 65_535]) {
        server.deliver('a', String(packetIdentifier), { qos: 2, packetIdentifier });
        expectEqual(
          (await server.expectPacket('pubrec')).packetIdentifier,
          packetIdentifier,
          'Packet Identifier',
        );
        server.answer('pubrel', packetIdentifier);
        await server.expectPacket('pubcomp');
        expectEqual(await nextText(client), String(packetIdentifier), 'payload');
      }
      expectEqual(client.unread.length, 0, 'further messages');
    },
  ),

  clientTest(
    { v5: ['MQTT-4.3.3-10', 'MQTT-4.1.0-1'], v311: ['MQTT-4.3.3-2', 'MQTT-4.1.0-1', 'MQTT-4.1.0-2'] },
    'until PUBREL a repeated PUBLISH gets PUBREC and reaches the application once, even on another connection',
    async (t) => {
      const { client, server } = await t.connectLasting();
      for (const dup of [false, true]) {
        server.deliver('a', 'once', { qos: 2, packetIdentifier: 5, dup });
        await server.expectPacket('pubrec');
      }
      const next = await t.reconnect({ client, server });
      next.deliver('a', 'once', { qos: 2, packetIdentifier: 5, dup: true });
      await next.expectPacket('pubrec');
      next.answer('pubrel', 5);
      await next.expectPacket('pubcomp');
      next.deliver('a', 'end');
      expectEqual([await nextText(client), await nextText(client)], ['once', 'end'], 'payloads');
    },
  ),

  clientTest(
    { v5: 'MQTT-4.3.3-11', v311: 'MQTT-4.3.3-2' },
    'PUBREL is answered with PUBCOMP of the same identifier',
    async (t) => {
      const { server } = await t.connect();
      server.deliver('a', 'x', { qos: 2, packetIdentifier: 513 });
      await server.expectPacket('pubrec');
      server.answer('pubrel', 513);
      expectEqual((await server.expectPacket('pubcomp')).packetIdentifier, 513, 'Packet Identifier');
    },
  ),

  clientTest(
    { v5: 'MQTT-4.3.3-12', v311: 'MQTT-4.3.3-2' },
    'after PUBCOMP the same identifier is a new message',
    async (t) => {
      const { client, server } = await t.connect();
      for (const payload of ['one', 'two']) {
        server.deliver('a', payload, { qos: 2, packetIdentifier: 5 });
        await server.expectPacket('pubrec');
        server.answer('pubrel', 5);
        await server.expectPacket('pubcomp');
        expectEqual(await nextText(client), payload, 'payload');
      }
    },
  ),
].flat();
