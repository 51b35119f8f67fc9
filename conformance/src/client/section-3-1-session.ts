/** Sections 3.1.2 and 3.1.3: what a client keeps up as long as its connection and its session last. */
import { defineTest } from '../conformance-test.js';
import { expectEqual } from '../wire/expect.js';
import type { ClientContext } from './client-context.js';

const clientTest = defineTest<ClientContext>;

export const sessionTests = [
  clientTest(
    { v5: 'MQTT-3.1.3-2', v311: 'MQTT-3.1.3-2' },
    'a session is continued under the same Client Identifier',
    async (t) => {
      const { server, connect } = await t.connectLasting();
      server.cut();
      const { packet } = await (await t.accept()).accept({ sessionPresent: true });
      expectEqual(packet.clientIdentifier, connect.packet.clientIdentifier, 'Client Identifier');
      expectEqual(packet.cleanStart, false, 'Clean Start');
    },
  ),

  clientTest(
    { v5: 'MQTT-3.1.2-20', v311: 'MQTT-3.1.2-23' },
    'PINGREQ comes when nothing else was sent for the Keep Alive',
    async (t) => {
      const { server } = await t.connect({ keepAlive: 1 });
      for (let count = 0; count < 2; count++) {
        await server.expectPacket('pingreq');
        server.send({ type: 'pingresp' });
      }
    },
    { seconds: 3 },
  ),

  clientTest(
    { v5: ['MQTT-3.1.2-21', 'MQTT-3.2.2-21'] },
    'Server Keep Alive replaces the Keep Alive of the client',
    async (t) => {
      const { server } = await t.connect({ keepAlive: 60 }, { properties: { serverKeepAlive: 1 } });
      await server.expectPacket('pingreq');
      server.send({ type: 'pingresp' });
    },
    { seconds: 3 },
  ),

  clientTest(
    { v5: 'MQTT-3.1.2-23' },
    'with a Session Expiry Interval the client keeps its state over a lost connection',
    async (t) => {
      const { client, server } = await t.connectLasting();
      void client.publish('a', 'x', { qos: 2 });
      const { packetIdentifier } = await server.expectPacket('publish');
      server.answer('pubrec', packetIdentifier);
      await server.expectPacket('pubrel');
      const next = await t.reconnect({ client, server });
      expectEqual(
        (await next.expectPacket('pubrel')).packetIdentifier,
        packetIdentifier,
        'Packet Identifier of PUBREL',
      );
    },
  ),

  clientTest(
    { v311: 'MQTT-3.1.2-4' },
    'with CleanSession 0 the client keeps its state over a lost connection',
    async (t) => {
      const { client, server } = await t.connectLasting();
      void client.publish('a', 'x', { qos: 1 });
      const { packetIdentifier } = await server.expectPacket('publish');
      const next = await t.reconnect({ client, server });
      const again = await next.expectPacket('publish');
      expectEqual([again.packetIdentifier, again.dup], [packetIdentifier, true], 'Packet Identifier and DUP');
    },
  ),

  clientTest(
    { v5: 'MQTT-4.2.0-1', v311: 'MQTT-7.1.2-1' },
    'half a megabyte goes both ways in its order and without loss',
    async (t) => {
      const { client, server } = await t.connect();
      const payload = Array.from({ length: 1000 }, (_, index) => `line ${index}`).join('\n');
      for (let count = 0; count < 50; count++) {
        void client.publish('a', `${count} ${payload}`, { qos: 1 });
        const taken = await server.take();
        expectEqual(
          Buffer.from(taken.payload).toString() === `${count} ${payload}`,
          true,
          'payload sent is received',
        );
        server.deliver('b', `${count} ${payload}`);
        const message = await client.nextMessage();
        expectEqual(
          Buffer.from(message.payload).toString() === `${count} ${payload}`,
          true,
          'payload received is the one sent',
        );
      }
    },
  ),
].flat();
