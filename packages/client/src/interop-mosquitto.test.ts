/** The client against Mosquitto: MQTT 5, 3.1.1 and 3.1 over TCP, TLS and WebSocket. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProtocolVersion } from '@petrel/protocol';
import {
  clientCertificate,
  describePeer,
  findMosquitto,
  freePort,
  type RunningBroker,
  serverCertificate,
  startMosquitto,
  testAuthority,
} from '@petrel/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ClientOptions, connect } from './index.js';
import {
  closeClients,
  closeClientsAfterEach,
  collector,
  connected,
  interopSuite,
  lasting,
} from './interop.suite.js';
import { whenStatus } from './scripted-server.suite.js';

closeClientsAfterEach();

describePeer(findMosquitto(), 'Mosquitto', () => {
  let broker: RunningBroker;
  let tlsPort: number;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'petrel-tls-'));
    const file = async (name: string, text: string) => {
      await writeFile(join(folder, name), text, { mode: 0o644 });
      return join(folder, name);
    };
    tlsPort = await freePort();
    const authority = await file('ca.pem', testAuthority);
    broker = await startMosquitto({
      config: `
max_queued_messages 0
listener ${tlsPort} 127.0.0.1
cafile ${authority}
certfile ${await file('cert.pem', serverCertificate.cert)}
keyfile ${await file('key.pem', serverCertificate.key)}
require_certificate false
allow_anonymous true
`,
    });
  });
  afterAll(async () => {
    await broker?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const tls = { ca: testAuthority };
  describe.each<[string, () => ClientOptions]>([
    ['MQTT 5, TCP', () => ({ url: broker.url, protocolVersion: 5 })],
    ['MQTT 3.1.1, TCP', () => ({ url: broker.url, protocolVersion: 4 })],
    ['MQTT 3.1, TCP', () => ({ url: broker.url, protocolVersion: 3 })],
    ['MQTT 5, WebSocket', () => ({ url: broker.webSocketUrl, protocolVersion: 5 })],
    ['MQTT 3.1.1, WebSocket', () => ({ url: broker.webSocketUrl, protocolVersion: 4 })],
    ['MQTT 5, TLS', () => ({ url: `mqtts://localhost:${tlsPort}`, protocolVersion: 5, tls })],
  ])('%s', (_, target) => interopSuite(target));

  test('TLS: an authority that nobody named is refused, a client certificate is sent', async () => {
    const url = `mqtts://localhost:${tlsPort}`;
    await expect(connect({ url })).rejects.toMatchObject({ code: 'PETREL_CONNECT_UNREACHABLE' });
    const client = await connected({ url, tls: { ...tls, ...clientCertificate } });
    expect(client.server?.protocolVersion).toBe(5);
  });

  test('overlapping subscriptions: each handler once', async () => {
    const client = await connected({ url: broker.url });
    const [wide, narrow] = [collector(), collector()];
    await client.subscribe('petrel/overlap/#', { qos: 1 }, wide.handler);
    await client.subscribe(['petrel/overlap/+', 'petrel/+/x'], { qos: 1 }, narrow.handler);
    await client.publish('petrel/overlap/x', '1', { qos: 1 });
    await client.publish('petrel/overlap/x', '2', { qos: 1 });
    await Promise.all([wide.count(2), narrow.count(2)]);
    await client.publish('petrel/overlap/x', '3', { qos: 1 });
    await Promise.all([wide.count(3), narrow.count(3)]);
    for (const { messages } of [wide, narrow]) {
      expect(messages.map((message) => message.text())).toEqual(['1', '2', '3']);
    }
  });

  test('MQTT 5 request and response properties arrive', async () => {
    const client = await connected({ url: broker.url });
    const { handler, count } = collector();
    await client.subscribe('petrel/ask', { qos: 1 }, handler);
    const properties = {
      responseTopic: 'petrel/answer',
      correlationData: Uint8Array.of(1, 2, 3),
      contentType: 'application/json',
      payloadFormatIndicator: 1,
      userProperties: [
        ['a', '1'],
        ['a', '2'],
      ] as [string, string][],
    };
    await client.publish('petrel/ask', '{}', { qos: 1, properties });
    expect((await count(1))[0]?.properties).toMatchObject(properties);
  });

  // It sends more than that when a session with a backlog is continued, and a client that would not have it stood still.
  test('a session that is continued with a short Receive Maximum and a long backlog gets all of it', async () => {
    const session = { ...lasting({ url: broker.url }), receiveMaximum: 10 };
    const publisher = await connected({ url: broker.url });
    const first = await connected(session);
    const unfinished = collector();
    await first.subscribe('petrel/backlog', { qos: 1 }, (message) => {
      unfinished.handler(message);
      return new Promise<void>(() => {});
    });
    const numbers = Array.from({ length: 300 }, (_, index) => String(index));
    await Promise.all(numbers.map((number) => publisher.publish('petrel/backlog', number, { qos: 1 })));
    await unfinished.count(10);
    first.destroy();
    const second = await connected(session);
    second.on('error', () => {});
    const { handler, texts } = collector();
    await second.subscribe('petrel/backlog', { qos: 1 }, async (message) => handler(message));
    expect(await texts(300)).toEqual(numbers);
    // The broker keeps no session beyond this test.
    await second.close();
    await connected({ url: broker.url, clientIdentifier: session.clientIdentifier ?? '' });
  });

  test('wrong credentials are a ConnectError with the Reason Code', async () => {
    const strict = await startMosquitto({ allowAnonymous: false });
    try {
      for (const [protocolVersion, reasonCode] of [
        [5, 0x87],
        [4, 0x87],
      ] as [ProtocolVersion, number][]) {
        const attempt = connect({ url: strict.url, protocolVersion, userName: 'anna', password: 'wrong' });
        await expect(attempt).rejects.toMatchObject({ code: 'PETREL_CONNECT_REFUSED', reasonCode });
      }
    } finally {
      await strict.stop();
    }
  });

  test('a broker that is killed and started again: messages and subscriptions go on', async () => {
    const mortal = await startMosquitto();
    const options = { url: mortal.url, reconnect: { minDelayMs: 5, maxDelayMs: 50 } } as const;
    const [publisher, subscriber] = [await connected(options), await connected(options)];
    const { handler, count } = collector();
    await subscriber.subscribe('petrel/again', { qos: 1 }, handler);
    await publisher.publish('petrel/again', 'before', { qos: 1 });
    const offline = [whenStatus(publisher, 'offline'), whenStatus(subscriber, 'offline')];
    await mortal.stop();
    await Promise.all(offline);
    const meanwhile = publisher.publish('petrel/again', 'meanwhile', { qos: 1 });
    const again = await startMosquitto({ port: mortal.port });
    try {
      await subscriber.connected();
      await meanwhile;
      await publisher.publish('petrel/again', 'after', { qos: 1 });
      expect((await count(2)).map((message) => message.text())).toContain('after');
    } finally {
      await closeClients();
      await again.stop();
    }
  });
});
