import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { clientCertificate, serverCertificate, strangerCertificate, testAuthority } from '@petrel/testing';
import { describe, expect, test } from 'vitest';
import { resolveBrokerOptions } from '../resolve-options.js';
import { openListener } from './open-listener.js';
import { cleanups, limits, open, tracked } from './open-listeners.suite.js';

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

  // What the kernel tells: state 01 is established, timer 02 the one that asks whether the other end is still there.
  test.runIf(process.platform === 'linux')(
    'asks in the end whether a peer that says nothing is still there (CVE-2020-13849)',
    async () => {
      const { listener, next } = await open({ type: 'tcp', port: 0 });
      const client = tracked(connect(listener.port, '127.0.0.1'));
      await next();
      const hex = (port: number) => port.toString(16).toUpperCase().padStart(4, '0');
      const ports = [`:${hex(listener.port)}`, `:${hex(client.localPort as number)}`];
      const line = (await readFile('/proc/net/tcp', 'utf8'))
        .split('\n')
        .map((each) => each.trim().split(/\s+/))
        .find(([, local = '', remote = '']) => local.endsWith(ports[0]!) && remote.endsWith(ports[1]!));
      expect([line?.[3], line?.[5]?.slice(0, 2)]).toEqual(['01', '02']);
    },
  );

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
  const nothing = () => {};
  const context = { limits, accept: nothing, knock: nothing, gone: nothing, onError: nothing };
  await expect(openListener(misled, context)).rejects.toMatchObject({ code: 'PETREL_LISTEN_EXPOSED' });
  await open({ type: 'tcp', port });
});
