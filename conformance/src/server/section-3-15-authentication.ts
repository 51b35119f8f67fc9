/** Sections 3.15 and 4.12: AUTH and enhanced authentication. Most of it needs a broker that knows SCRAM-SHA-256. */
import { reasonCode } from '@petrel/protocol';
import { defineTest } from '../conformance-test.js';
import { expectEqual, expectTrue } from '../wire/expect.js';
import { bytes, frame, properties, string } from '../wire/frame.js';
import { Scram } from '../wire/scram.js';
import type { TestClient } from './test-client.js';
import type { TestContext } from './test-context.js';

const serverTest = defineTest<TestContext>;
const method = 'SCRAM-SHA-256';

/** A SCRAM exchange begun with CONNECT, and the broker's first answer. */
async function begin(
  t: TestContext,
  options: { readonly password?: string; readonly maximumPacketSize?: number } = {},
) {
  const { scram: credentials } = t.target;
  t.require(credentials !== undefined, 'no --scram user is known');
  const { userName = '', password = '' } = credentials ?? {};
  const scram = new Scram(userName, options.password ?? password);
  const client = await t.open();
  const { maximumPacketSize } = options;
  client.send(
    t.connectPacket({
      userName: undefined,
      password: undefined,
      properties: {
        authenticationMethod: method,
        authenticationData: Buffer.from(scram.clientFirst()),
        ...(maximumPacketSize !== undefined && { maximumPacketSize }),
      },
    }),
  );
  return { scram, client, challenge: await client.expectFrame('auth') };
}

/** Answers the challenge with AUTH 0x18. */
function answer(client: TestClient, scram: Scram, challenge: Uint8Array | undefined): void {
  client.send({
    type: 'auth',
    reasonCode: reasonCode.continueAuthentication,
    properties: {
      authenticationMethod: method,
      authenticationData: Buffer.from(scram.clientFinal(Buffer.from(challenge ?? []).toString())),
    },
  });
}

/** An authenticated client. */
async function authenticated(t: TestContext): Promise<TestClient> {
  const { scram, client, challenge } = await begin(t);
  answer(client, scram, challenge.packet.properties.authenticationData);
  client.connack = await client.expectPacket('connack');
  expectEqual(client.connack.reasonCode, 0, 'Reason Code of CONNACK');
  return client;
}

/** Begins re-authentication on an authenticated connection. */
function reauthenticate(client: TestClient, scram: Scram): void {
  client.send({
    type: 'auth',
    reasonCode: reasonCode.reAuthenticate,
    properties: { authenticationMethod: method, authenticationData: Buffer.from(scram.clientFirst()) },
  });
}

export const authenticationTests = [
  serverTest({ v5: 'MQTT-3.15.1-1' }, 'AUTH with flags other than 0000 closes', async (t) => {
    for (const firstByte of [0xf1, 0xf2, 0xf8]) {
      await t.expectViolation(frame(firstByte, 0x18, properties(5, 0x15, string(method))));
    }
  }),

  serverTest({ v5: 'MQTT-3.15.2-1' }, 'AUTH with a Reason Code that it does not have closes', async (t) => {
    for (const code of [0x01, 0x80, 0xff]) {
      await t.expectViolation(frame(0xf0, code, properties(5, 0x15, string(method))));
    }
  }),

  serverTest(
    { v5: ['MQTT-3.15.2-1', 'MQTT-4.12.0-2'] },
    'AUTH of the server that asks for more has Reason Code 0x18',
    async (t) => {
      const { challenge } = await begin(t);
      expectEqual(challenge.bytes[2], 0x18, 'Reason Code');
    },
  ),

  serverTest(
    { v5: ['MQTT-3.15.2-2', 'MQTT-3.15.2-3'] },
    'AUTH keeps within Maximum Packet Size, without Reason String and User Property if need be',
    async (t) => {
      const { challenge } = await begin(t);
      const { bytes: received } = (await begin(t, { maximumPacketSize: challenge.bytes.length })).challenge;
      expectTrue(
        received.length <= challenge.bytes.length,
        `AUTH has ${received.length} bytes, allowed are ${challenge.bytes.length}`,
      );
    },
  ),

  serverTest(
    { v5: 'MQTT-4.12.0-1' },
    'an unknown Authentication Method gets 0x8C or 0x87 or no answer, and closes',
    async (t) => {
      const rest = await t.expectRefusal(
        t.connectPacket({ properties: { authenticationMethod: 'petrel-conformance-unknown' } }),
      );
      for (const packet of rest) {
        expectTrue(
          packet.type === 'connack' && (packet.reasonCode === 0x8c || packet.reasonCode === 0x87),
          'not CONNACK 0x8C or 0x87',
        );
      }
    },
  ),

  serverTest(
    { v5: 'MQTT-4.12.0-4' },
    'a wrong proof is refused with a code of failure or no answer, and closes',
    async (t) => {
      const { scram, client, challenge } = await begin(t, { password: 'certainly not the password' });
      answer(client, scram, challenge.packet.properties.authenticationData);
      await client.expectClosed();
    },
  ),

  serverTest(
    { v5: 'MQTT-4.12.0-5' },
    'every AUTH and the CONNACK of success repeat the Authentication Method',
    async (t) => {
      const { scram, client, challenge } = await begin(t);
      expectEqual(challenge.packet.properties.authenticationMethod, method, 'Authentication Method of AUTH');
      answer(client, scram, challenge.packet.properties.authenticationData);
      const { properties: connack } = await client.expectPacket('connack');
      expectEqual(connack.authenticationMethod, method, 'Authentication Method of CONNACK');
    },
  ),

  serverTest(
    { v5: 'MQTT-4.12.0-5' },
    'another Authentication Method in AUTH than in CONNECT closes',
    async (t) => {
      const { client } = await begin(t);
      client.send(frame(0xf0, 0x18, properties(5, 0x15, string('another method'))));
      await client.expectClosed();
    },
  ),

  serverTest(
    { v5: 'MQTT-4.12.0-6' },
    'without an Authentication Method in CONNECT there is no AUTH, and none in CONNACK',
    async (t) => {
      const client = await t.open();
      client.send(t.connectPacket());
      const { packet } = await client.next();
      expectTrue(packet.type === 'connack', `${packet.type.toUpperCase()} instead of CONNACK`);
      expectEqual(packet.properties.authenticationMethod, undefined, 'Authentication Method');
      await client.expectNone('auth');
    },
  ),

  serverTest(
    { v5: 'MQTT-4.12.1-2' },
    're-authentication that fails closes; one that succeeds does not',
    async (t) => {
      const client = await authenticated(t);
      const { userName = '', password = '' } = t.target.scram ?? {};
      const good = new Scram(userName, password);
      reauthenticate(client, good);
      answer(client, good, (await client.expectPacket('auth')).properties.authenticationData);
      expectEqual((await client.expectPacket('auth')).reasonCode, 0, 'Reason Code of the last AUTH');
      await client.ping();
      const bad = new Scram(userName, 'certainly not the password');
      reauthenticate(client, bad);
      answer(client, bad, (await client.expectPacket('auth')).properties.authenticationData);
      await client.expectClosed();
    },
  ),

  serverTest({ v5: 'MQTT-4.12.1-2' }, 're-authentication without a method in CONNECT closes', async (t) => {
    await t.expectViolation(bytes(frame(0xf0, 0x19, properties(5, 0x15, string(method)))));
  }),
].flat();
