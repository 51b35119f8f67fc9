import { once } from 'node:events';
import { createServer } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { RecordingReceiver } from './recording-receiver.suite.js';
import { WebSocketTransport } from './websocket.js';

const opened: { terminate(): void }[] = [];
afterEach(() => {
  for (const one of opened.splice(0)) one.terminate();
});

async function connected(
  limits: { highWaterMarkBytes?: number; maximumMessageBeforeConnectBytes?: number } = {},
) {
  const server = createServer();
  const webSockets = new WebSocketServer({ server, maxPayload: 1_000_000 });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const client = new WebSocket(`ws://127.0.0.1:${address.port}`);
  const [socket, request] = await once(webSockets, 'connection');
  const transport = new WebSocketTransport(socket, request.socket, {
    highWaterMarkBytes: 10_000,
    maximumMessageBeforeConnectBytes: 1_000,
    remoteAddress: request.socket.remoteAddress,
    ...limits,
  });
  if (client.readyState !== client.OPEN) await once(client, 'open');
  opened.push(client, socket);
  server.close();
  return { client, socket: socket as WebSocket, transport, receiver: new RecordingReceiver() };
}

describe('a WebSocket transport', () => {
  test('is one stream of bytes whatever the frames [MQTT-6.0.0-2]', async () => {
    const { client, transport, receiver } = await connected();
    client.send(Buffer.from('ea'));
    transport.start(receiver);
    client.send(Buffer.from('rly, '));
    client.send(Buffer.alloc(0));
    client.send(Buffer.from('and late'));
    await receiver.until(({ text }) => text === 'early, and late');
    const message = once(client, 'message');
    transport.cork();
    transport.write(Buffer.from('answer'));
    transport.uncork();
    const [data, isBinary] = await message;
    expect([String(data), isBinary]).toEqual(['answer', true]);
    expect(transport.remoteAddress).toMatch(/127\.0\.0\.1$/);
  });

  test('closes on a text frame [MQTT-6.0.0-1]', async () => {
    const { client, transport, receiver } = await connected();
    transport.start(receiver);
    client.send('text');
    client.send(Buffer.from('ignored'));
    const [code] = await once(client, 'close');
    expect(code).toBe(1003);
    await receiver.closed;
    expect(receiver.events).toEqual(['close']);
    expect(receiver.cause?.message).toContain('[MQTT-6.0.0-1]');
  });

  test('a stranger cannot make it assemble a large message; an admitted client can (CVE-2026-27571)', async () => {
    const stranger = await connected();
    stranger.transport.start(stranger.receiver);
    stranger.client.on('error', () => {});
    stranger.client.send(Buffer.alloc(900_000));
    await stranger.receiver.closed;
    expect(stranger.receiver.events).toEqual(['close']);
    expect(stranger.receiver.cause?.message).toContain('before its CONNECT');

    const client = await connected();
    client.transport.start(client.receiver);
    client.client.send(Buffer.alloc(1_000));
    await client.receiver.until(({ events }) => events.length > 0);
    client.transport.admit(true);
    client.client.send(Buffer.alloc(900_000));
    await client.receiver.until(({ text }) => text.length === 901_000);
  });

  test('says when it is above its mark and when it has drained', async () => {
    const { client, transport, receiver } = await connected();
    transport.start(receiver);
    client.pause();
    const piece = Buffer.alloc(65_536);
    while (transport.write(piece));
    expect(transport.bufferedBytes).toBeGreaterThan(10_000);
    client.resume();
    await receiver.until(({ events }) => events.includes('drain'));
    expect(transport.bufferedBytes).toBeLessThanOrEqual(10_000);
  });

  test('end() sends what is queued and closes in the ordinary way', async () => {
    const { client, transport, receiver } = await connected();
    transport.start(receiver);
    transport.pause();
    const message = once(client, 'message');
    const closed = once(client, 'close');
    transport.write(Buffer.from('last'));
    transport.end();
    transport.end();
    transport.write(Buffer.from('too late'));
    expect(String((await message)[0])).toBe('last');
    expect((await closed)[0]).toBe(1000);
    await receiver.closed;
    expect(receiver.events).toEqual(['close']);
    expect(receiver.cause).toBeUndefined();
  });

  test('destroy() closes once, also when called twice', async () => {
    const { client, transport, receiver } = await connected();
    transport.start(receiver);
    transport.destroy();
    transport.destroy();
    expect(receiver.events).toEqual([]);
    await Promise.all([once(client, 'close'), receiver.closed]);
    expect(receiver.events).toEqual(['close']);
  });

  test('a peer that vanished before start() closes the receiver', async () => {
    const { socket, transport, receiver } = await connected();
    const closed = once(socket, 'close');
    socket.terminate();
    await closed;
    transport.start(receiver);
    await receiver.closed;
    expect(receiver.events).toEqual(['close']);
  });
});
