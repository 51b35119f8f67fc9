/** Section 3.2: what CONNACK says, and what a server that announces limits does about them. */
import { isReasonCodeOf } from '@petrel/protocol';
import { defineTest } from '../conformance-test.js';
import { expectEqual, expectTrue } from '../wire/expect.js';
import { connectFrame, string } from '../wire/frame.js';
import type { TestContext } from './test-context.js';

const serverTest = defineTest<TestContext>;

/** The CONNACKs of attempts that a server refuses for different reasons; fewer where it just hangs up. Each connection was then closed. */
async function refusals(t: TestContext): Promise<readonly Uint8Array[]> {
  const unknownMethod = [0x15, string('petrel-conformance-unknown')];
  const attempts = [
    connectFrame(5, { properties: unknownMethod, payload: string(t.clientIdentifier()) }),
    connectFrame(5, { flags: 0x03, payload: string(t.clientIdentifier()) }),
    connectFrame(5, { properties: [0x21, 0, 0], payload: string(t.clientIdentifier()) }),
    connectFrame(5, { payload: string('a\u0000b') }),
  ];
  if (t.target.refusedUserName !== undefined) {
    const payload = [
      ...string(t.clientIdentifier()),
      ...string(t.target.refusedUserName),
      ...string('wrong'),
    ];
    attempts.push(connectFrame(5, { flags: 0xc2, payload }));
  }
  const connacks: Uint8Array[] = [];
  for (const attempt of attempts) {
    const client = await t.open();
    client.send(attempt);
    const connack = await client.expectFrame('connack').catch((error: unknown) => {
      if (!client.isClosed) throw error;
      return undefined;
    });
    // What a lenient broker accepts is no refusal; the statement that it broke has a test of its own.
    if (connack === undefined || connack.packet.reasonCode < 0x80) continue;
    connacks.push(connack.bytes);
    await client.waitClosed();
  }
  return connacks;
}

/** Where the code stands in a CONNACK whose Remaining Length takes one byte or two. */
function fieldsOf(connack: Uint8Array): { flags: number | undefined; reasonCode: number | undefined } {
  const start = (connack[1] ?? 0) < 0x80 ? 2 : 3;
  return { flags: connack[start], reasonCode: connack[start + 1] };
}

export const connackTests = [
  serverTest(
    { v5: 'MQTT-3.2.2-1' },
    'bits 7-1 of the acknowledge flags are 0, whether accepted, resumed or refused',
    async (t) => {
      const first = await t.open();
      const connect = t.connectPacket({ persistent: true });
      first.send(connect);
      expectEqual(fieldsOf((await first.expectFrame('connack')).bytes).flags, 0, 'flags of a new session');
      // Some servers keep no session without a subscription, which is not what this is about.
      await first.subscribe(t.topic('kept'), { qos: 1 });
      await first.disconnect();
      const second = await t.open();
      second.send(connect);
      expectEqual(
        fieldsOf((await second.expectFrame('connack')).bytes).flags,
        1,
        'flags of a resumed session',
      );
      for (const connack of await refusals(t)) expectEqual(fieldsOf(connack).flags, 0, 'flags of a refusal');
    },
  ),

  serverTest(
    { v5: 'MQTT-3.2.2-6' },
    'a refusal has Session Present 0, even if there is a session',
    async (t) => {
      const owner = await t.connect({ persistent: true });
      await owner.disconnect();
      const properties = { sessionExpiryInterval: 60, authenticationMethod: 'petrel-conformance-unknown' };
      const client = await t.open();
      client.send(
        t.connectPacket({ clientIdentifier: owner.clientIdentifier, cleanStart: false, properties }),
      );
      const rest = await client.expectClosed();
      t.require(
        rest.some(({ type }) => type === 'connack'),
        'the broker refuses without a CONNACK',
      );
      for (const packet of rest)
        expectTrue(packet.type !== 'connack' || !packet.sessionPresent, 'Session Present 1 in a refusal');
    },
  ),

  serverTest(
    { v311: ['MQTT-3.2.2-4', 'MQTT-3.2.2-5'] },
    'a refusal has Session Present 0, even if there is a session, and closes',
    async (t) => {
      const { refusedUserName } = t.target;
      t.require(refusedUserName !== undefined, 'no --refused-user is known');
      const owner = await t.connect({ persistent: true });
      await owner.disconnect();
      const client = await t.tryConnect({
        clientIdentifier: owner.clientIdentifier,
        cleanStart: false,
        userName: refusedUserName,
        password: Buffer.from('wrong'),
      });
      expectTrue(client.connack.reasonCode !== 0, 'the refused user was accepted');
      expectEqual(client.connack.sessionPresent, false, 'Session Present');
      await client.waitClosed();
    },
  ),

  serverTest(
    { v5: 'MQTT-3.2.2-7' },
    'a CONNACK of failure is followed by the end of the connection',
    async (t) => {
      const connacks = await refusals(t);
      t.require(connacks.length > 0, 'the broker refuses without a CONNACK');
    },
  ),

  serverTest({ v5: 'MQTT-3.2.2-8' }, 'CONNACK has one of the Connect Reason Codes', async (t) => {
    const codes = (await refusals(t)).map((connack) => fieldsOf(connack).reasonCode ?? -1);
    codes.push((await t.connect()).connack.reasonCode);
    for (const code of codes)
      expectTrue(isReasonCodeOf('connack', code, 'server'), `CONNACK has Reason Code ${code}`);
  }),

  serverTest(
    { v311: 'MQTT-3.2.2-6' },
    'what no return code describes is closed without a CONNACK',
    async (t) => {
      const payload = string(t.clientIdentifier());
      let refused = 0;
      // The reserved flag; a Will with QoS 3; a Will, and a User Name, that are announced but missing.
      for (const flags of [0x03, 0x1e, 0x06, 0x82]) {
        const client = await t.open();
        client.send(connectFrame(4, { flags, payload }));
        const connack = await client.expectFrame('connack').catch((error: unknown) => {
          if (!client.isClosed) throw error;
          return undefined;
        });
        // What a lenient broker accepts is no refusal; the statement that it broke has a test of its own.
        if (connack?.packet.reasonCode === 0) continue;
        expectTrue(connack === undefined, `flags ${flags}: CONNACK before the connection closed`);
        refused++;
      }
      t.require(refused > 0, 'the broker accepts every malformed CONNECT that was tried');
    },
  ),

  serverTest(
    { v5: 'MQTT-3.2.2-9' },
    'without Maximum QoS in CONNACK the broker takes QoS 1 and 2, with it no more than that',
    async (t) => {
      const client = await t.connect();
      for (const qos of [1, 2] as const) {
        if (qos <= (client.connack.properties.maximumQoS ?? 2)) await client.publish(t.topic(), 'x', { qos });
        else await t.expectViolation(client.publishPacket(t.topic(), 'x', { qos }));
      }
    },
  ),

  serverTest({ v5: 'MQTT-3.2.2-9' }, 'a broker limited to QoS 0 says so', async (t) => {
    const { connack } = await limited(t);
    expectEqual(connack.properties.maximumQoS, 0, 'Maximum QoS');
  }),

  serverTest(
    { v5: 'MQTT-3.2.2-10' },
    'a broker limited to QoS 0 still takes subscriptions at QoS 1 and 2',
    async (t) => {
      const client = await limited(t);
      for (const qos of [0, 1, 2] as const) {
        const { reasonCodes } = await client.subscribe(t.topic(`qos-${qos}`), { qos });
        expectEqual(reasonCodes, [0], `Reason Codes for QoS ${qos}`);
      }
    },
  ),

  serverTest({ v5: 'MQTT-3.2.2-12' }, 'a Will QoS above Maximum QoS is refused', async (t) => {
    await limited(t);
    const { limitedUrl } = t.target;
    const client = await t.open(limitedUrl);
    client.send(t.connectPacket({ will: { topicName: t.topic('will'), qos: 1 } }));
    for (const packet of await client.expectClosed()) {
      if (packet.type === 'connack') expectEqual(packet.reasonCode, 0x9b, 'Reason Code');
    }
  }),

  serverTest(
    { v5: 'MQTT-3.2.2-13' },
    'a Will with Retain is refused where Retain Available is 0',
    async (t) => {
      const { connack } = await limited(t);
      t.require(
        connack.properties.retainAvailable === false,
        'the limited listener does not announce Retain Available 0',
      );
      const client = await t.open(t.target.limitedUrl);
      client.send(t.connectPacket({ will: { topicName: t.topic('will'), retain: true } }));
      for (const packet of await client.expectClosed()) {
        if (packet.type === 'connack') expectEqual(packet.reasonCode, 0x9a, 'Reason Code');
      }
    },
  ),

  serverTest(
    { v5: ['MQTT-3.2.2-19', 'MQTT-3.2.2-20'] },
    'a refusal keeps within Maximum Packet Size, without Reason String and User Property if need be',
    async (t) => {
      const client = await t.open();
      const properties = { maximumPacketSize: 5, authenticationMethod: 'petrel-conformance-unknown' };
      client.send(t.connectPacket({ properties }));
      const received = await client.next().catch(() => undefined);
      if (received !== undefined)
        expectTrue(received.bytes.length <= 5, `CONNACK has ${received.bytes.length} bytes, allowed are 5`);
      await client.waitClosed();
    },
  ),
].flat();

/** A client of the listener with limits; ends the test where there is none. */
async function limited(t: TestContext) {
  const { limitedUrl } = t.target;
  t.require(
    limitedUrl !== undefined,
    'the broker supports all of QoS 0 to 2 and RETAIN, and no --limited-url is known',
  );
  return t.connect({ url: limitedUrl as URL });
}
