/** The door before a handshake: TLS and HTTP are not begun for who may not come in, nor before his turn. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { eventually, RawPeer, serverCertificate, testAuthority } from '@petrel/testing';
import { describe, expect, test } from 'vitest';
import type { Broker } from '../broker.js';
import { openBroker } from '../broker-fixture.suite.js';
import type { ListenerOptions } from '../listeners/listener-options.js';
import { cleanups, tracked } from '../listeners/open-listeners.suite.js';
import type { LimitOptions } from '../options.js';

const tls: ListenerOptions = { type: 'tls', port: 0, ...serverCertificate };
const wss: ListenerOptions = { type: 'websocket', port: 0, ...serverCertificate };
const both = [
  ['tls', tls],
  ['wss', wss],
] as const;

/** What a client of TLS says first. */
async function clientHello(): Promise<Buffer> {
  return new Promise((resolve) => {
    const wire = new Duplex({
      read() {},
      write(chunk: Buffer, _encoding, done) {
        resolve(chunk);
        done();
      },
    });
    connectTls({ socket: wire });
    cleanups.push(() => wire.destroy());
  });
}

/** A socket that has said hello, and what came back. */
class Caller {
  readonly socket: Socket;
  readonly closed: Promise<unknown>;
  receivedBytes = 0;
  isClosed = false;

  constructor(broker: Broker, hello: Buffer, localAddress = '127.0.0.1') {
    const { port } = broker.addresses[0]!;
    this.socket = tracked(connect({ port, host: '127.0.0.1', localAddress }));
    this.socket.on('error', () => {});
    this.socket.on('data', ({ length }) => {
      this.receivedBytes += length;
    });
    this.closed = new Promise((resolve) => this.socket.once('close', resolve)).then(() => {
      this.isClosed = true;
    });
    this.socket.write(hello);
  }

  /** Settles when the broker has begun its part of the handshake. */
  answered(): Promise<void> {
    return eventually(() => expect(this.receivedBytes).toBeGreaterThan(0));
  }
}

async function goodClient(broker: Broker, localAddress = '127.0.0.1'): Promise<RawPeer> {
  const { port } = broker.addresses[0]!;
  const raw = tracked(connect({ port, host: '127.0.0.1', localAddress }));
  const socket = connectTls({ socket: raw, servername: 'localhost', ca: testAuthority });
  await once(socket, 'secureConnect');
  const peer = new RawPeer(socket);
  expect(await peer.connect()).toMatchObject({ reasonCode: 0 });
  return peer;
}

const openWith = (listener: ListenerOptions, limits: LimitOptions) =>
  openBroker({ listeners: [listener], limits });

const nothingLeft = (broker: Broker) =>
  eventually(() =>
    expect(broker.metrics()).toMatchObject({ connections: 0, connectionsWaiting: 0, memoryBytes: 0 }),
  );

describe('TLS connect flood (broker-hardening 35)', () => {
  test.each(both)('who may not come in gets no handshake, by address: %s', async (_name, listener) => {
    const { broker } = await openWith(listener, { maximumConnectionsPerAddress: 2 });
    const hello = await clientHello();
    const first = [new Caller(broker, hello), new Caller(broker, hello)];
    await Promise.all(first.map((caller) => caller.answered()));
    const flood = Array.from({ length: 50 }, () => new Caller(broker, hello));
    await Promise.all(flood.map(({ closed }) => closed));
    expect(flood.map(({ receivedBytes }) => receivedBytes)).toEqual(flood.map(() => 0));
    expect(broker.metrics().connectionsTurnedAway).toBe(50);
    const other = new Caller(broker, hello, '127.0.0.2');
    await other.answered();
    for (const { socket } of [...first, other]) socket.destroy();
    await nothingLeft(broker);
  });

  test('by the rate of an address, and others still get in', async () => {
    const { broker, clock } = await openWith(tls, { connectionsPerSecondPerAddress: 3 });
    const hello = await clientHello();
    const flood = Array.from({ length: 30 }, () => new Caller(broker, hello));
    await eventually(() => expect(flood.filter(({ isClosed }) => isClosed)).toHaveLength(27));
    expect(broker.metrics().connectionsTurnedAway).toBe(27);
    expect(flood.every(({ isClosed, receivedBytes }) => !isClosed || receivedBytes === 0)).toBe(true);
    await goodClient(broker, '127.0.0.2');
    clock.advance(1_000);
    await goodClient(broker);
  });

  test.each(both)('the rate of all makes a handshake wait for its turn: %s', async (_name, listener) => {
    const { broker, clock } = await openWith(listener, { connectionsPerSecond: 2 });
    const hello = await clientHello();
    const [first, second] = [new Caller(broker, hello), new Caller(broker, hello)];
    await Promise.all([first.answered(), second.answered()]);
    const third = new Caller(broker, hello);
    const fourth = new Caller(broker, hello);
    await eventually(() => expect(broker.metrics().connectionsWaiting).toBe(2));
    // Gone while it waits: nobody else waits for it.
    fourth.socket.destroy();
    expect(third.receivedBytes).toBe(0);
    clock.advance(500);
    await third.answered();
    for (const { socket } of [first, second, third]) socket.destroy();
    clock.advance(500);
    await nothingLeft(broker);
  });

  test('who waits too long, or until the end of the broker, gets none', async () => {
    const { broker, clock } = await openWith(tls, { connectionsPerSecond: 1, connectTimeoutMs: 100 });
    const hello = await clientHello();
    await new Caller(broker, hello).answered();
    const late = new Caller(broker, hello);
    await eventually(() => expect(broker.metrics().connectionsWaiting).toBe(1));
    clock.advance(100);
    await late.closed;
    expect(late.receivedBytes).toBe(0);
    const last = new Caller(broker, hello);
    await eventually(() => expect(broker.metrics().connectionsWaiting).toBe(1));
    await broker.close();
    await last.closed;
    expect(last.receivedBytes).toBe(0);
  });

  test.each(both)('so many under way and no more: the oldest goes: %s', async (name, listener) => {
    const { broker } = await openWith(listener, { maximumPendingConnections: 3 });
    const hello = await clientHello();
    const callers: Caller[] = [];
    for (let index = 0; index < 5; index++) {
      const caller = new Caller(broker, hello);
      callers.push(caller);
      await caller.answered();
    }
    await Promise.all(callers.slice(0, 2).map(({ closed }) => closed));
    if (name === 'tls') await (await goodClient(broker)).expectNothing();
    expect(callers.filter(({ isClosed }) => isClosed).length).toBeGreaterThanOrEqual(2);
    expect(broker.metrics().connectionsTurnedAway).toBeGreaterThanOrEqual(2);
    await broker.close();
    await nothingLeft(broker);
  });

  test.each(both)('handshakes that fail leave nothing behind: %s', async (_name, listener) => {
    const { broker } = await openWith(listener, { maximumConnectionsPerAddress: 1 });
    for (let index = 0; index < 20; index++) {
      const caller = new Caller(broker, Buffer.from('this is not TLS\r\n\r\n'));
      await caller.closed;
      await nothingLeft(broker);
    }
    expect(broker.metrics().connectionsTurnedAway).toBe(0);
    await new Caller(broker, await clientHello()).answered();
  });

  test('over wss a handshake that never ends is cut off as well', async () => {
    const { broker } = await openWith(wss, { connectTimeoutMs: 50 });
    await new Caller(broker, Buffer.alloc(0)).closed;
    await nothingLeft(broker);
  });
});
