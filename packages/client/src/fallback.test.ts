/** Falling back to an older protocol version, and not doing so. */
import type { ProtocolVersion } from '@petrel/protocol';
import type { RawPeer } from '@petrel/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Client } from './client.js';
import { connect } from './index.js';
import { connack, ScriptedServer, whenStatus } from './scripted-server.suite.js';

let server: ScriptedServer;
let client: Client | undefined;
beforeEach(() => {
  server = new ScriptedServer();
});
afterEach(() => client?.destroy());

/** The CONNACK of MQTT 3.x with "unacceptable protocol version". */
const refusedByReturnCode = [0x20, 2, 0, 1] as const;

async function nextConnect(): Promise<{ peer: RawPeer; version: ProtocolVersion }> {
  const peer = await server.accept();
  return { peer, version: (await peer.receive('connect')).protocolVersion };
}

async function acceptAt(version: ProtocolVersion): Promise<RawPeer> {
  const { peer, version: asked } = await nextConnect();
  expect(asked).toBe(version);
  peer.send(connack());
  return peer;
}

test.each([
  ['CONNACK 0x84', (peer: RawPeer) => peer.send(connack({ reasonCode: 0x84 }))],
  ['return code 1 of MQTT 3.x', (peer: RawPeer) => peer.send(refusedByReturnCode)],
  ['closing without an answer', (peer: RawPeer) => peer.end()],
])('%s to MQTT 5 leads to MQTT 3.1.1 [MQTT-3.1.2-1]', async (_, refuse) => {
  client = server.client();
  const first = await nextConnect();
  expect(first.version).toBe(5);
  refuse(first.peer);
  await acceptAt(4);
  expect((await client.connected()).protocolVersion).toBe(4);
});

test('a server that refuses 3.1.1 too is asked in MQTT 3.1', async () => {
  client = server.client();
  (await nextConnect()).peer.send(connack({ reasonCode: 0x84 }));
  (await nextConnect()).peer.send(connack({ reasonCode: 0x84 }));
  await acceptAt(3);
  expect((await client.connected()).protocolVersion).toBe(3);
});

test('what a server speaks is remembered for the next connection', async () => {
  client = server.client();
  (await nextConnect()).peer.send(connack({ reasonCode: 0x84 }));
  const peer = await acceptAt(4);
  await client.connected();
  peer.destroy();
  await whenStatus(client, 'offline');
  server.clock.advance(60_000);
  await acceptAt(4);
});

test('silence is no proof: the newer version gets a second chance, and no third', async () => {
  client = server.client();
  (await nextConnect()).peer.end();
  let peer = await acceptAt(4);
  for (const accepts of [true, false]) {
    await client.connected();
    peer.destroy();
    await whenStatus(client, 'offline');
    server.clock.advance(60_000);
    if (accepts) (await nextConnect()).peer.end();
    peer = await acceptAt(4);
  }
});

test('a server that has spoken MQTT 5 and now only closes is in trouble, not old', async () => {
  const { client: made, peer } = await server.connected();
  client = made;
  peer.destroy();
  await whenStatus(made, 'offline');
  server.clock.advance(60_000);
  (await nextConnect()).peer.end();
  await whenStatus(made, 'offline');
  server.clock.advance(60_000);
  await acceptAt(5);
});

test('a version that was asked for by name is the only one', async () => {
  const attempt = connect({ stream: server.stream, protocolVersion: 5 });
  (await nextConnect()).peer.send(connack({ reasonCode: 0x84 }));
  await expect(attempt).rejects.toMatchObject({ code: 'PETREL_CONNECT_REFUSED', reasonCode: 0x84 });
  expect(server.waiting).toBe(0);
});

test('wrong credentials are no reason to fall back', async () => {
  const attempt = connect({ stream: server.stream });
  (await nextConnect()).peer.send(connack({ reasonCode: 0x87 }));
  await expect(attempt).rejects.toMatchObject({ reasonCode: 0x87 });
  expect(server.waiting).toBe(0);
});

test('MQTT 3.x with an empty Client Identifier needs Clean Session [MQTT-3.1.3-7]', async () => {
  const attempt = connect({
    stream: server.stream,
    protocolVersion: 4,
    clientIdentifier: '',
    cleanStart: false,
  });
  await expect(attempt).rejects.toMatchObject({ code: 'PETREL_CONNECT_INVALID' });
});

test('MQTT 3.x has no Password without a User Name [MQTT-3.1.2-22]', async () => {
  const attempt = connect({ stream: server.stream, protocolVersion: 4, password: 'secret' });
  await expect(attempt).rejects.toMatchObject({ code: 'PETREL_CONNECT_INVALID' });
});
