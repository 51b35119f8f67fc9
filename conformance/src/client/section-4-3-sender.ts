/** Sections 4.3 and 4.4: the QoS exchanges with the client as sender. */
import { defineTest } from '../conformance-test.js';
import { expectEqual } from '../wire/expect.js';
import type { ClientContext } from './client-context.js';

const clientTest = defineTest<ClientContext>;

export const senderTests = [
  clientTest(
    { v5: 'MQTT-4.3.1-1', v311: 'MQTT-4.3.1-1' },
    'QoS 0 is sent with QoS 0 and DUP 0',
    async (t) => {
      const { client, server } = await t.connect();
      void client.publish('a', 'x', { qos: 0 });
      expectEqual(((await server.expectFrame('publish')).bytes[0] ?? 0) & 0x0e, 0, 'DUP and QoS bits');
    },
  ),

  clientTest(
    { v5: ['MQTT-4.3.2-1', 'MQTT-4.3.2-2'], v311: 'MQTT-4.3.2-1' },
    'QoS 1 is sent with an identifier that is not in use, QoS 1 and DUP 0',
    async (t) => {
      const { client, server } = await t.connect();
      const inUse = new Set<number>();
      for (let count = 0; count < 8; count++) {
        void client.publish('a', 'x', { qos: 1 });
        const { packet, bytes } = await server.expectFrame('publish');
        expectEqual(
          [(bytes[0] ?? 0) & 0x0e, inUse.has(packet.packetIdentifier)],
          [0x02, false],
          'DUP and QoS bits, and whether the identifier is in use',
        );
        inUse.add(packet.packetIdentifier);
        if (count % 2 === 1) {
          server.answer('puback', packet.packetIdentifier);
          inUse.delete(packet.packetIdentifier);
        }
      }
    },
  ),

  clientTest(
    { v5: 'MQTT-4.3.2-3', v311: 'MQTT-4.3.2-1' },
    'QoS 1 stays unacknowledged until PUBACK, and not longer',
    async (t) => {
      const { client, server } = await t.connectLasting();
      const published = client.publish('a', 'x', { qos: 1 });
      await server.expectPacket('publish');
      const second = await t.reconnect({ client, server });
      await second.take();
      await published;
      const third = await t.reconnect({ client, server: second });
      await third.expectNothingBefore(client);
    },
  ),

  clientTest(
    { v5: ['MQTT-4.3.3-1', 'MQTT-4.3.3-2'], v311: 'MQTT-4.3.3-1' },
    'QoS 2 is sent with an identifier that is not in use, QoS 2 and DUP 0',
    async (t) => {
      const { client, server } = await t.connect();
      const inUse = new Set<number>();
      for (let count = 0; count < 8; count++) {
        void client.publish('a', 'x', { qos: 2 });
        const { packet, bytes } = await server.expectFrame('publish');
        expectEqual(
          [(bytes[0] ?? 0) & 0x0e, inUse.has(packet.packetIdentifier)],
          [0x04, false],
          'DUP and QoS bits, and whether the identifier is in use',
        );
        inUse.add(packet.packetIdentifier);
        server.answer('pubrec', packet.packetIdentifier);
        await server.expectPacket('pubrel');
        if (count % 2 === 1) {
          server.answer('pubcomp', packet.packetIdentifier);
          inUse.delete(packet.packetIdentifier);
        }
      }
    },
  ),

  clientTest(
    { v5: 'MQTT-4.3.3-3', v311: 'MQTT-4.3.3-1' },
    'QoS 2 stays unacknowledged until PUBREC: it is sent again when the session is resumed',
    async (t) => {
      const { client, server } = await t.connectLasting();
      void client.publish('a', 'x', { qos: 2 });
      const { packetIdentifier } = await server.expectPacket('publish');
      const again = await (await t.reconnect({ client, server })).expectPacket('publish');
      expectEqual([again.packetIdentifier, again.dup], [packetIdentifier, true], 'Packet Identifier and DUP');
    },
  ),

  clientTest(
    { v5: 'MQTT-4.3.3-4', v311: 'MQTT-4.3.3-1' },
    'PUBREC is answered with PUBREL of the same identifier',
    async (t) => {
      const { client, server } = await t.connect();
      void client.publish('a', 'x', { qos: 2 });
      const { packetIdentifier } = await server.expectPacket('publish');
      server.answer('pubrec', packetIdentifier);
      expectEqual(
        (await server.expectPacket('pubrel')).packetIdentifier,
        packetIdentifier,
        'Packet Identifier',
      );
    },
  ),

  clientTest(
    { v5: ['MQTT-4.3.3-5', 'MQTT-4.3.3-6'], v311: 'MQTT-4.3.3-1' },
    'behind PUBREL the PUBLISH is not repeated; PUBREL is, until its PUBCOMP',
    async (t) => {
      const { client, server } = await t.connectLasting();
      const published = client.publish('a', 'x', { qos: 2 });
      const { packetIdentifier } = await server.expectPacket('publish');
      server.answer('pubrec', packetIdentifier);
      await server.expectPacket('pubrel');
      const second = await t.reconnect({ client, server });
      expectEqual(
        (await second.expectPacket('pubrel')).packetIdentifier,
        packetIdentifier,
        'Packet Identifier of PUBREL',
      );
      second.answer('pubcomp', packetIdentifier);
      await published;
      await second.expectNothingBefore(client);
      const third = await t.reconnect({ client, server: second });
      await third.expectNothingBefore(client);
    },
  ),

  clientTest(
    { v5: 'MQTT-4.3.3-7' },
    'a QoS 2 message whose PUBLISH was sent is completed although it has expired',
    async (t) => {
      const { client, server } = await t.connectLasting();
      void client.publish('a', 'x', { qos: 2, properties: { messageExpiryInterval: 1 } });
      const { packetIdentifier } = await server.expectPacket('publish');
      await t.wait(2);
      const next = await t.reconnect({ client, server });
      expectEqual(
        (await next.expectPacket('publish')).packetIdentifier,
        packetIdentifier,
        'Packet Identifier',
      );
      next.answer('pubrec', packetIdentifier);
      await next.expectPacket('pubrel');
    },
    { seconds: 3 },
  ),

  clientTest(
    { v5: 'MQTT-4.3.3-9' },
    'after a PUBREC of failure the same identifier is a new message',
    async (t) => {
      const { client, server } = await t.connect();
      const refused = client.publish('a', 'refused', { qos: 2 });
      const { packetIdentifier } = await server.expectPacket('publish');
      server.answer('pubrec', packetIdentifier, 0x97);
      await refused.catch(() => {});
      // As receiver the client has no reason to refuse; as sender it must be able to use the identifier again.
      for (let count = 0; count < 3; count++) {
        const published = client.publish('a', 'x', { qos: 2 });
        await server.take();
        await published;
      }
      await server.expectNothingBefore(client);
    },
  ),

  clientTest(
    { v5: 'MQTT-4.4.0-1', v311: 'MQTT-4.4.0-1' },
    'a resumed session sends its open PUBLISH and PUBREL again with their identifiers, and never else',
    async (t) => {
      const { client, server } = await t.connectLasting();
      for (const qos of [1, 2, 2] as const) void client.publish('a', `qos ${qos}`, { qos });
      const open = [
        await server.expectPacket('publish'),
        await server.expectPacket('publish'),
        await server.expectPacket('publish'),
      ];
      const released = open[1]?.packetIdentifier ?? 0;
      server.answer('pubrec', released);
      await server.expectPacket('pubrel');
      await t.wait(4);
      await server.expectNothingBefore(client);
      const next = await t.reconnect({ client, server });
      const resent = await next.packetsBeforeMarker(client, { answering: true });
      const again = resent.filter((packet) => packet.type === 'publish');
      // PUBREL comes for the one that had got so far, and for the other of QoS 2 once it has its PUBREC.
      const identifiers = [...again.map(({ packetIdentifier }) => packetIdentifier), released];
      expectEqual(
        identifiers.sort(),
        open.map(({ packetIdentifier }) => packetIdentifier).sort(),
        'Packet Identifiers of what is sent again',
      );
      const isReleased = resent.some(
        (packet) => packet.type === 'pubrel' && packet.packetIdentifier === released,
      );
      expectEqual(isReleased, true, 'whether PUBREL is sent again');
    },
    { seconds: 5 },
  ),

  clientTest({ v5: 'MQTT-4.4.0-2' }, 'a PUBACK or PUBREC of failure ends the message for good', async (t) => {
    const { client, server } = await t.connectLasting();
    for (const [qos, type] of [
      [1, 'puback'],
      [2, 'pubrec'],
    ] as const) {
      const refused = client.publish('a', 'x', { qos });
      server.answer(type, (await server.expectPacket('publish')).packetIdentifier, 0x97);
      await refused.catch(() => {});
    }
    const next = await t.reconnect({ client, server });
    await next.expectNothingBefore(client);
  }),
].flat();
