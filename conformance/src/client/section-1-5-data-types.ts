/** Sections 1.5 and 2: strings, integers, and the fields that packets share, as a client writes and reads them. */
import { defineTest } from '../conformance-test.js';
import { expectEqual, expectTrue } from '../wire/expect.js';
import { bytes, publishFrame, variableByteInteger } from '../wire/frame.js';
import type { ClientContext } from './client-context.js';

const clientTest = defineTest<ClientContext>;
const illFormed: readonly (readonly number[])[] = [
  [0x61, 0xc0, 0x80],
  [0x61, 0xed, 0xa0, 0x80],
  [0x61, 0xff],
];
const withNull = [0x61, 0x00, 0x62];
const loneSurrogate = 'a\ud800b';

/** The number of bytes that a Variable Byte Integer takes at an offset. */
function sizeAt(source: Uint8Array, offset: number): number {
  let size = 1;
  while ((source[offset + size - 1] ?? 0) >= 0x80) size++;
  return size;
}

/** What the client is asked for with text that cannot be written must not reach the server in any form that is no text. */
async function expectNeverSent(t: ClientContext, text: string): Promise<void> {
  const { client, server } = await t.connect();
  void client.publish(text, 'x', {});
  void client.subscribe(text, {});
  void client.unsubscribe(text);
  if (t.isVersion5) {
    void client.publish('a', 'x', { properties: { contentType: text } });
  }
  // Reading checks every string of every packet.
  await server.packetsBeforeMarker(client);
}

export const dataTypeTests = [
  // MQTT 5 leaves it to the client how strictly it reads (section 4.13 has it close as a SHOULD), 3.1.1 does not.
  clientTest({ v311: 'MQTT-1.5.3-1' }, 'ill-formed UTF-8 from the server closes', async (t) => {
    for (const topicName of illFormed) {
      const { server } = await t.connect();
      server.send(publishFrame(t.version, { topicName }));
      await server.expectClosed();
    }
  }),

  clientTest({ v5: 'MQTT-1.5.4-1', v311: 'MQTT-1.5.3-1' }, 'a lone surrogate is never sent', (t) =>
    expectNeverSent(t, loneSurrogate),
  ),

  clientTest({ v311: 'MQTT-1.5.3-2' }, 'U+0000 from the server closes', async (t) => {
    const { server } = await t.connect();
    server.send(publishFrame(t.version, { topicName: withNull }));
    await server.expectClosed();
  }),

  clientTest({ v5: 'MQTT-1.5.4-2', v311: 'MQTT-1.5.3-2' }, 'U+0000 is never sent', (t) =>
    expectNeverSent(t, 'a\u0000b'),
  ),

  clientTest(
    { v5: 'MQTT-1.5.4-3', v311: 'MQTT-1.5.3-3' },
    'U+FEFF stays where it is, in what is sent and in what is received',
    async (t) => {
      const { client, server } = await t.connect();
      void client.publish('\uFEFFa', 'x', {});
      const sent = (await server.expectFrame('publish')).bytes;
      expectEqual([...sent.subarray(2, 7)], [0, 4, 0xef, 0xbb, 0xbf], 'first bytes of the Topic Name');
      server.deliver('\uFEFFa', 'x');
      expectEqual((await client.nextMessage()).topicName, '\uFEFFa', 'Topic Name for the application');
    },
  ),

  clientTest(
    { v5: 'MQTT-1.5.5-1' },
    'Remaining Length and Property Length are as short as they can be',
    async (t) => {
      const { client, server } = await t.connect();
      for (const size of [0, 100, 115, 127, 128, 16_370, 16_384]) {
        void client.publish('a', 'x'.repeat(size), { properties: { contentType: 'x'.repeat(size) } });
        const { bytes: sent } = await server.expectFrame('publish');
        const remaining = sizeAt(sent, 1);
        expectEqual(
          remaining,
          variableByteInteger(sent.length - 1 - remaining).length,
          `bytes of Remaining Length at ${size}`,
        );
        expectEqual(
          sizeAt(sent, 1 + remaining + 3),
          variableByteInteger(size + 3).length,
          `bytes of Property Length at ${size}`,
        );
      }
    },
  ),

  clientTest({ v5: 'MQTT-1.5.7-1' }, 'ill-formed text in a User Property is never sent', async (t) => {
    const { client, server } = await t.connect();
    for (const userProperties of [[[loneSurrogate, 'v']], [['n', 'a\u0000']]] as const) {
      void client.publish('a', 'x', { properties: { userProperties } });
    }
    await server.packetsBeforeMarker(client);
  }),

  clientTest(
    { v311: ['MQTT-2.2.2-1', 'MQTT-2.2.2-2'] },
    'reserved flag bits set by the server close',
    async (t) => {
      for (const packet of [
        bytes(0xd1, 0),
        bytes(0x91, 3, 0, 1, 0),
        bytes(0x42, 2, 0, 1),
        bytes(0x60, 2, 0, 1),
      ]) {
        const { server } = await t.connect();
        server.send(packet);
        await server.expectClosed();
      }
    },
  ),

  clientTest(
    { v5: 'MQTT-2.1.3-1', v311: 'MQTT-2.2.2-1' },
    'every packet of the client has the flag bits of the table',
    async (t) => {
      const { client, server, connect } = await t.connect();
      const firstBytes = [connect.bytes[0]];
      void client.subscribe('a', { qos: 2 });
      firstBytes.push((await server.grant()).bytes[0]);
      server.deliver('a', 'x', { qos: 1, packetIdentifier: 5 });
      firstBytes.push((await server.expectFrame('puback')).bytes[0]);
      server.deliver('a', 'x', { qos: 2, packetIdentifier: 6 });
      firstBytes.push((await server.expectFrame('pubrec')).bytes[0]);
      server.answer('pubrel', 6);
      firstBytes.push((await server.expectFrame('pubcomp')).bytes[0]);
      void client.publish('a', 'x', { qos: 2 });
      const { packetIdentifier } = await server.expectPacket('publish');
      server.answer('pubrec', packetIdentifier);
      firstBytes.push((await server.expectFrame('pubrel')).bytes[0]);
      server.answer('pubcomp', packetIdentifier);
      void client.unsubscribe('a');
      const unsubscribe = await server.expectFrame('unsubscribe');
      firstBytes.push(unsubscribe.bytes[0]);
      server.send({
        type: 'unsuback',
        packetIdentifier: unsubscribe.packet.packetIdentifier,
        reasonCodes: t.isVersion5 ? [0] : [],
        properties: {},
      });
      void client.close();
      firstBytes.push((await server.expectFrame('disconnect')).bytes[0]);
      expectEqual(firstBytes, [0x10, 0x82, 0x40, 0x50, 0x70, 0x62, 0xa2, 0xe0], 'first bytes');
    },
  ),

  clientTest(
    { v5: 'MQTT-2.2.1-2', v311: 'MQTT-2.3.1-5' },
    'a PUBLISH of QoS 0 has no Packet Identifier',
    async (t) => {
      const { client, server } = await t.connect();
      void client.publish('a', 'payload', { qos: 0 });
      const { bytes: sent } = await server.expectFrame('publish');
      expectEqual(
        [...sent],
        [...publishFrame(t.version, { topicName: 'a', payload: 'payload' })],
        'bytes of the PUBLISH',
      );
    },
  ),

  clientTest(
    { v5: 'MQTT-2.2.1-3', v311: ['MQTT-2.3.1-1', 'MQTT-2.3.1-2'] },
    'new requests and messages have Packet Identifiers that are not 0 and not in use',
    async (t) => {
      const { client, server } = await t.connect();
      const identifiers: number[] = [];
      for (let count = 0; count < 3; count++) {
        void client.publish('a', 'x', { qos: 1 });
        identifiers.push((await server.expectPacket('publish')).packetIdentifier);
        void client.publish('a', 'x', { qos: 2 });
        const { packetIdentifier } = await server.expectPacket('publish');
        identifiers.push(packetIdentifier);
        // Behind PUBREC the identifier is still in use.
        server.answer('pubrec', packetIdentifier);
        await server.expectPacket('pubrel');
        void client.subscribe(`filter/${count}`, {});
        identifiers.push((await server.expectPacket('subscribe')).packetIdentifier);
      }
      expectTrue(!identifiers.includes(0), 'Packet Identifier 0');
      expectEqual(
        new Set(identifiers).size,
        identifiers.length,
        'different Packet Identifiers of what is under way',
      );
      void client.unsubscribe('b');
      const unsubscribe = await server.expectPacket('unsubscribe');
      expectTrue(
        unsubscribe.packetIdentifier > 0 && !identifiers.includes(unsubscribe.packetIdentifier),
        'UNSUBSCRIBE has an identifier that is in use',
      );
    },
  ),

  clientTest(
    { v311: 'MQTT-2.3.1-3' },
    'a message that is sent again keeps its Packet Identifier',
    async (t) => {
      const { client, server } = await t.connectLasting();
      void client.publish('a', 'x', { qos: 1 });
      const { packetIdentifier } = await server.expectPacket('publish');
      const next = await t.reconnect({ client, server });
      expectEqual(
        (await next.expectPacket('publish')).packetIdentifier,
        packetIdentifier,
        'Packet Identifier',
      );
    },
  ),

  clientTest(
    { v5: 'MQTT-2.2.1-5', v311: 'MQTT-2.3.1-6' },
    'PUBACK, PUBREC, PUBCOMP and PUBREL repeat the Packet Identifier of their PUBLISH',
    async (t) => {
      const { client, server } = await t.connect();
      server.deliver('a', 'x', { qos: 1, packetIdentifier: 0xabcd });
      expectEqual(
        (await server.expectPacket('puback')).packetIdentifier,
        0xabcd,
        'Packet Identifier of PUBACK',
      );
      server.deliver('a', 'x', { qos: 2, packetIdentifier: 0xffff });
      expectEqual(
        (await server.expectPacket('pubrec')).packetIdentifier,
        0xffff,
        'Packet Identifier of PUBREC',
      );
      server.answer('pubrel', 0xffff);
      expectEqual(
        (await server.expectPacket('pubcomp')).packetIdentifier,
        0xffff,
        'Packet Identifier of PUBCOMP',
      );
      void client.publish('a', 'x', { qos: 2 });
      const { packetIdentifier } = await server.expectPacket('publish');
      server.answer('pubrec', packetIdentifier);
      expectEqual(
        (await server.expectPacket('pubrel')).packetIdentifier,
        packetIdentifier,
        'Packet Identifier of PUBREL',
      );
    },
  ),

  clientTest(
    { v5: 'MQTT-2.2.2-1' },
    'CONNECT, PUBLISH, SUBSCRIBE and UNSUBSCRIBE without properties still have a Property Length',
    async (t) => {
      const plain = { properties: { subscriptionIdentifiersAvailable: false } };
      const { client, server, connect } = await t.connect({}, plain);
      const { length } = connect.packet.clientIdentifier;
      const propertyLength = connect.bytes[12] ?? 0;
      expectEqual(connect.bytes.length, 2 + 10 + 1 + propertyLength + 2 + length, 'bytes of CONNECT');
      void client.publish('a', 'x', {});
      expectEqual(
        [...(await server.expectFrame('publish')).bytes],
        [0x30, 5, 0, 1, 0x61, 0, 0x78],
        'bytes of PUBLISH',
      );
      void client.subscribe('a', {});
      expectEqual((await server.grant()).bytes[4], 0, 'Property Length of SUBSCRIBE');
      void client.unsubscribe('a');
      expectEqual((await server.expectFrame('unsubscribe')).bytes[4], 0, 'Property Length of UNSUBSCRIBE');
    },
  ),
].flat();
