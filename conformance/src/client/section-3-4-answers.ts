/** Sections 3.4 to 3.7, 3.14: acknowledgements and DISCONNECT of a client. */
import { type AcknowledgementType, isReasonCodeOf } from '@petrel/protocol';
import { defineTest } from '../conformance-test.js';
import { expectEqual, expectTrue } from '../wire/expect.js';
import { bytes } from '../wire/frame.js';
import type { Received } from '../wire/peer.js';
import type { ClientContext } from './client-context.js';

const clientTest = defineTest<ClientContext>;

/** The smallest packet that can carry a Reason Code. */
const tight = { properties: { maximumPacketSize: 40 } };
const smallest = 5;

/** Makes the client send the answer, in the ordinary way and where there is nothing to answer. */
async function answersOf(t: ClientContext, type: AcknowledgementType): Promise<readonly Received[]> {
  const { client, server } = await t.connect({}, tight);
  const answers: Received[] = [];
  switch (type) {
    case 'puback':
      server.deliver('a', 'x', { qos: 1, packetIdentifier: 7 });
      break;
    case 'pubrec':
      server.deliver('a', 'x', { qos: 2, packetIdentifier: 7 });
      break;
    case 'pubrel':
      void client.publish('a', 'x', { qos: 2 });
      server.answer('pubrec', (await server.expectPacket('publish')).packetIdentifier);
      answers.push(await server.expectFrame('pubrel'));
      server.answer('pubrec', 4711);
      break;
    case 'pubcomp':
      server.deliver('a', 'x', { qos: 2, packetIdentifier: 7 });
      await server.expectPacket('pubrec');
      server.answer('pubrel', 7);
      answers.push(await server.expectFrame('pubcomp'));
      server.answer('pubrel', 4711);
      break;
  }
  if (answers.length === 0) return [await server.expectFrame(type)];
  // What a client says where there is nothing to answer is its own choice, if it says anything.
  const more = await server.framesBeforeMarker(client).catch((error: unknown) => {
    if (!server.isClosed) throw error;
    return [];
  });
  return [...answers, ...more.filter(({ packet }) => packet.type === type)];
}

const sections: readonly (readonly [AcknowledgementType, section: string])[] = [
  ['puback', 'MQTT-3.4.2'],
  ['pubrec', 'MQTT-3.5.2'],
  ['pubrel', 'MQTT-3.6.2'],
  ['pubcomp', 'MQTT-3.7.2'],
];

const answerTests = sections.flatMap(([type, section]) => [
  // MQTT-3.4.2-1, MQTT-3.5.2-1, MQTT-3.6.2-1, MQTT-3.7.2-1
  clientTest(
    { v5: `${section}-1` },
    `${type.toUpperCase()} has one of its defined Reason Codes`,
    async (t) => {
      for (const { bytes: answer } of await answersOf(t, type)) {
        const code = answer.length < smallest ? 0 : (answer[4] ?? 0);
        expectTrue(isReasonCodeOf(type, code, 'client'), `Reason Code ${code}`);
      }
    },
  ),

  // MQTT-3.4.2-2, -3, MQTT-3.5.2-2, -3, MQTT-3.6.2-2, -3, MQTT-3.7.2-2, -3
  clientTest(
    { v5: [`${section}-2`, `${section}-3`] },
    `${type.toUpperCase()} keeps within Maximum Packet Size`,
    async (t) => {
      for (const { bytes: answer } of await answersOf(t, type)) {
        expectTrue(
          answer.length <= tight.properties.maximumPacketSize,
          `${answer.length} bytes, allowed are 40`,
        );
      }
    },
  ),
]);

export const answersTests = [
  ...answerTests,

  clientTest(
    { v5: 'MQTT-3.6.1-1', v311: 'MQTT-3.6.1-1' },
    'PUBREL of the client has the flags 0010',
    async (t) => {
      const { client, server } = await t.connect();
      void client.publish('a', 'x', { qos: 2 });
      server.answer('pubrec', (await server.expectPacket('publish')).packetIdentifier);
      expectEqual((await server.expectFrame('pubrel')).bytes[0], 0x62, 'first byte');
    },
  ),

  clientTest(
    { v5: 'MQTT-3.14.1-1' },
    'DISCONNECT with reserved bits set is answered with DISCONNECT 0x81',
    async (t) => {
      const { server } = await t.connect();
      server.send(bytes(0xe1, 1, 0x8b));
      expectEqual((await server.expectPacket('disconnect')).reasonCode, 0x81, 'Reason Code');
      await server.waitClosed();
    },
  ),

  clientTest(
    { v5: ['MQTT-3.14.2-1', 'MQTT-3.14.2-3', 'MQTT-3.14.2-4'] },
    'DISCONNECT has one of its defined Reason Codes and keeps within Maximum Packet Size, at the end and after an error',
    async (t) => {
      const endings: readonly ((connected: Awaited<ReturnType<ClientContext['connect']>>) => void)[] = [
        ({ client }) => void client.close(),
        ({ server }) => server.send(bytes(0x30, 3, 0, 9, 0x61)),
        ({ server }) => server.send(bytes(0xc0, 0)),
        ({ server }) => server.deliver('', 'x', { properties: { topicAlias: 9 } }),
      ];
      for (const end of endings) {
        const connected = await t.connect({}, tight);
        end(connected);
        void connected.client.close();
        const disconnect = await connected.server.expectFrame('disconnect').catch((error: unknown) => {
          if (!connected.server.isClosed) throw error;
          return undefined;
        });
        if (disconnect === undefined) continue;
        const { packet, bytes: sent } = disconnect;
        expectTrue(
          isReasonCodeOf('disconnect', packet.reasonCode, 'client'),
          `Reason Code ${packet.reasonCode}`,
        );
        expectTrue(sent.length <= 40, `${sent.length} bytes, allowed are 40`);
      }
    },
  ),

  clientTest(
    { v5: ['MQTT-3.14.4-1', 'MQTT-3.14.4-2'], v311: ['MQTT-3.14.4-1', 'MQTT-3.14.4-2'] },
    'behind its DISCONNECT the client sends nothing more and closes',
    async (t) => {
      const { client, server } = await t.connect();
      await client.publish('a', 'x', {});
      await server.expectPacket('publish');
      const closed = client.close();
      void client.publish('a', 'too late', {});
      void client.subscribe('a', {});
      await server.expectPacket('disconnect');
      await server.waitClosed();
      await closed;
      expectEqual(server.lastPacketType, 'disconnect', 'last packet');
    },
  ),
].flat();
