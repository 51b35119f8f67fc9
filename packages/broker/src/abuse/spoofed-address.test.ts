/** An address that a peer gives itself: 32. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { serverCertificate, testAuthority } from '@petrel/testing';
import { describe, expect, test } from 'vitest';
import WebSocket from 'ws';
import { open, tracked } from '../listeners/open-listeners.suite.js';

const header = 'PROXY TCP4 203.0.113.9 10.0.0.1 51000 1883\r\n';
const fromHere = ['127.0.0.1'];
const fromElsewhere = ['10.9.9.9', 'fd00::/8'];

async function isCutOff(socket: Socket): Promise<void> {
  socket.on('error', () => {});
  socket.resume();
  if (!socket.closed) await once(socket, 'close');
}

describe('32 PROXY or X-Forwarded-For spoof', () => {
  test('a trusted proxy says for whom it speaks; what follows in the same bytes is not lost', async () => {
    const { listener, next } = await open({ type: 'tcp', port: 0, proxies: fromHere });
    const socket = tracked(connect(listener.port, '127.0.0.1'));
    socket.write(`${header}hello`);
    const { transport, receiver } = await next();
    expect(transport.remoteAddress).toBe('203.0.113.9');
    await receiver.until(({ text }) => text === 'hello');
    socket.write(' again');
    await receiver.until(({ text }) => text === 'hello again');
  });

  test('byte by byte, and a check of the proxy itself keeps its own address', async () => {
    const { listener, next } = await open({ type: 'tcp', port: 0, proxies: fromHere });
    const socket = tracked(connect(listener.port, '127.0.0.1'));
    socket.setNoDelay(true);
    for (const byte of header) await new Promise((resolve) => socket.write(byte, resolve));
    expect((await next()).transport.remoteAddress).toBe('203.0.113.9');
    tracked(connect(listener.port, '127.0.0.1')).write(
      Buffer.from('0d0a0d0a000d0a515549540a20000000', 'hex'),
    );
    expect((await next()).transport.remoteAddress).toBe('127.0.0.1');
  });

  test('over TLS too', async () => {
    const tls = await open({ type: 'tls', port: 0, proxies: fromHere, ...serverCertificate });
    const raw = tracked(connect(tls.listener.port, '127.0.0.1'));
    raw.write(header);
    const secure = tracked(connectTls({ socket: raw, ca: testAuthority, servername: 'localhost' }));
    secure.write('hello');
    const overTls = await tls.next();
    expect(overTls.transport.remoteAddress).toBe('203.0.113.9');
    await overTls.receiver.until(({ text }) => text === 'hello');
  });

  test('over WebSocket too', async () => {
    const web = await open({ type: 'websocket', port: 0, proxies: fromHere });
    const webSocket = new WebSocket(web.listener.url, 'mqtt', {
      createConnection: () => {
        const socket = tracked(connect(web.listener.port, '127.0.0.1'));
        socket.write(header);
        return socket;
      },
    });
    await once(webSocket, 'open');
    webSocket.send(Buffer.from('hello'));
    const overWeb = await web.next();
    expect(overWeb.transport.remoteAddress).toBe('203.0.113.9');
    await overWeb.receiver.until(({ text }) => text === 'hello');
    webSocket.terminate();
  });

  test.each([['tcp'], ['websocket']] as const)(
    'who is no trusted proxy is cut off, with a header or without: %s',
    async (type) => {
      const { listener, accepted } = await open({ type, port: 0, proxies: fromElsewhere });
      for (const bytes of [header, 'GET / HTTP/1.1\r\n\r\n', '']) {
        const socket = tracked(connect(listener.port, '127.0.0.1'));
        socket.write(bytes);
        await isCutOff(socket);
      }
      expect(accepted).toEqual([]);
    },
  );

  test('a trusted proxy that says nothing, or nonsense, is cut off as well', async () => {
    const { listener, accepted } = await open(
      { type: 'tcp', port: 0, proxies: fromHere },
      { handshakeTimeoutMs: 100 },
    );
    await isCutOff(tracked(connect(listener.port, '127.0.0.1')));
    const nonsense = tracked(connect(listener.port, '127.0.0.1'));
    nonsense.write('GET / HTTP/1.1\r\n\r\n');
    await isCutOff(nonsense);
    const half = tracked(connect(listener.port, '127.0.0.1'));
    half.end('PROXY TCP4');
    await isCutOff(half);
    expect(accepted).toEqual([]);
  });

  test('without proxies a header is no address', async () => {
    const { listener, next } = await open({ type: 'tcp', port: 0 });
    tracked(connect(listener.port, '127.0.0.1')).write(header);
    const { transport, receiver } = await next();
    expect(transport.remoteAddress).toBe('127.0.0.1');
    await receiver.until(({ text }) => text === header);
    const web = await open({ type: 'websocket', port: 0 });
    const headers = {
      'x-forwarded-for': '203.0.113.9',
      forwarded: 'for=203.0.113.9',
      'x-real-ip': '203.0.113.9',
    };
    const webSocket = new WebSocket(web.listener.url, 'mqtt', { headers });
    await once(webSocket, 'open');
    expect((await web.next()).transport.remoteAddress).toBe('127.0.0.1');
    webSocket.terminate();
  });

  test('closing takes those along that have not said for whom they speak', async () => {
    const { listener, next } = await open({ type: 'tcp', port: 0, proxies: fromHere });
    const socket = tracked(connect(listener.port, '127.0.0.1'));
    socket.write('PROXY ');
    await once(socket, 'connect');
    // Whoever comes later is accepted later.
    tracked(connect(listener.port, '127.0.0.1')).write(header);
    await next();
    const cutOff = isCutOff(socket);
    await listener.close();
    await cutOff;
  });
});
