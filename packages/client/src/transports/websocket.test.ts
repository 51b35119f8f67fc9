/** The WebSocket transport over a WebSocket that the test plays. */
import { expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { connect } from '../index.js';
import { attachWebSocket, subprotocol, type WebSocketLike } from './websocket.js';

function played() {
  const log: string[] = [];
  const socket: WebSocketLike & { bufferedAmount: number } = {
    binaryType: 'blob',
    bufferedAmount: 0,
    onopen: null,
    onmessage: null,
    onerror: null,
    onclose: null,
    send: (bytes) => log.push(`send ${bytes.length}`),
    close: () => log.push('close'),
  };
  const transport = attachWebSocket(
    socket,
    {
      onOpen: () => log.push('open'),
      onBytes: (chunk) => log.push(`bytes ${chunk.length}`),
      onDrain: () => log.push('drain'),
      onClose: (cause) => log.push(`closed ${cause?.message ?? ''}`),
    },
    () => log.push('terminate'),
  );
  return { socket, transport, log };
}

test('binary frames are bytes, a text frame ends the connection [MQTT-6.0.0-1] [MQTT-6.0.0-2]', async () => {
  const { socket, log } = played();
  socket.onopen?.();
  socket.onmessage?.({ data: new ArrayBuffer(3) });
  socket.onmessage?.({ data: 'text' });
  await Promise.resolve();
  socket.onmessage?.({ data: new ArrayBuffer(3) });
  socket.onclose?.({ code: 1006, reason: '' });
  expect(socket.binaryType).toBe('arraybuffer');
  expect(log).toEqual([
    'open',
    'bytes 3',
    'terminate',
    'closed the server sent a WebSocket text frame; MQTT travels in binary frames only [MQTT-6.0.0-1]',
  ]);
});

test('a socket that does not keep up says so, and says when it does', async () => {
  const { socket, transport, log } = played();
  expect(transport.write(new Uint8Array(10))).toBe(true);
  socket.bufferedAmount = 1_000_000;
  expect(transport.write(new Uint8Array(10))).toBe(false);
  socket.bufferedAmount = 0;
  while (!log.includes('drain')) await new Promise(setImmediate);
  transport.end();
  expect(log).toEqual(['send 10', 'send 10', 'drain', 'close']);
});

test('destroy() ends it without the peer', async () => {
  const { transport, log } = played();
  transport.destroy();
  await Promise.resolve();
  expect(log).toEqual(['terminate', 'closed ']);
});

test('the subprotocol "mqtt" is offered [MQTT-6.0.0-3]', async () => {
  expect([3, 4, 5].map(subprotocol)).toEqual(['mqttv3.1', 'mqtt', 'mqtt']);
  const offered: (string | undefined)[] = [];
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  server.on('connection', (socket, request) => {
    offered.push(request.headers['sec-websocket-protocol'], request.headers['x-team'] as string);
    socket.send('no MQTT here');
  });
  await new Promise<void>((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  const url = `ws://127.0.0.1:${port}/mqtt`;
  const attempt = connect({ url, protocolVersion: 5, webSocket: { headers: { 'x-team': 'petrel' } } });
  await expect(attempt).rejects.toMatchObject({ code: 'PETREL_CONNECT_CLOSED' });
  expect(offered).toEqual(['mqtt', 'petrel']);
  server.close();
});
