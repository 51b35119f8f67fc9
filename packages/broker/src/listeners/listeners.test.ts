import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, request } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { clientCertificate, serverCertificate, strangerCertificate, testAuthority } from '@petrel/testing';
import { afterEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { BrokerOptions } from '../options.js';
import { resolveBrokerOptions } from '../resolve-options.js';
import type { Transport } from '../transport.js';
import { RecordingReceiver } from '../transports/recording-receiver.suite.js';
import type { Listener } from './listener.js';
import type { ListenerOptions } from './listener-options.js';
import { openListener } from './open-listener.js';

const limits = {
  highWaterMarkBytes: 65_536,
  maximumMessageBeforeConnectBytes: 1_000,
  maximumMessageBytes: 100_000,
  handshakeTimeoutMs: 5_000,
  maximumConnections: 100,
};

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Accepted {
  readonly transport: Transport;
  readonly receiver: RecordingReceiver;
}

/** An open listener whose accepted transports are started; `next` waits for the next one. */
async function open(
  options: ListenerOptions,
  more: Partial<typeof limits> & { broker?: BrokerOptions } = {},
) {
  const { broker, ...otherLimits } = more;
  const accepted: Accepted[] = [];
  let wake = () => {};
  const [resolved] = resolveBrokerOptions({ ...broker, listeners: [options] }).listeners;
  const listener: Listener = await openListener(resolved!, {
    limits: { ...limits, ...otherLimits },
    accept: (transport) => {
      const receiver = new RecordingReceiver();
      transport.start(receiver);
      cleanups.push(() => transport.destroy());
      accepted.push({ transport, receiver });
      wake();
    },
    onError: (error) => {
      throw error;
    },
  });
  cleanups.push(() => listener.close());
  const next = async (): Promise<Accepted> => {
    while (accepted.length === 0) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    return accepted.shift()!;
  };
  return { listener, accepted, next };
}

function tracked<S extends { destroy(): unknown }>(socket: S): S {
  cleanups.push(() => socket.destroy());
  return socket;
}

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

describe('tcp', () => {
  test('accepts, and tells where it listens', async () => {
    const { listener, next } = await open({ type: 'tcp', port: 0 });
    expect(listener).toMatchObject({ type: 'tcp', host: '127.0.0.1' });
    expect(listener.url).toBe(`mqtt://127.0.0.1:${listener.port}`);
    tracked(connect(listener.port, '127.0.0.1')).write('hello');
    const { transport, receiver } = await next();
    expect(transport).toMatchObject({ kind: 'tcp', remoteAddress: '127.0.0.1' });
    await receiver.until(({ text }) => text === 'hello');
  });

  test('an unspecified address shows as one that a client can connect to', async () => {
    const { listener } = await open(
      { type: 'tcp', port: 0, host: '0.0.0.0' },
      { broker: { allowAnonymous: true } },
    );
    expect(listener.host).toBe('0.0.0.0');
    expect(listener.url).toBe(`mqtt://127.0.0.1:${listener.port}`);
  });

  test('a busy port is named', async () => {
    const { listener } = await open({ type: 'tcp', port: 0 });
    await expect(open({ type: 'tcp', port: listener.port })).rejects.toMatchObject({
      code: 'PETREL_LISTEN_ADDRESS_IN_USE',
      message: `cannot listen on port ${listener.port} of 127.0.0.1: it is in use`,
      cause: { code: 'EADDRINUSE' },
    });
  });

  test('an address of another machine is named', async () => {
    const broker = { allowAnonymous: true };
    await expect(open({ type: 'tcp', port: 0, host: '192.0.2.1' }, { broker })).rejects.toMatchObject({
      code: 'PETREL_LISTEN_ADDRESS_NOT_AVAILABLE',
    });
  });

  test('close() frees the port and leaves the connections alone; twice is fine', async () => {
    const { listener, next } = await open({ type: 'tcp', port: 0 });
    const { port } = listener;
    const client = tracked(connect(port, '127.0.0.1'));
    const { transport } = await next();
    await listener.close();
    await listener.close();
    await open({ type: 'tcp', port });
    const data = once(client, 'data');
    transport.write(Buffer.from('still here'));
    expect(String((await data)[0])).toBe('still here');
  });

  test('does not take more connections than it may', async () => {
    const { listener, accepted, next } = await open({ type: 'tcp', port: 0 }, { maximumConnections: 1 });
    tracked(connect(listener.port, '127.0.0.1'));
    await next();
    const second = tracked(connect(listener.port, '127.0.0.1'));
    second.on('error', () => {});
    await new Promise((resolve) => second.once('close', resolve));
    expect(accepted).toHaveLength(0);
  });
});

describe('tls', () => {
  const tls = { type: 'tls', port: 0, ...serverCertificate } as const;

  test('accepts over TLS, without a client certificate', async () => {
    const { listener, next } = await open(tls);
    expect(listener.url).toBe(`mqtts://127.0.0.1:${listener.port}`);
    const client = tracked(connectTls({ port: listener.port, host: '127.0.0.1', ca: testAuthority }));
    client.write('secret hello');
    const { transport, receiver } = await next();
    expect(transport).toMatchObject({ kind: 'tls', remoteAddress: '127.0.0.1', peerCertificate: undefined });
    await receiver.until(({ text }) => text === 'secret hello');
  });

  test('shows a client certificate of its authority and refuses any other (CVE-2026-33248)', async () => {
    const { listener, accepted, next } = await open({ ...tls, ca: testAuthority, requestCert: true });
    const at = { port: listener.port, host: '127.0.0.1', ca: testAuthority };
    const stranger = tracked(connectTls({ ...at, ...strangerCertificate }));
    stranger.on('error', () => {});
    await new Promise((resolve) => stranger.once('close', resolve));
    const nobody = tracked(connectTls(at));
    nobody.on('error', () => {});
    await new Promise((resolve) => nobody.once('close', resolve));
    expect(accepted).toHaveLength(0);
    tracked(connectTls({ ...at, ...clientCertificate }));
    const { transport } = await next();
    expect(transport.peerCertificate?.subject.CN).toBe('test-device');
  });

  test('a key that is none is named, without showing it', async () => {
    const listener = { ...tls, key: '-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----' };
    await expect(open(listener)).rejects.toMatchObject({
      code: 'PETREL_LISTEN_TLS',
      message: expect.not.stringContaining('c2VjcmV0'),
    });
  });

  test('close() takes unfinished handshakes with it', async () => {
    const { listener, accepted } = await open(tls);
    const silent = tracked(connect(listener.port, '127.0.0.1'));
    await once(silent, 'connect');
    const closed = new Promise((resolve) => silent.once('close', resolve));
    silent.resume();
    // The listener has seen the connection once a later one has been through its handshake.
    tracked(connectTls({ port: listener.port, host: '127.0.0.1', ca: testAuthority }));
    while (accepted.length === 0) await new Promise((resolve) => setImmediate(resolve));
    await listener.close();
    await closed;
    expect(accepted).toHaveLength(1);
  });

  test('a silent peer is cut off (broker-hardening 35: TLS connect flood)', async () => {
    const { listener } = await open(tls, { handshakeTimeoutMs: 50 });
    const silent = tracked(connect(listener.port, '127.0.0.1'));
    silent.on('error', () => {});
    silent.resume();
    await new Promise((resolve) => silent.once('close', resolve));
  });
});

describe('unix', () => {
  async function temporaryPath(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'petrel-'));
    cleanups.push(() => rm(folder, { recursive: true, force: true }));
    return join(folder, 'mqtt.sock');
  }

  test('accepts, and removes its file', async () => {
    const path = await temporaryPath();
    const { listener, next } = await open({ type: 'unix', path });
    expect(listener).toMatchObject({ type: 'unix', url: `mqtt+unix://${path}`, host: path, port: 0 });
    tracked(connect(path)).write('hello');
    const { transport, receiver } = await next();
    expect(transport).toMatchObject({ kind: 'unix', remoteAddress: undefined });
    await receiver.until(({ text }) => text === 'hello');
    await listener.close();
    expect(existsSync(path)).toBe(false);
  });

  test('refuses a path on which somebody listens, and any other file', async () => {
    const path = await temporaryPath();
    await open({ type: 'unix', path });
    const inUse = {
      code: 'PETREL_LISTEN_ADDRESS_IN_USE',
      message: `cannot listen on socket ${path}: it is in use`,
    };
    await expect(open({ type: 'unix', path })).rejects.toMatchObject(inUse);
    const file = await temporaryPath();
    await writeFile(file, 'precious');
    await expect(open({ type: 'unix', path: file })).rejects.toMatchObject({
      code: 'PETREL_LISTEN_ADDRESS_IN_USE',
    });
    expect(existsSync(file)).toBe(true);
  });

  test('takes the place of a socket file that a dead process left', async () => {
    const path = await temporaryPath();
    const { spawn } = await import('node:child_process');
    const program = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
    await once(spawn(process.execPath, ['-e', program]), 'exit');
    expect(existsSync(path)).toBe(true);
    const { next } = await open({ type: 'unix', path });
    tracked(connect(path));
    await next();
  });
});

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

test('a host name that turns out to lead beyond this machine is refused after all', async () => {
  const [resolved] = resolveBrokerOptions({
    listeners: [{ type: 'tcp', port: 0, host: '0.0.0.0' }],
    allowAnonymous: true,
  }).listeners;
  const probe = createTcpServer();
  probe.listen(0, '0.0.0.0');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  const misled = { ...resolved!, port, loopbackOnly: true } as typeof resolved & object;
  const context = { limits, accept: () => {}, onError: () => {} };
  await expect(openListener(misled, context)).rejects.toMatchObject({ code: 'PETREL_LISTEN_EXPOSED' });
  await open({ type: 'tcp', port });
});
