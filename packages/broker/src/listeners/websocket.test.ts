import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { clientCertificate, serverCertificate, testAuthority } from '@petrel/testing';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { cleanups, open, tracked } from './open-listeners.suite.js';

async function webSocket(
  url: string,
  protocols: string[] = ['mqtt'],
  options: object = {},
): Promise<WebSocket> {
  const socket = new WebSocket(url, protocols, options);
  cleanups.push(() => socket.terminate());
  await once(socket, 'open');
  return socket;
}

/** The status with which an upgrade is refused. */
async function refusedStatus(
  url: string,
  protocols: string[],
  options: object = {},
): Promise<number | undefined> {
  const socket = new WebSocket(url, protocols, options);
  cleanups.push(() => socket.terminate());
  socket.on('error', () => {});
  const [, response] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage];
  response.resume();
  return response.statusCode;
}

describe('websocket', () => {
  test('selects the subprotocol mqtt [MQTT-6.0.0-4], and carries bytes', async () => {
    const { listener, next } = await open({ type: 'websocket', port: 0 });
    expect(listener.url).toBe(`ws://127.0.0.1:${listener.port}`);
    const client = await webSocket(listener.url, ['other', 'mqttv3.1', 'mqtt']);
    expect(client.protocol).toBe('mqtt');
    expect(client.extensions).toBe('');
    client.send(Buffer.from('hello'));
    const { transport, receiver } = await next();
    expect(transport).toMatchObject({ kind: 'websocket', remoteAddress: '127.0.0.1' });
    await receiver.until(({ text }) => text === 'hello');
    expect((await webSocket(listener.url, ['mqttv3.1'])).protocol).toBe('mqttv3.1');
  });

  test.each([[['amqp']], [[]]])('refuses the subprotocols %j [MQTT-6.0.0-3]', async (protocols) => {
    const { listener, accepted } = await open({ type: 'websocket', port: 0 });
    expect(await refusedStatus(listener.url, protocols)).toBe(400);
    expect(accepted).toHaveLength(0);
  });

  test('the address of the peer is no matter of headers (broker-hardening 32: X-Forwarded-For spoof)', async () => {
    const { listener, next } = await open({ type: 'websocket', port: 0 });
    await webSocket(listener.url, ['mqtt'], {
      headers: { 'x-forwarded-for': '10.0.0.1', forwarded: 'for=10.0.0.1' },
    });
    expect((await next()).transport.remoteAddress).toBe('127.0.0.1');
  });

  test('serves one path, if one is given', async () => {
    const { listener, next } = await open({ type: 'websocket', port: 0, path: '/mqtt' });
    expect(listener.url).toBe(`ws://127.0.0.1:${listener.port}/mqtt`);
    await webSocket(`${listener.url}?token=1`);
    await next();
    expect(await refusedStatus(`ws://127.0.0.1:${listener.port}/`, ['mqtt'])).toBe(404);
  });

  test('answers plain HTTP with 426', async () => {
    const { listener } = await open({ type: 'websocket', port: 0 });
    const response = await fetch(`http://127.0.0.1:${listener.port}/`);
    expect(response.status).toBe(426);
    expect(await response.text()).toContain('MQTT');
  });

  test('a message above the maximum closes the connection (CVE-2026-27889)', async () => {
    const { listener, next } = await open({ type: 'websocket', port: 0 }, { maximumMessageBytes: 500 });
    const client = await webSocket(listener.url);
    client.on('error', () => {});
    const { receiver } = await next();
    client.send(Buffer.alloc(501));
    await receiver.closed;
    expect(receiver.events).toEqual(['close']);
  });

  test('frame lengths that no memory holds close the connection (CVE-2026-27889)', async () => {
    const { listener, next } = await open({ type: 'websocket', port: 0 });
    for (const length of ['7fffffffffffffff', 'ffffffffffffffff', '0020000000000000']) {
      const client = await webSocket(listener.url);
      const { receiver } = await next();
      client.on('error', () => {});
      // FIN and binary, masked, 64-bit length.
      (client as unknown as { _socket: Socket })._socket.write(Buffer.from(`82ff${length}00000000`, 'hex'));
      await receiver.closed;
      expect(receiver.events).toEqual(['close']);
    }
  });

  test('a peer that never finishes its request is cut off', async () => {
    const { listener } = await open({ type: 'websocket', port: 0 }, { handshakeTimeoutMs: 100 });
    const slow = tracked(connect(listener.port, '127.0.0.1'));
    slow.on('error', () => {});
    slow.write('GET / HTTP/1.1\r\nHost: x\r\n');
    slow.resume();
    await new Promise((resolve) => slow.once('close', resolve));
  });

  test('over TLS, with key and cert', async () => {
    const { listener, next } = await open({ type: 'websocket', port: 0, ...serverCertificate });
    expect(listener.url).toBe(`wss://127.0.0.1:${listener.port}`);
    await webSocket(listener.url, ['mqtt'], { ca: testAuthority });
    expect((await next()).transport.kind).toBe('websocket');
  });

  test('over TLS, with a client certificate', async () => {
    const listener = {
      type: 'websocket',
      port: 0,
      ...serverCertificate,
      ca: testAuthority,
      requestCert: true,
    } as const;
    const {
      listener: { url },
      next,
    } = await open(listener);
    await webSocket(url, ['mqtt'], { ca: testAuthority, ...clientCertificate });
    expect((await next()).transport.peerCertificate?.subject.CN).toBe('test-device');
  });

  test('close() takes requests on their way with it', async () => {
    const { listener } = await open({ type: 'websocket', port: 0 });
    const waiting = request(`http://127.0.0.1:${listener.port}/`, {
      method: 'POST',
      headers: { expect: 'nothing' },
    });
    waiting.on('error', () => {});
    waiting.flushHeaders();
    const [socket] = (await once(waiting, 'socket')) as [Socket];
    if (socket.connecting) await once(socket, 'connect');
    const closed = new Promise((resolve) => socket.once('close', resolve));
    await fetch(`http://127.0.0.1:${listener.port}/`).then((response) => response.text());
    await listener.close();
    await closed;
  });
});

describe('websocket on a server of the program', () => {
  async function ownServer(host = '127.0.0.1') {
    const server = createServer((_request, response) => response.end('the page'));
    server.listen(0, host);
    await once(server, 'listening');
    cleanups.push(() => server.close());
    return { server, port: (server.address() as AddressInfo).port };
  }

  test('shares it with pages', async () => {
    const { server, port } = await ownServer();
    const { listener, next } = await open({ type: 'websocket', server, path: '/mqtt' });
    expect(listener).toMatchObject({ port, host: '127.0.0.1', url: `ws://127.0.0.1:${port}/mqtt` });
    await webSocket(listener.url);
    await next();
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('the page');
    expect(await refusedStatus(`ws://127.0.0.1:${port}/elsewhere`, ['mqtt'])).toBe(404);
  });

  test('leaves other paths to others who listen for upgrades, and the server running', async () => {
    const { server, port } = await ownServer();
    const { listener } = await open({ type: 'websocket', server, path: '/mqtt' });
    server.on('upgrade', (request, socket) => {
      if (request.url === '/other') socket.end('HTTP/1.1 418 Teapot\r\nContent-Length: 0\r\n\r\n');
    });
    expect(await refusedStatus(`ws://127.0.0.1:${port}/other`, ['mqtt'])).toBe(418);
    await webSocket(listener.url);
    await listener.close();
    expect(server.listening).toBe(true);
    expect(server.listenerCount('upgrade')).toBe(1);
  });

  test('is refused when it reaches beyond this machine and nobody is authenticated', async () => {
    const { server } = await ownServer('0.0.0.0');
    await expect(open({ type: 'websocket', server })).rejects.toMatchObject({
      code: 'PETREL_LISTEN_EXPOSED',
    });
    await expect(open({ type: 'websocket', server: createServer() })).rejects.toMatchObject({
      code: 'PETREL_LISTEN_EXPOSED',
      message: expect.stringContaining('does not listen yet'),
    });
    expect(server.listening).toBe(true);
    await open({ type: 'websocket', server }, { broker: { allowAnonymous: true } });
  });
});

describe('origins (broker-hardening 31: a page of another site)', () => {
  test('a local listener takes pages of this machine and of nobody else', async () => {
    const { listener, next } = await open({ type: 'websocket', port: 0 });
    for (const origin of ['http://localhost:3000', 'http://127.0.0.1:8080', 'http://[::1]:8080']) {
      await webSocket(listener.url, ['mqtt'], { origin });
      await next();
    }
    // The last one: a name of the attacker that resolves to this machine.
    for (const origin of ['https://evil.example', 'null', 'file://', 'http://rebound.example']) {
      const headers = { host: 'rebound.example' };
      expect(await refusedStatus(listener.url, ['mqtt'], { origin, headers })).toBe(403);
    }
  });

  test('a listener beyond this machine takes pages of its own host', async () => {
    const { listener } = await open(
      { type: 'websocket', port: 0, host: '0.0.0.0' },
      { broker: { allowAnonymous: true } },
    );
    const headers = { host: `house.example:${listener.port}` };
    await webSocket(listener.url, ['mqtt'], { origin: 'http://house.example:8080', headers });
    expect(await refusedStatus(listener.url, ['mqtt'], { origin: 'http://evil.example', headers })).toBe(403);
  });

  test('a list names all that may connect', async () => {
    const { listener } = await open({ type: 'websocket', port: 0, origins: ['https://app.example.com'] });
    await webSocket(listener.url, ['mqtt'], { origin: 'https://app.example.com' });
    await webSocket(listener.url);
    for (const origin of [
      'http://app.example.com',
      'https://app.example.com.evil.example',
      'http://localhost',
    ]) {
      expect(await refusedStatus(listener.url, ['mqtt'], { origin })).toBe(403);
    }
  });

  test('"*" opens it to all pages', async () => {
    const { listener } = await open({ type: 'websocket', port: 0, origins: ['*'] });
    await webSocket(listener.url, ['mqtt'], { origin: 'https://anywhere.example' });
  });
});
