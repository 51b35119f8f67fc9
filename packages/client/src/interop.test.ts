/** The client against brokers that others have written. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProtocolVersion } from '@petrel/protocol';
import {
  clientCertificate,
  describePeer,
  findMosquitto,
  findNats,
  freePort,
  type RunningBroker,
  serverCertificate,
  startFaultyProxy,
  startMosquitto,
  startNats,
  testAuthority,
} from '@petrel/testing';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Client } from './client.js';
import { type ClientOptions, connect } from './index.js';
import type { Message } from './message.js';
import { whenStatus } from './scripted-server.suite.js';

const clients: Client[] = [];
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
});

async function connected(options: ClientOptions): Promise<Client> {
  const client = await connect(options);
  clients.push(client);
  return client;
}

/** Collects messages and waits for a number of them. */
function collector() {
  const messages: Message[] = [];
  let wake = () => {};
  const handler = (message: Message) => {
    messages.push(message);
    wake();
  };
  const count = async (wanted: number) => {
    while (messages.length < wanted) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    return messages;
  };
  return { handler, count, messages };
}

/** What every broker must be able to do with us, over one URL and version. */
function commonSuite(target: () => ClientOptions, qosLevels: readonly (0 | 1 | 2)[]) {
  test('every QoS, once and in order', async () => {
    const client = await connected(target());
    const { handler, count } = collector();
    await client.subscribe('petrel/every/+', { qos: 2 }, handler);
    for (const qos of qosLevels) await client.publish(`petrel/every/${qos}`, `level ${qos}`, { qos });
    const messages = await count(qosLevels.length);
    expect(messages.map((message) => [message.topicName, message.text(), message.qos])).toEqual(
      qosLevels.map((qos) => [`petrel/every/${qos}`, `level ${qos}`, qos]),
    );
  });

  test('a thousand messages at once, none lost, none twice', async () => {
    const [publisher, subscriber] = [await connected(target()), await connected(target())];
    const { handler, count } = collector();
    await subscriber.subscribe('petrel/many', { qos: 1 }, handler);
    await Promise.all(
      Array.from({ length: 1_000 }, (_, index) =>
        publisher.publish('petrel/many', String(index), { qos: 1 }),
      ),
    );
    const texts = (await count(1_000)).map((message) => message.text());
    expect(texts).toEqual(Array.from({ length: 1_000 }, (_, index) => String(index)));
  });

  test('a retained message comes to a new subscription, and goes with an empty one', async () => {
    const client = await connected(target());
    await client.publish('petrel/retained', 'kept', { qos: 1, retain: true });
    // A broker may confirm a retained message before a subscription finds it (NATS does): what comes behind it tells.
    for (let first: Message | undefined; first?.text() !== 'kept'; ) {
      const { handler, count } = collector();
      const subscription = await client.subscribe('petrel/retained', { qos: 1 }, handler);
      await client.publish('petrel/retained', 'live', { qos: 1 });
      first = (await count(1))[0];
      expect(first?.retain).toBe(first?.text() === 'kept');
      await subscription.unsubscribe();
    }
    await client.publish('petrel/retained', '', { qos: 1, retain: true });
  });

  test('large payloads, both ways', async () => {
    const client = await connected(target());
    const payload = new Uint8Array(100_000).map((_, index) => index % 249);
    const { handler, count } = collector();
    await client.subscribe('petrel/large', { qos: 1 }, handler);
    await client.publish('petrel/large', payload, { qos: 1 });
    const received = (await count(1))[0]?.payload ?? new Uint8Array(0);
    expect(Buffer.compare(received, payload)).toBe(0);
  });

  test('a will when the client is gone without a word', async () => {
    const watcher = await connected(target());
    const { handler, count } = collector();
    await watcher.subscribe('petrel/will', { qos: 1 }, handler);
    const mortal = await connect({
      ...target(),
      will: { topicName: 'petrel/will', payload: 'gone', qos: 1 },
    });
    mortal.destroy();
    expect((await count(1))[0]?.text()).toBe('gone');
  });

  test('unsubscribe ends it', async () => {
    const client = await connected(target());
    const { handler, messages } = collector();
    const subscription = await client.subscribe('petrel/ended', { qos: 1 }, handler);
    await subscription.unsubscribe();
    await client.publish('petrel/ended', 'x', { qos: 1 });
    expect(messages).toEqual([]);
  });
}

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
  ])('%s', (_, target) => commonSuite(target, [0, 1, 2]));

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

  test('a link that is cut again and again loses nothing and repeats nothing at QoS 2', async () => {
    const proxy = await startFaultyProxy({ port: broker.port });
    const subscriber = await connected({ url: broker.url });
    const { handler, count } = collector();
    await subscriber.subscribe('petrel/cut', { qos: 2 }, handler);
    const publisher = await connected({
      url: `mqtt://127.0.0.1:${proxy.port}`,
      reconnect: { minDelayMs: 1, maxDelayMs: 5 },
    });
    const published: Promise<unknown>[] = [];
    for (let round = 0; round < 10; round++) {
      for (let index = 0; index < 20; index++) {
        published.push(publisher.publish('petrel/cut', String(round * 20 + index), { qos: 2 }));
      }
      await published[round * 20 + 5];
      proxy.cut();
      await whenStatus(publisher, 'connected');
    }
    await Promise.all(published);
    const texts = (await count(200)).map((message) => message.text());
    expect(texts).toEqual(Array.from({ length: 200 }, (_, index) => String(index)));
    await proxy.close();
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
      await Promise.all(clients.splice(0).map((client) => client.close()));
      await again.stop();
    }
  });
});

describePeer(findNats(), 'NATS', () => {
  let broker: RunningBroker;
  beforeAll(async () => {
    broker = await startNats();
  });
  afterAll(() => broker?.stop());

  test('refuses MQTT 5, so we speak 3.1.1', async () => {
    const client = await connected({ url: broker.url });
    expect(client.server?.protocolVersion).toBe(4);
  });

  describe.each<[string, () => ClientOptions]>([
    ['TCP', () => ({ url: broker.url })],
    ['WebSocket', () => ({ url: broker.webSocketUrl })],
  ])('%s', (_, target) => commonSuite(target, [0, 1, 2]));
});
