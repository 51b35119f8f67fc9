/** Sections 3.3.4 and 4.9: the server's Receive Maximum. */
import { defineTest } from '../conformance-test.js';
import { expectEqual } from '../wire/expect.js';
import type { ClientContext } from './client-context.js';

const clientTest = defineTest<ClientContext>;

export const flowTests = [
  clientTest(
    { v5: ['MQTT-3.3.4-7', 'MQTT-4.9.0-1', 'MQTT-4.9.0-2'] },
    "no more messages are under way than the server's Receive Maximum, and the next goes out at a PUBACK",
    async (t) => {
      const { client, server } = await t.connect({}, { properties: { receiveMaximum: 2 } });
      for (let count = 1; count <= 5; count++) void client.publish('a', String(count), { qos: 1 });
      const underWay = [await server.expectPacket('publish'), await server.expectPacket('publish')];
      await server.expectNothingBefore(client);
      const payloads = [];
      for (let packet = underWay.shift(); packet !== undefined; packet = underWay.shift()) {
        payloads.push(Buffer.from(packet.payload).toString());
        server.answer('puback', packet.packetIdentifier);
        if (payloads.length <= 3) {
          underWay.push(await server.expectPacket('publish'));
          await server.expectNothingBefore(client);
        }
      }
      expectEqual(payloads, ['1', '2', '3', '4', '5'], 'payloads');
    },
  ),

  clientTest(
    { v5: ['MQTT-3.3.4-7', 'MQTT-4.9.0-2'] },
    'a message of QoS 2 uses the quota until its PUBCOMP, or a PUBREC of failure',
    async (t) => {
      const { client, server } = await t.connect({}, { properties: { receiveMaximum: 1 } });
      for (let count = 1; count <= 3; count++) void client.publish('a', String(count), { qos: 2 });
      const first = await server.expectPacket('publish');
      server.answer('pubrec', first.packetIdentifier);
      await server.expectPacket('pubrel');
      await server.expectNothingBefore(client);
      server.answer('pubcomp', first.packetIdentifier);
      const second = await server.expectPacket('publish');
      server.answer('pubrec', second.packetIdentifier, 0x97);
      const third = await server.expectPacket('publish');
      expectEqual(Buffer.from(third.payload).toString(), '3', 'payload after a PUBREC of failure');
    },
  ),

  clientTest(
    { v5: ['MQTT-3.3.4-8', 'MQTT-4.9.0-3'] },
    'with the quota used up all other packets are still sent',
    async (t) => {
      const { client, server } = await t.connect({ keepAlive: 1 }, { properties: { receiveMaximum: 1 } });
      for (let count = 0; count < 3; count++) void client.publish('a', 'x', { qos: 1 });
      await server.expectPacket('publish');
      void client.subscribe('b', {});
      await server.grant();
      server.deliver('b', 'x', { qos: 1 });
      await server.expectPacket('puback');
      server.deliver('b', 'x', { qos: 2, packetIdentifier: 2 });
      await server.expectPacket('pubrec');
      server.answer('pubrel', 2);
      await server.expectPacket('pubcomp');
      void client.unsubscribe('b');
      await server.expectPacket('unsubscribe');
      await server.expectPacket('pingreq');
    },
    { seconds: 3 },
  ),
].flat();
