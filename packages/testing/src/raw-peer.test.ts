import { reasonCode } from '@petrel/protocol';
import { expect, test } from 'vitest';
import { duplexPair } from './faulty-link.js';
import { describePeer } from './peers/describe-peer.js';
import { findMosquitto, startMosquitto } from './peers/mosquitto.js';
import { connectPacket, RawPeer } from './raw-peer.js';
import { startRawServer } from './raw-server.js';

function pair() {
  const [clientSide, serverSide] = duplexPair();
  return {
    client: new RawPeer(clientSide, { timeoutMs: 1000 }),
    server: new RawPeer(serverSide, { role: 'server', timeoutMs: 1000 }),
  };
}

const connack = {
  type: 'connack',
  sessionPresent: false,
  reasonCode: reasonCode.success,
  properties: {},
} as const;

test('packets and bytes arrive in order; the CONNECT sets the version of both sides', async () => {
  const { client, server } = pair();
  client.send(connectPacket(4), [0xc0, 0x00], new Uint8Array([0xe0, 0x00]));
  const connect = await server.receive('connect');
  expect(connect).toMatchObject({ protocolVersion: 4, keepAlive: 0, cleanStart: true });
  expect(server.protocolVersion).toBe(4);
  expect((await server.receive()).type).toBe('pingreq');
  await server.receive('disconnect');
  server.send(connack);
  await client.receive('connack');
});

test('another packet than the expected one is an error that describes it', async () => {
  const { client, server } = pair();
  const connected = client.connect();
  await server.receive('connect');
  server.send({ type: 'pingresp' });
  await expect(connected).rejects.toThrow(/expected connack, got PINGRESP/i);
});

test('nothing is proven by a ping, something fails it', async () => {
  const { client, server } = pair();
  client.send(connectPacket());
  await server.receive('connect');
  const silent = client.expectNothing();
  await server.receive('pingreq');
  server.send({ type: 'pingresp' });
  await silent;

  const disturbed = client.expectNothing();
  server.send(connack, { type: 'pingresp' });
  await expect(disturbed).rejects.toThrow(/expected nothing, got CONNACK/i);
  await expect(server.expectNothing()).rejects.toThrow(/role "client"/);
});

test('a close is seen by closed() and ends a receive, with what came before still there', async () => {
  const { client, server } = pair();
  client.send(connectPacket());
  await server.receive('connect');
  server.send({ type: 'pingresp' });
  server.end();
  expect(await client.closed()).toMatchObject([{ type: 'pingresp' }]);
  await client.receive('pingresp');
  await expect(client.receive('publish')).rejects.toThrow('expected publish, but the connection closed');
});

test('bytes that are no packet are an error of the receive', async () => {
  const { client, server } = pair();
  server.send([0x00, 0x00]);
  await expect(client.receive()).rejects.toMatchObject({ code: 'PETREL_MALFORMED_PACKET' });
});

test('silence ends in an error that names what was expected', async () => {
  const { client } = pair();
  const impatient = new RawPeer(client.stream, { timeoutMs: 5 });
  await expect(impatient.receive('suback')).rejects.toThrow('expected suback, got nothing (waited 5 ms)');
  await expect(impatient.closed()).rejects.toThrow(/expected the connection to close; unread: nothing/);
});

test('a raw server hands out its clients in order', async () => {
  const server = await startRawServer();
  const client = await RawPeer.connect(server.port);
  const accepted = await server.accept();
  const connected = client.connect({ clientIdentifier: 'one' });
  expect(await accepted.receive('connect')).toMatchObject({ clientIdentifier: 'one' });
  accepted.send(connack);
  expect(await connected).toMatchObject({ reasonCode: 0 });
  await server.close();
  await client.closed();
});

describePeer(findMosquitto(), 'against Mosquitto', () => {
  test('a raw client connects and is answered', async () => {
    const broker = await startMosquitto();
    const client = await RawPeer.connect(broker.port);
    expect(await client.connect()).toMatchObject({ reasonCode: 0, sessionPresent: false });
    await client.expectNothing();
    client.destroy();
    await broker.stop();
  });
});
