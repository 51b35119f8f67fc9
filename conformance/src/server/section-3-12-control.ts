/** Sections 3.12, 3.14 and 4.13: PINGREQ, DISCONNECT, and how a server ends a connection. */
import { isReasonCodeOf, type Packet } from '@petrel/protocol';
import { defineTest } from '../conformance-test.js';
import { expectEqual, expectTrue } from '../wire/expect.js';
import { bytes, connectFrame, frame, publishFrame, string, subscribeFrame } from '../wire/frame.js';
import type { Received } from '../wire/peer.js';
import type { TestClient } from './test-client.js';
import type { TestContext } from './test-context.js';

const serverTest = defineTest<TestContext>;

/** Violations that a server must answer with the end of the connection, each by its Reason Code. */
function violations(t: TestContext): Readonly<Record<string, Uint8Array>> {
  return {
    'packet type 0': bytes(0x00, 0),
    'Remaining Length of five bytes': bytes(0x30, 0xff, 0xff, 0xff, 0xff, 0x7f),
    'CONNACK from a client': bytes(0x20, t.isVersion5 ? 3 : 2, 0, 0, t.isVersion5 ? 0 : []),
    'SUBACK from a client': bytes(0x90, t.isVersion5 ? 4 : 3, 0, 1, t.isVersion5 ? 0 : [], 0),
    'PINGRESP from a client': bytes(0xd0, 0),
    'Topic Name longer than the packet': bytes(0x30, 3, 0, 9, 0x61),
    'SUBSCRIBE with QoS 3': subscribeFrame(t.version, { topicFilter: t.topic(), options: 3 }),
    'QoS 1 without Packet Identifier': bytes(0x32, 3, 0, 1, 0x61),
  };
}

/** Sends a violation and returns what comes until the broker closes, or answers PINGREQ because it did not notice. */
async function answersTo(client: TestClient, violation: Uint8Array): Promise<readonly Received[]> {
  const answers: Received[] = [];
  client.send(violation, { type: 'pingreq' });
  for (;;) {
    const received = await client.next().catch((error: unknown) => {
      if (!client.isClosed) throw error;
      return undefined;
    });
    if (received === undefined || received.packet.type === 'pingresp') return answers;
    answers.push(received);
  }
}

/** The DISCONNECTs that a server sends before it closes, for a list of violations and a takeover. */
async function serverDisconnects(
  t: TestContext,
): Promise<readonly Extract<Packet, { type: 'disconnect' }>[]> {
  const packets: Packet[] = [];
  for (const violation of Object.values(violations(t))) {
    packets.push(...(await answersTo(await t.connect(), violation)).map(({ packet }) => packet));
  }
  const old = await t.connect();
  await t.connect({ clientIdentifier: old.clientIdentifier });
  packets.push(...(await old.expectClosed()));
  return packets.filter((packet) => packet.type === 'disconnect');
}

export const controlTests = [
  serverTest(
    { v5: 'MQTT-3.12.4-1', v311: 'MQTT-3.12.4-1' },
    'PINGREQ is answered with PINGRESP, each of them',
    async (t) => {
      const client = await t.connect();
      client.send({ type: 'pingreq' }, { type: 'pingreq' }, { type: 'pingreq' });
      for (let count = 0; count < 3; count++)
        expectEqual([...(await client.next()).bytes], [0xd0, 0], 'bytes of the answer');
    },
  ),

  serverTest({ v5: 'MQTT-3.14.0-1' }, 'no DISCONNECT comes before CONNACK', async (t) => {
    const attempts = [
      connectFrame(5, { flags: 0x03, payload: string(t.clientIdentifier()) }),
      connectFrame(5, { level: 7, payload: string(t.clientIdentifier()) }),
      bytes(0xc0, 0),
      publishFrame(5, { topicName: t.topic() }),
      bytes(0xf0, 0),
    ];
    for (const attempt of attempts) {
      const client = await t.open();
      client.send(attempt);
      const first = await client.next().catch(() => undefined);
      expectTrue(first?.packet.type !== 'disconnect', 'DISCONNECT on a connection without CONNACK');
      await client.waitClosed();
    }
  }),

  serverTest(
    { v5: 'MQTT-3.14.1-1' },
    'DISCONNECT with reserved bits set is answered with DISCONNECT 0x81, and the Will goes out',
    async (t) => {
      const topicName = t.topic('will');
      const watcher = await t.connect();
      await watcher.subscribe(topicName);
      const client = await t.connect({ will: { topicName } });
      client.send(bytes(0xe1, 0));
      const { reasonCode } = await client.expectPacket('disconnect');
      expectEqual(reasonCode, 0x81, 'Reason Code');
      await client.waitClosed();
      await watcher.expectMessage(topicName);
    },
  ),

  serverTest(
    { v311: 'MQTT-3.14.1-1' },
    'DISCONNECT with reserved bits set closes like an error: the Will goes out',
    async (t) => {
      const topicName = t.topic('will');
      const watcher = await t.connect();
      await watcher.subscribe(topicName);
      const client = await t.connect({ will: { topicName } });
      client.send(bytes(0xe1, 0));
      await client.expectClosed();
      await watcher.expectMessage(topicName);
    },
  ),

  serverTest(
    { v5: 'MQTT-3.14.2-1' },
    'DISCONNECT of the server has one of its defined Reason Codes',
    async (t) => {
      const disconnects = await serverDisconnects(t);
      t.require(disconnects.length > 0, 'the broker sends no DISCONNECT');
      for (const { reasonCode } of disconnects) {
        expectTrue(
          isReasonCodeOf('disconnect', reasonCode, 'server') && reasonCode >= 0x80,
          `Reason Code ${reasonCode}`,
        );
      }
    },
  ),

  serverTest(
    { v5: 'MQTT-3.14.2-2' },
    'DISCONNECT of the server has no Session Expiry Interval',
    async (t) => {
      const disconnects = await serverDisconnects(t);
      t.require(disconnects.length > 0, 'the broker sends no DISCONNECT');
      for (const { properties } of disconnects)
        expectEqual(properties.sessionExpiryInterval, undefined, 'Session Expiry Interval');
    },
  ),

  serverTest(
    { v5: ['MQTT-3.14.2-3', 'MQTT-3.14.2-4'] },
    'DISCONNECT keeps within Maximum Packet Size, without Reason String and User Property if need be',
    async (t) => {
      const maximumPacketSize = await t.tightestPacketSize();
      for (const violation of Object.values(violations(t))) {
        const client = await t.connect({ properties: { maximumPacketSize } });
        for (const { packet, bytes: received } of await answersTo(client, violation)) {
          const what = `${packet.type.toUpperCase()} has ${received.length} bytes`;
          expectTrue(received.length <= maximumPacketSize, `${what}, allowed are ${maximumPacketSize}`);
        }
      }
    },
  ),

  serverTest(
    { v5: ['MQTT-3.14.4-1', 'MQTT-3.14.4-2'] },
    'behind its DISCONNECT the server sends nothing more and closes',
    async (t) => {
      let disconnects = 0;
      for (const violation of Object.values(violations(t))) {
        const client = await t.connect();
        const topicName = t.topic();
        await client.subscribe(topicName, { qos: 1 });
        const publisher = await t.connect();
        publisher.send(
          ...Array.from({ length: 10 }, () => publisher.publishPacket(topicName, 'x', { qos: 1 })),
        );
        const answers = (await answersTo(client, violation)).map(({ packet }) => packet.type);
        if (!answers.includes('disconnect')) continue;
        disconnects++;
        expectEqual(answers.indexOf('disconnect'), answers.length - 1, 'place of DISCONNECT among what came');
        await client.waitClosed();
      }
      t.require(disconnects > 0, 'the broker closes without a DISCONNECT');
    },
  ),

  serverTest(
    { v5: ['MQTT-4.13.1-1', 'MQTT-4.13.2-1'], v311: 'MQTT-4.8.0-1' },
    'a Malformed Packet or Protocol Error closes the connection it came on, and no other',
    async (t) => {
      const witness = await t.connect();
      for (const [what, violation] of Object.entries(violations(t))) {
        await t.expectViolation(violation).catch((error: Error) => {
          throw new Error(`${what}: ${error.message}`, { cause: error });
        });
      }
      await witness.ping();
    },
  ),

  serverTest(
    { v5: 'MQTT-4.13.2-1' },
    'a failure before CONNACK closes the connection, with or without a CONNACK',
    async (t) => {
      for (const first of [bytes(0x00, 0), bytes(0xc0, 0), frame(0x10, string('MQTT'), 5, 2)])
        await t.expectRefusal(first);
    },
  ),

  serverTest(
    { v5: 'MQTT-4.13.1-1' },
    'a first packet that is not CONNECT, and CONNECT with Receive Maximum 0, close',
    async (t) => {
      await t.expectRefusal(publishFrame(5, { topicName: t.topic() }));
      await t.expectRefusal(
        connectFrame(5, { properties: [0x21, 0, 0], payload: string(t.clientIdentifier()) }),
      );
    },
  ),

  serverTest(
    { v311: 'MQTT-7.0.0-2' },
    'a client that knows nothing but the standard can connect, subscribe, publish and leave',
    async (t) => {
      const client = await t.open();
      const topicName = t.topic();
      client.send(connectFrame(4, { payload: string(t.clientIdentifier()) }));
      expectEqual([...(await client.next()).bytes], [0x20, 2, 0, 0], 'answer to CONNECT');
      client.send(
        subscribeFrame(4, { topicFilter: topicName }),
        publishFrame(4, { topicName, payload: 'x' }),
      );
      expectEqual([...(await client.expectFrame('suback')).bytes], [0x90, 3, 0, 1, 0], 'answer to SUBSCRIBE');
      expectEqual(
        [...(await client.expectFrame('publish')).bytes],
        [...publishFrame(4, { topicName, payload: 'x' })],
        'the message',
      );
      client.send(bytes(0xe0, 0));
      await client.waitClosed();
    },
  ),
].flat();
