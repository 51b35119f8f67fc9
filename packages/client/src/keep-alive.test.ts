import { noProperties } from '@petrel/protocol';
import { expect, test } from 'vitest';
import { KeepAlive } from './keep-alive.js';
import { nextEvent, ScriptedServer, settled } from './scripted-server.suite.js';

test('asks for PINGREQ before the Keep Alive is over, when nothing else was sent [MQTT-3.1.2-20] [MQTT-3.1.2-23]', () => {
  const keepAlive = new KeepAlive(10_000, 5_000, 0);
  expect(keepAlive.delayMs(0)).toBe(9_000);
  expect(keepAlive.decide(8_999)).toBe('wait');
  keepAlive.sent(5_000);
  keepAlive.received(5_000);
  expect(keepAlive.decide(9_000)).toBe('wait');
  expect(keepAlive.delayMs(9_000)).toBe(5_000);
  expect(keepAlive.decide(14_000)).toBe('ping');
});

test('asks too when only the server is quiet', () => {
  const keepAlive = new KeepAlive(10_000, 5_000, 0);
  keepAlive.sent(8_000);
  expect(keepAlive.decide(9_000)).toBe('ping');
});

test('gives up on silence, but only after one more look', () => {
  const keepAlive = new KeepAlive(10_000, 5_000, 0);
  expect(keepAlive.decide(9_000)).toBe('ping');
  expect(keepAlive.decide(13_999)).toBe('wait');
  expect(keepAlive.decide(14_000)).toBe('wait');
  expect(keepAlive.decide(14_000 + keepAlive.delayMs(14_000))).toBe('silent');
});

test('a Keep Alive shorter than the wait for PINGRESP is kept all the same [MQTT-3.1.2-20]', () => {
  const keepAlive = new KeepAlive(1_000, 10_000, 0);
  expect(keepAlive.decide(900)).toBe('ping');
  expect(keepAlive.delayMs(900)).toBe(900);
  expect(keepAlive.decide(1_800)).toBe('ping');
  keepAlive.received(1_850);
  expect(keepAlive.delayMs(1_850)).toBe(850);
  expect(keepAlive.decide(2_700)).toBe('ping');
  for (let now = 3_600; now <= 12_600; now += 900) expect(keepAlive.decide(now)).toBe('ping');
  expect(keepAlive.decide(12_700)).toBe('wait');
  expect(keepAlive.decide(12_800)).toBe('silent');
});

test('any bytes are a sign of life', () => {
  const keepAlive = new KeepAlive(10_000, 5_000, 0);
  keepAlive.decide(9_000);
  keepAlive.received(13_000);
  expect(keepAlive.decide(20_000)).toBe('ping');
});

test('a client pings, lives on with PINGRESP, and reconnects without', async () => {
  const server = new ScriptedServer();
  const { client, peer } = await server.connected({ keepAlive: 10, pingTimeoutMs: 2_000 });
  server.clock.advance(9_000);
  await peer.receive('pingreq');
  peer.send({ type: 'pingresp' });
  await settled();
  server.clock.advance(9_000);
  await peer.receive('pingreq');
  const lost = nextEvent(client, 'disconnect');
  server.clock.advance(2_100);
  expect((await lost)[0]).toMatchObject({ code: 'PETREL_CONNECTION_SILENT' });
  server.clock.advance(60_000);
  await server.handshake();
  await client.connected();
  client.destroy();
});

test('the Server Keep Alive replaces ours [MQTT-3.1.2-21] [MQTT-3.2.2-21]', async () => {
  const server = new ScriptedServer();
  const { client, peer } = await server.connected(
    { keepAlive: 600 },
    { properties: { serverKeepAlive: 10 } },
  );
  server.clock.advance(9_000);
  await peer.receive('pingreq');
  client.destroy();
});

test('0 means no PINGREQ at all', async () => {
  const server = new ScriptedServer();
  const { client, peer } = await server.connected({ keepAlive: 0 }, { properties: noProperties });
  server.clock.advance(1_000_000);
  await settled();
  expect(peer.unread).toEqual([]);
  expect(client.status).toBe('connected');
  client.destroy();
});
