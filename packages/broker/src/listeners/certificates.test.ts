/** Which certificate a client sees, whose certificate is taken, and how both change while connections stay. */
import { once } from 'node:events';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import {
  clientCertificate,
  houseAuthority,
  lampCertificate,
  mqttCertificate,
  revocationList,
  serverCertificate,
  stolenCertificate,
  testAuthority,
} from '@petrel/testing';
import { afterEach, describe, expect, test } from 'vitest';
import WebSocket from 'ws';
import { authenticationChain } from '../authentication/authentication-chain.js';
import { certificateAuthenticator } from '../authentication/certificate-authenticator.js';
import type { Broker } from '../broker.js';
import { createBroker } from '../broker.js';
import type { ListenerOptions } from './listener-options.js';
import { cleanups, tracked } from './open-listeners.suite.js';

const ca = [testAuthority, houseAuthority];
const opened: Broker[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((broker) => broker.destroy()));
});

async function openWith(listener: ListenerOptions) {
  const broker = await createBroker({ listeners: [listener], sysTopicsIntervalMs: 0 });
  opened.push(broker);
  const { port } = broker.addresses[0]!;
  const at = (options: ConnectionOptions = {}) => secured(port, options);
  return { broker, port, at };
}

/** A socket after its handshake; rejects with what the client saw of a refusal. */
async function secured(port: number, options: ConnectionOptions): Promise<TLSSocket> {
  const socket = tracked(connectTls({ port, host: '127.0.0.1', servername: 'localhost', ca, ...options }));
  await once(socket, 'secureConnect');
  return socket;
}

/** CONNECT and the first byte of the answer: with TLS 1.3 a client hears only then that its certificate was refused. */
async function firstByte(socket: TLSSocket): Promise<number | undefined> {
  const answer = new Promise<number | undefined>((resolve) => {
    socket.on('error', () => resolve(undefined));
    socket.on('close', () => resolve(undefined));
    socket.on('data', (chunk: Buffer) => resolve(chunk[0]));
  });
  socket.write(Buffer.from('100d00044d5154540402003c000161', 'hex'));
  return answer;
}

const names = (socket: TLSSocket) => socket.getPeerCertificate().subject.CN;

describe('server names', () => {
  const certificates = [{ ...mqttCertificate, serverNames: ['mqtt.example.com', '*.home.example.com'] }];
  const listener: ListenerOptions = { type: 'tls', port: 0, ...serverCertificate, certificates };

  test.each([
    ['mqtt.example.com', 'mqtt.example.com'],
    ['MQTT.EXAMPLE.COM', 'mqtt.example.com'],
    ['lamp.home.example.com', 'mqtt.example.com'],
    ['localhost', 'localhost'],
    ['a.b.home.example.com', 'localhost'],
    ['home.example.com', 'localhost'],
  ])('%s gets the certificate of %s', async (servername, expected) => {
    const { at } = await openWith(listener);
    expect(names(await at({ servername, checkServerIdentity: () => undefined }))).toBe(expected);
  });

  test('over WebSocket as well', async () => {
    const { port } = await openWith({ ...listener, type: 'websocket' } as ListenerOptions);
    expect(names(await secured(port, { servername: 'mqtt.example.com' }))).toBe('mqtt.example.com');
  });

  test.each(['', 'a b', '*', '*.*.com', 'a.*.com'])('%j is no server name', async (name) => {
    const bad = { ...listener, certificates: [{ ...mqttCertificate, serverNames: [name] }] };
    await expect(createBroker({ listeners: [bad as ListenerOptions] })).rejects.toThrow(
      '"listeners[0].certificates[0].serverNames"',
    );
  });
});

describe('revoked certificates', () => {
  const listener: ListenerOptions = {
    type: 'tls',
    port: 0,
    ...serverCertificate,
    ca: houseAuthority,
    requestCert: true,
  };

  test.each(['TLSv1.2', 'TLSv1.3'] as const)('are refused, others are not, %s', async (version) => {
    const { at } = await openWith({ ...listener, crl: revocationList });
    const versions = { minVersion: version, maxVersion: version } as const;
    expect(await firstByte(await at({ ...lampCertificate, ...versions }))).toBe(0x20);
    const refused = at({ ...stolenCertificate, ...versions }).then(firstByte, () => undefined);
    expect(await refused).toBeUndefined();
  });

  test('are refused from the moment that the list is renewed, also with a session from before', async () => {
    const { broker, at } = await openWith(listener);
    const first = await at(stolenCertificate);
    let session: Buffer | undefined;
    first.on('session', (ticket: Buffer) => {
      session = ticket;
    });
    expect(await firstByte(first)).toBe(0x20);
    const ended = once(first, 'close');
    broker.update({ listeners: [{ ...listener, crl: revocationList }] });
    const again = { ...stolenCertificate, ...(session === undefined ? {} : { session }) };
    expect(await at(again).then(firstByte, () => undefined)).toBeUndefined();
    expect(await firstByte(await at(lampCertificate))).toBe(0x20);
    await ended;
  });

  test('are refused at CONNECT where the handshake was before the list, and nobody else is', async () => {
    const { broker, at } = await openWith(listener);
    const [stolen, lamp] = [await at(stolenCertificate), await at(lampCertificate)];
    broker.update({ listeners: [{ ...listener, crl: revocationList }] });
    const refused = once(stolen, 'data');
    // MQTT 5, so that CONNACK says why.
    stolen.write(Buffer.from('100e00044d5154540502003c00000173', 'hex'));
    expect((await refused)[0][3]).toBe(0x87);
    expect(await firstByte(lamp)).toBe(0x20);
  });

  test('end connections over WebSocket as well', async () => {
    const webSocket = { ...listener, type: 'websocket' } as ListenerOptions;
    const { broker, port } = await openWith(webSocket);
    const enter = async (certificate: typeof lampCertificate, packet: string) => {
      const options = { ca, servername: 'localhost', ...certificate };
      const socket = new WebSocket(`wss://127.0.0.1:${port}`, 'mqtt', options);
      cleanups.push(() => socket.terminate());
      await once(socket, 'open');
      const connack = once(socket, 'message');
      socket.send(Buffer.from(packet, 'hex'));
      await connack;
      return socket;
    };
    const stolen = await enter(stolenCertificate, '100d00044d5154540402003c000173');
    const lamp = await enter(lampCertificate, '100d00044d5154540402003c00016c');
    const ended = once(stolen, 'close');
    broker.update({ listeners: [{ ...webSocket, crl: revocationList } as ListenerOptions] });
    await ended;
    const pong = once(lamp, 'message');
    lamp.send(Buffer.from('c000', 'hex'));
    expect((await pong)[0]).toEqual(Buffer.from('d000', 'hex'));
  });
});

describe('a new certificate', () => {
  test.each(['tls', 'websocket'] as const)(
    'is shown to who connects from now on, and nobody is dropped: %s',
    async (type) => {
      const listener = { type, port: 0, ...serverCertificate } as ListenerOptions;
      const { broker, port, at } = await openWith(listener);
      const before = await at();
      broker.update({ listeners: [{ ...listener, ...mqttCertificate } as ListenerOptions] });
      expect(names(await secured(port, { servername: 'mqtt.example.com' }))).toBe('mqtt.example.com');
      if (type === 'tls') expect(await firstByte(before)).toBe(0x20);
      expect(before.destroyed).toBe(false);
    },
  );

  test('that cannot be used changes nothing, and nothing else of the same update', async () => {
    const listener: ListenerOptions = { type: 'tls', port: 0, ...serverCertificate };
    const { broker, at } = await openWith(listener);
    const bad: ListenerOptions = { ...listener, key: mqttCertificate.key };
    expect(() => broker.update({ listeners: [bad], limits: { maximumQoS: 0 } })).toThrow(
      expect.objectContaining({ code: 'PETREL_LISTEN_TLS' }),
    );
    expect(names(await at())).toBe('localhost');
    for (const moved of [
      [],
      [{ ...listener, port: 1 }],
      [{ ...listener, requestCert: true }],
      [{ type: 'tcp', port: 0 } as const],
    ])
      expect(() => broker.update({ listeners: moved as ListenerOptions[] })).toThrow('need a restart');
  });

  test('origins of pages change in the same way', async () => {
    const listener: ListenerOptions = { type: 'websocket', port: 0, origins: ['https://a.example.com'] };
    const broker = await createBroker({ listeners: [listener] });
    opened.push(broker);
    const { url } = broker.addresses[0]!;
    const answer = async (origin: string) => {
      const socket = new WebSocket(url, 'mqtt', { origin });
      cleanups.push(() => socket.terminate());
      const [event] = await Promise.race([
        once(socket, 'open').then(() => ['open']),
        once(socket, 'unexpected-response').then(() => ['refused']),
      ]);
      return event;
    };
    expect(await answer('https://a.example.com')).toBe('open');
    broker.update({ listeners: [{ ...listener, origins: ['https://b.example.com'] }] });
    expect([await answer('https://a.example.com'), await answer('https://b.example.com')]).toEqual([
      'refused',
      'open',
    ]);
  });
});

describe('36 mutual TLS: who a client is, is what its certificate says (CVE-2026-33248)', () => {
  const listener: ListenerOptions = {
    type: 'tls',
    port: 0,
    ...serverCertificate,
    ca: houseAuthority,
    requestCert: true,
  };

  test.each([
    ['common-name', 'lamp'],
    ['uri', 'spiffe://house/lamp'],
    ['dns', 'lamp.local'],
  ] as const)('by %s', async (name, expected) => {
    const authenticate = authenticationChain([certificateAuthenticator({ name })]);
    const broker = await createBroker({ listeners: [listener], hooks: { authenticate } });
    opened.push(broker);
    const { port } = broker.addresses[0]!;
    expect(await firstByte(await secured(port, lampCertificate))).toBe(0x20);
    expect(broker.sessions().map(({ principalName }) => principalName)).toEqual([expected]);
  });

  test('a certificate in no list is refused, whatever User Name it brings', async () => {
    const authenticate = authenticationChain([certificateAuthenticator({ names: ['lamp'] })]);
    const broker = await createBroker({ listeners: [listener], hooks: { authenticate } });
    opened.push(broker);
    const socket = await secured(broker.addresses[0]!.port, stolenCertificate);
    socket.write(Buffer.from('101300044d5154540482003c000161', 'hex'));
    socket.write(Buffer.from('00046c616d70', 'hex'));
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect([...answer]).toEqual([0x20, 2, 0, 5]);
  });
});

test('a client certificate of another authority is refused', async () => {
  const { at } = await openWith({
    type: 'tls',
    port: 0,
    ...serverCertificate,
    ca: houseAuthority,
    requestCert: true,
  });
  expect(await at(clientCertificate).then(firstByte, () => undefined)).toBeUndefined();
});
