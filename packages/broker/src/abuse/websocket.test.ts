/** The WebSocket listener under attack. */
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { RawPeer } from '@petrel/testing';
import { describe, expect, test } from 'vitest';
import { createWebSocketStream, WebSocket } from 'ws';
import { field, openAttackedBroker, packetOf } from './attacked-broker.suite.js';

async function openWebSocketBroker() {
  const attacked = await openAttackedBroker({
    listeners: [{ type: 'websocket', port: 0 }],
    limits: { maximumPacketSizeBeforeConnectBytes: 4_096, maximumPacketSizeBytes: 100_000 },
  });
  const { url } = attacked.broker.addresses[0]!;
  const open = async () => {
    const socket = new WebSocket(url, 'mqtt');
    socket.on('error', () => {});
    await once(socket, 'open');
    return socket;
  };
  /** A good client over WebSocket is served. */
  const assertServesWebSocket = async () => {
    const socket = await open();
    const peer = new RawPeer(createWebSocketStream(socket));
    expect(await peer.connect()).toMatchObject({ reasonCode: 0 });
    await peer.expectNothing();
    socket.terminate();
    await attacked.assertServes();
  };
  return { ...attacked, url, open, assertServesWebSocket };
}

const closed = (socket: WebSocket) => new Promise((resolve) => socket.once('close', resolve));

describe('30 WebSocket length overflow or memory before authentication (CVE-2026-27889, CVE-2026-27571)', () => {
  test.each(['7fffffffffffffff', 'ffffffffffffffff', '0000000100000000', '00000000fffffff0'])(
    'a frame that says it has 0x%s bytes',
    async (length) => {
      const { open, assertServesWebSocket } = await openWebSocketBroker();
      const socket = await open();
      (socket as unknown as { _socket: Socket })._socket.write(Buffer.from(`82ff${length}00000000`, 'hex'));
      await closed(socket);
      await assertServesWebSocket();
    },
  );

  test('a stranger cannot make the broker collect a large message', async () => {
    const { open, broker, assertServesWebSocket } = await openWebSocketBroker();
    const sockets = await Promise.all(Array.from({ length: 20 }, open));
    const ends = Promise.all(sockets.map(closed));
    for (const socket of sockets) {
      // Fragments of one message that never ends.
      for (let sent = 0; sent < 90_000; sent += 1_000) socket.send(Buffer.alloc(1_000), { fin: false });
    }
    await ends;
    expect(broker.metrics().connections).toBe(1);
    await assertServesWebSocket();
  });

  test('an accepted client may send packets of the agreed size, and many of them in one frame', async () => {
    const { open, assertServesWebSocket } = await openWebSocketBroker();
    const socket = await open();
    const connect = packetOf(0x10, field('MQTT'), [5, 2, 0, 0, 0], field('large'));
    const message = packetOf(0x32, field('large'), [0, 1], [0], [...Buffer.alloc(90_000)]);
    const peer = new RawPeer(createWebSocketStream(socket));
    socket.send(connect);
    await peer.receive('connack');
    socket.send(Buffer.concat([message, message, message]));
    for (let count = 0; count < 3; count++) await peer.receive('puback');
    socket.terminate();
    await assertServesWebSocket();
  });

  test('text frames, and frames without a mask', async () => {
    const { open, assertServesWebSocket } = await openWebSocketBroker();
    const text = await open();
    text.send('MQTT?');
    await closed(text); // [MQTT-6.0.0-1]
    const unmasked = await open();
    (unmasked as unknown as { _socket: Socket })._socket.write(Buffer.from('8202c000', 'hex'));
    await closed(unmasked);
    await assertServesWebSocket();
  });
});

describe('31 WebSocket Origin', () => {
  test('a page of another site cannot use the browser of someone on this machine', async () => {
    const { url, broker, assertServesWebSocket } = await openWebSocketBroker();
    const socket = new WebSocket(url, 'mqtt', { origin: 'https://evil.example' });
    socket.on('error', () => {});
    const [, response] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage];
    expect(response.statusCode).toBe(403);
    expect(broker.metrics().connections).toBe(1);
    socket.terminate();
    await assertServesWebSocket();
  });
});
