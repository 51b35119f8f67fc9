/** Sections 3.15 and 4.12: enhanced authentication of a client. Most of it needs a client that knows it. */
import { isReasonCodeOf } from '@petrel/protocol';
import { defineTest } from '../conformance-test.js';
import { expectEqual, expectTrue } from '../wire/expect.js';
import { bytes, frame, properties, string } from '../wire/frame.js';
import type { ClientContext } from './client-context.js';
import type { ServerPeer } from './server-peer.js';

const clientTest = defineTest<ClientContext>;
const authentication = { method: 'petrel-conformance', data: Buffer.from('proof') };
const challenge = {
  authenticationMethod: authentication.method,
  authenticationData: Buffer.from('challenge'),
};

/** A client that has sent CONNECT with an Authentication Method. */
async function begin(t: ClientContext) {
  t.require(t.adapter.authenticates, 'the client offers no enhanced authentication');
  const started = await t.start({ authentication });
  const { packet } = await started.server.expectFrame('connect');
  expectEqual(
    packet.properties.authenticationMethod,
    authentication.method,
    'Authentication Method of CONNECT',
  );
  return started;
}

/** Challenges the client and takes its answer. */
async function exchange(server: ServerPeer) {
  server.send({ type: 'auth', reasonCode: 0x18, properties: challenge });
  return server.expectFrame('auth');
}

/** A client that has authenticated. */
async function authenticated(t: ClientContext) {
  const started = await begin(t);
  await exchange(started.server);
  started.server.send({ type: 'connack', sessionPresent: false, reasonCode: 0, properties: challenge });
  await started.client.connected();
  return started;
}

export const authenticationTests = [
  clientTest({ v5: 'MQTT-3.15.1-1' }, 'AUTH with flags other than 0000 closes', async (t) => {
    const { server } = await t.connect();
    server.send(frame(0xf2, 0x18, properties(5, 0x15, string(authentication.method))));
    await server.expectClosed();
  }),

  clientTest(
    { v5: ['MQTT-3.15.2-1', 'MQTT-4.12.0-3'] },
    "AUTH that answers the server's has Reason Code 0x18",
    async (t) => {
      const { server } = await begin(t);
      expectEqual((await exchange(server)).bytes[2], 0x18, 'Reason Code');
    },
  ),

  clientTest(
    { v5: ['MQTT-3.15.2-2', 'MQTT-3.15.2-3'] },
    'AUTH has neither Reason String nor User Property that a server with a small Maximum Packet Size could not take',
    async (t) => {
      const { server } = await begin(t);
      const { packet } = await exchange(server);
      // The server has not yet said how much it can take, so that only what is needed is safe.
      expectEqual(
        [packet.properties.reasonString, packet.properties.userProperties],
        [undefined, undefined],
        'Reason String and User Properties',
      );
    },
  ),

  clientTest({ v5: 'MQTT-3.1.2-30' }, 'before CONNACK nothing but AUTH and DISCONNECT is sent', async (t) => {
    const { client, server } = await begin(t);
    void client.publish('a', 'x', { qos: 1 });
    void client.subscribe('a', {});
    const { packet } = await exchange(server);
    expectTrue(isReasonCodeOf('auth', packet.reasonCode, 'client'), `Reason Code ${packet.reasonCode}`);
    for (const type of ['publish', 'subscribe', 'pingreq'] as const) {
      expectEqual(server.pending(type).length, 0, `${type.toUpperCase()} before CONNACK`);
    }
    server.send({ type: 'connack', sessionPresent: false, reasonCode: 0, properties: challenge });
    await server.expectPacket('publish');
  }),

  clientTest(
    { v5: 'MQTT-4.12.0-5' },
    'every AUTH repeats the Authentication Method, and another one from the server closes',
    async (t) => {
      const { server } = await begin(t);
      const { packet } = await exchange(server);
      expectEqual(packet.properties.authenticationMethod, authentication.method, 'Authentication Method');
      server.send(frame(0xf0, 0x18, properties(5, 0x15, string('another'))));
      await server.expectClosed();
    },
  ),

  clientTest(
    { v5: 'MQTT-4.12.0-7' },
    'without an Authentication Method in CONNECT the client sends no AUTH, even if it is challenged',
    async (t) => {
      const { server } = await t.start();
      const { packet } = await server.expectFrame('connect');
      expectEqual(packet.properties.authenticationMethod, undefined, 'Authentication Method');
      server.send({ type: 'auth', reasonCode: 0x18, properties: challenge });
      await server.waitClosed();
      expectEqual(server.pending('auth').length, 0, 'AUTH');
    },
  ),

  clientTest({ v5: 'MQTT-4.12.1-1' }, 're-authentication keeps the Authentication Method', async (t) => {
    const { client, server } = await authenticated(t);
    t.require(client.reauthenticate, 'the client offers no re-authentication');
    void client.reauthenticate?.();
    const { packet } = await server.expectFrame('auth');
    expectEqual(
      [packet.reasonCode, packet.properties.authenticationMethod],
      [0x19, authentication.method],
      'Reason Code and Authentication Method',
    );
  }),

  clientTest(
    { v5: 'MQTT-4.12.1-2' },
    'AUTH of the server for a connection without an Authentication Method closes',
    async (t) => {
      const { server } = await t.connect();
      server.send(bytes(frame(0xf0, 0x18, properties(5, 0x15, string(authentication.method)))));
      await server.expectClosed();
    },
  ),
].flat();
