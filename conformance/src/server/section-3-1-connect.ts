/** Section 3.1: what a server makes of the fields of CONNECT. Sessions, Wills and limits have files of their own. */
import { defineTest } from '../conformance-test.js';
import { expectEqual, expectTrue } from '../wire/expect.js';
import { bytes, connectFrame, frame, string } from '../wire/frame.js';
import type { TestContext } from './test-context.js';

const serverTest = defineTest<TestContext>;

/** A first packet that the server refuses, followed by a PUBLISH that must not take effect. False when the server accepts it. */
async function refusedThenPublish(t: TestContext, refused: Uint8Array): Promise<boolean> {
  const topicName = t.topic();
  const [publisher, subscriber] = await t.pair(topicName);
  const stranger = await t.open();
  stranger.send(refused, stranger.publishPacket(topicName, 'from a refused client'));
  const answer = await stranger.next().catch(() => undefined);
  // What a lenient broker accepts is no refusal; the statement that it broke has a test of its own.
  if (answer?.packet.type === 'connack' && answer.packet.reasonCode === 0) return false;
  await stranger.waitClosed();
  await subscriber.expectNothingBefore(publisher, topicName);
  return true;
}

export const connectTests = [
  serverTest({ v5: 'MQTT-3.1.0-2', v311: 'MQTT-3.1.0-2' }, 'a second CONNECT closes', async (t) => {
    const client = await t.connect();
    client.send(t.connectPacket({ clientIdentifier: client.clientIdentifier }));
    const rest = await client.expectClosed();
    expectTrue(!rest.some(({ type }) => type === 'connack'), 'the second CONNECT was answered with CONNACK');
  }),

  serverTest(
    { v5: 'MQTT-3.1.2-1', v311: 'MQTT-3.1.2-1' },
    'another protocol name is not taken for MQTT',
    async (t) => {
      for (const protocolName of ['MQTX', 'mqtt', 'MQT', 'MQTTT']) {
        const rest = await t.expectRefusal(
          connectFrame(t.version, { protocolName, payload: string(t.clientIdentifier()) }),
        );
        for (const packet of rest) {
          if (packet.type === 'connack' && t.isVersion5)
            expectEqual(packet.reasonCode, 0x84, 'Reason Code of CONNACK');
        }
      }
    },
  ),

  serverTest(
    { v5: 'MQTT-3.1.2-2' },
    'protocol version 6 is refused with 0x84 or without a word',
    async (t) => {
      const client = await t.open();
      client.send(connectFrame(5, { level: 6, payload: string(t.clientIdentifier()) }));
      // The server may answer in the layout of any version it speaks, so only the bytes can be looked at.
      const answer = await client.next().catch(() => undefined);
      if (answer !== undefined) {
        expectTrue(answer.packet.type === 'connack' && answer.packet.reasonCode === 0x84, 'not CONNACK 0x84');
      }
      await client.waitClosed();
    },
  ),

  serverTest(
    { v311: 'MQTT-3.1.2-2' },
    'protocol level 2 is refused with return code 0x01, and the connection is closed',
    async (t) => {
      const client = await t.open();
      client.send(connectFrame(4, { level: 2, payload: string(t.clientIdentifier()) }));
      const { bytes: connack } = await client.expectFrame('connack');
      expectEqual([...connack], [0x20, 2, 0, 1], 'bytes of CONNACK');
      await client.waitClosed();
    },
  ),

  serverTest(
    { v5: 'MQTT-3.1.2-3', v311: 'MQTT-3.1.2-3' },
    'the reserved connect flag set closes',
    async (t) => {
      await t.expectRefusal(connectFrame(t.version, { flags: 0x03, payload: string(t.clientIdentifier()) }));
    },
  ),

  serverTest(
    { v5: 'MQTT-3.1.3-5', v311: 'MQTT-3.1.3-5' },
    'Client Identifiers of 1 to 23 letters and digits are accepted',
    async (t) => {
      const whole = t.clientIdentifier();
      for (const length of [23, 22, 12, 2, 1]) await t.connect({ clientIdentifier: whole.slice(-length) });
      for (const clientIdentifier of [
        '0123456789abcdefghijklm',
        'nopqrstuvwxyzABCDEFGHIJ',
        'KLMNOPQRSTUVWXYZ',
      ]) {
        await t.connect({ clientIdentifier });
      }
    },
  ),

  serverTest(
    { v5: ['MQTT-3.1.3-6', 'MQTT-3.2.2-16'] },
    'an empty Client Identifier is replaced by a unique one',
    async (t) => {
      const [first, second] = [
        await t.tryConnect({ clientIdentifier: '' }),
        await t.tryConnect({ clientIdentifier: '' }),
      ];
      t.require(first.connack.reasonCode !== 0x85, 'the broker does not allow an empty Client Identifier');
      const assigned = [first, second].map(({ connack }) => connack.properties.assignedClientIdentifier);
      expectTrue(
        assigned.every((identifier) => identifier !== undefined && identifier !== ''),
        'CONNACK has no Assigned Client Identifier',
      );
      expectTrue(assigned[0] !== assigned[1], 'the same Client Identifier was assigned twice');
      await first.ping();
      await second.ping();
    },
  ),

  serverTest(
    { v5: 'MQTT-3.1.3-7' },
    'a session can be resumed with the Assigned Client Identifier',
    async (t) => {
      const first = await t.tryConnect({ clientIdentifier: '', persistent: true });
      t.require(first.connack.reasonCode !== 0x85, 'the broker does not allow an empty Client Identifier');
      const clientIdentifier = first.connack.properties.assignedClientIdentifier;
      expectTrue(clientIdentifier !== undefined, 'CONNACK has no Assigned Client Identifier');
      // Some servers keep no session without a subscription, which is not what this is about.
      await first.subscribe(t.topic('kept'), { qos: 1 });
      await first.disconnect();
      const second = await t.connect({ clientIdentifier, persistent: true });
      expectEqual(second.connack.sessionPresent, true, 'Session Present');
      expectEqual(
        second.connack.properties.assignedClientIdentifier,
        undefined,
        'Assigned Client Identifier for one that was given',
      );
    },
  ),

  serverTest({ v311: 'MQTT-3.1.3-6' }, 'clients with an empty ClientId live beside each other', async (t) => {
    const topicName = t.topic();
    const [first, second] = [
      await t.tryConnect({ clientIdentifier: '' }),
      await t.tryConnect({ clientIdentifier: '' }),
    ];
    t.require(first.connack.reasonCode === 0, 'the broker does not allow an empty ClientId');
    await first.subscribe(topicName);
    await second.publish(topicName, 'x');
    await first.expectMessage();
    await second.ping();
  }),

  serverTest(
    { v311: 'MQTT-3.1.3-8' },
    'an empty ClientId with CleanSession 0 is refused with 0x02, then closed',
    async (t) => {
      const client = await t.open();
      client.send(connectFrame(4, { flags: 0x00, payload: string('') }));
      expectEqual([...(await client.next()).bytes], [0x20, 2, 0, 2], 'bytes of CONNACK');
      await client.waitClosed();
    },
  ),

  serverTest(
    { v311: ['MQTT-3.1.3-9', 'MQTT-3.2.2-4', 'MQTT-3.2.2-5'] },
    'a ClientId that is rejected gets CONNACK 0x02 with Session Present 0, then the connection is closed',
    async (t) => {
      const client = await t.open();
      client.send(connectFrame(4, { flags: 0x00, payload: string('') }));
      const { packet, bytes: connack } = await client.expectFrame('connack');
      // Whoever accepts it breaks MQTT-3.1.3-8, which has a test of its own, but rejects nothing.
      t.require(packet.reasonCode !== 0, 'the broker accepts an empty ClientId with CleanSession 0');
      expectEqual([...connack], [0x20, 2, 0, 2], 'bytes of CONNACK');
      await client.waitClosed();
    },
  ),

  serverTest(
    { v5: 'MQTT-3.1.3-8' },
    'a Client Identifier that is rejected gets 0x85 or no answer, and the connection is closed',
    async (t) => {
      const arranged = t.target.refusedClientIdentifier;
      const candidates = ['x'.repeat(10_000), 'a\u0001b', 'a+b', 'a#b', 'a/b', '$SYS'];
      for (const clientIdentifier of arranged === undefined ? candidates : [arranged]) {
        const client = await t.open();
        client.send(t.connectPacket({ clientIdentifier }));
        const connack = await client.expectPacket('connack').catch(() => undefined);
        if (connack?.reasonCode === 0) continue;
        if (connack !== undefined) expectEqual(connack.reasonCode, 0x85, 'Reason Code of CONNACK');
        await client.waitClosed();
        return;
      }
      t.require(false, 'the broker accepts every Client Identifier, and no --refused-client-id is known');
    },
  ),

  serverTest(
    { v5: 'MQTT-3.1.4-1', v311: 'MQTT-3.1.4-1' },
    'a CONNECT against the rules of section 3.1 closes',
    async (t) => {
      const identifier = string(t.clientIdentifier());
      const broken: Readonly<Record<string, Uint8Array>> = {
        'Will QoS 3': connectFrame(t.version, {
          flags: 0x1e,
          payload: bytes(identifier, t.isVersion5 ? 0 : [], string('w'), string('x')),
        }),
        'Will QoS without Will': connectFrame(t.version, { flags: 0x0a, payload: identifier }),
        'Will Retain without Will': connectFrame(t.version, { flags: 0x22, payload: identifier }),
        'Will without topic': connectFrame(t.version, { flags: 0x06, payload: identifier }),
        'User Name missing': connectFrame(t.version, { flags: 0x82, payload: identifier }),
        'bytes behind the payload': connectFrame(t.version, { payload: bytes(identifier, string('more')) }),
        'no payload': connectFrame(t.version, { payload: [] }),
        'cut off': frame(0x10, string('MQTT'), t.version),
      };
      for (const [what, connect] of Object.entries(broken)) {
        const rest = await t.expectRefusal(connect).catch((error: Error) => {
          throw new Error(`${what}: ${error.message}`, { cause: error });
        });
        if (!t.isVersion5)
          expectTrue(
            !rest.some(({ type }) => type === 'connack'),
            `${what}: CONNACK before the connection closed`,
          );
      }
    },
  ),

  serverTest(
    { v5: 'MQTT-3.1.4-2' },
    'a CONNECT that passes the format but no further check closes',
    async (t) => {
      const rest = await t.expectRefusal(
        t.target.refusedUserName === undefined
          ? t.connectPacket({ properties: { authenticationMethod: 'petrel-conformance-unknown' } })
          : t.connectPacket({ userName: t.target.refusedUserName, password: Buffer.from('wrong') }),
      );
      for (const packet of rest)
        expectEqual(packet.type, 'connack', 'what came before the connection closed');
    },
  ),

  serverTest(
    { v5: 'MQTT-3.1.4-6', v311: 'MQTT-3.1.4-5' },
    'what a refused client sends behind its CONNECT has no effect',
    async (t) => {
      const identifier = string(t.clientIdentifier());
      const unknownMethod = [0x15, string('petrel-conformance-unknown')];
      const refused = [
        connectFrame(t.version, { flags: 0x03, payload: identifier }),
        connectFrame(t.version, { level: 2, payload: identifier }),
        t.isVersion5
          ? connectFrame(5, { properties: unknownMethod, payload: identifier })
          : connectFrame(4, { flags: 0x00, payload: string('') }),
      ];
      if (t.target.refusedUserName !== undefined) {
        const credentials = bytes(identifier, string(t.target.refusedUserName), string('wrong'));
        refused.push(connectFrame(t.version, { flags: 0xc2, payload: credentials }));
      }
      let refusals = 0;
      for (const connect of refused) if (await refusedThenPublish(t, connect)) refusals++;
      expectTrue(refusals > 0, 'not one CONNECT was refused');
    },
  ),

  serverTest(
    { v5: 'MQTT-3.1.4-5', v311: ['MQTT-3.1.4-4', 'MQTT-3.2.0-1'] },
    'the first answer to a valid CONNECT is CONNACK 0x00',
    async (t) => {
      const client = await t.open();
      client.send(t.connectPacket(), { type: 'pingreq' });
      const { packet, bytes: received } = await client.next();
      expectEqual(packet.type, 'connack', 'first packet of the server');
      expectEqual(received[3], 0, 'Reason Code');
      await client.expectPacket('pingresp');
    },
  ),
].flat();
