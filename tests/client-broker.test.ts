/** Our client against our broker: in one process without a socket, over every listener, and over links that fail. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Broker, type BrokerOptions, createBroker, MemoryStore } from '@petrel/broker';
import { type Client, type ClientOptions, connect, type Message } from '@petrel/client';
import { faultyDuplex, SeededRandom, serverCertificate, testAuthority } from '@petrel/testing';
import { afterEach, describe, expect, test } from 'vitest';

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function startBroker(options: BrokerOptions = {}): Promise<Broker> {
  const broker = await createBroker({ sysTopicsIntervalMs: 0, ...options });
  ends.push(() => broker.destroy());
  return broker;
}

async function startClient(options: ClientOptions): Promise<Client> {
  const client = await connect(options);
  ends.push(() => client.close());
  return client;
}

/** Texts of the messages as they come, and a way to wait for them. */
function collector() {
  const texts: string[] = [];
  let wake = () => {};
  const handler = (message: Message) => {
    texts.push(message.text());
    wake();
  };
  const whenSize = async (size: number) => {
    while (texts.length < size) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    return texts;
  };
  return { handler, texts, whenSize };
}

describe.each([5, 4, 3] as const)('in one process, protocol version %i', (protocolVersion) => {
  test('every QoS arrives once and in order', async () => {
    const broker = await startBroker();
    const options = { stream: () => broker.connect(), protocolVersion };
    const [publisher, subscriber] = [await startClient(options), await startClient(options)];
    const { handler, whenSize } = collector();
    await subscriber.subscribe('t/#', { qos: 2 }, handler);
    const published: Promise<unknown>[] = [];
    for (let index = 0; index < 3_000; index++) {
      published.push(publisher.publish(`t/${index % 7}`, String(index), { qos: (index % 3) as 0 | 1 | 2 }));
    }
    await Promise.all(published);
    const texts = await whenSize(3_000);
    for (const qos of [0, 1, 2]) {
      const ofQoS = texts.map(Number).filter((index) => index % 3 === qos);
      expect(ofQoS).toEqual(Array.from({ length: 1_000 }, (_, index) => index * 3 + qos));
    }
  });

  test('the session waits for its client', async () => {
    const broker = await startBroker();
    const durable = {
      stream: () => broker.connect(),
      protocolVersion,
      clientIdentifier: 'durable',
      cleanStart: false,
    } as const;
    const first = await startClient(durable);
    await first.subscribe('t', { qos: 1 }, () => {});
    await first.close();
    const publisher = await startClient({ stream: () => broker.connect(), protocolVersion });
    for (const text of ['1', '2', '3']) await publisher.publish('t', text, { qos: 1 });
    const { handler, whenSize } = collector();
    const second = await startClient(durable);
    await second.subscribe('t', { qos: 1 }, handler);
    expect(await whenSize(3)).toEqual(['1', '2', '3']);
  });
});

test('over every listener', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'petrel-unix-'));
  ends.push(() => rm(folder, { recursive: true, force: true }));
  const broker = await startBroker({
    listeners: [
      { type: 'tcp', port: 0 },
      { type: 'tls', port: 0, ...serverCertificate },
      { type: 'websocket', port: 0 },
      { type: 'websocket', port: 0, ...serverCertificate },
      { type: 'unix', path: join(folder, 'mqtt.sock') },
    ],
  });
  const urls = broker.addresses.map(({ url }) => url);
  expect(urls.map((url) => url.replace(/:\/\/.*/, ''))).toEqual(['mqtt', 'mqtts', 'ws', 'wss', 'mqtt+unix']);
  for (const url of urls) {
    const client = await startClient({ url, tls: { ca: testAuthority, servername: 'localhost' } });
    const { handler, whenSize } = collector();
    await client.subscribe('t', { qos: 2 }, handler);
    await client.publish('t', 'x'.repeat(100_000), { qos: 2 });
    expect((await whenSize(1))[0], url).toHaveLength(100_000);
    await client.unsubscribe('t');
  }
});

test('what the broker refuses reaches the caller', async () => {
  const broker = await startBroker({
    hooks: {
      authenticate: ({ userName }) => (userName === 'anna' ? { name: 'anna' } : { reasonCode: 0x86 }),
      authorizePublish: (_, { topicName }) => topicName !== 'secret' || { reasonCode: 0x87 },
      authorizeSubscribe: (_, { topicFilter }) => topicFilter !== 'secret' || { reasonCode: 0x87 },
    },
  });
  const stream = () => broker.connect();
  await expect(connect({ stream, userName: 'eve' })).rejects.toMatchObject({
    code: 'PETREL_CONNECT_REFUSED',
    reasonCode: 0x86,
  });
  const client = await startClient({ stream, userName: 'anna' });
  await expect(client.publish('secret', 'x', { qos: 1 })).rejects.toMatchObject({ reasonCode: 0x87 });
  await expect(client.subscribe('secret', () => {})).rejects.toMatchObject({ reasonCode: 0x87 });
  expect(await client.publish('nobody/listens', 'x', { qos: 1 })).toMatchObject({ reasonCode: 0x10 });
});

test("the broker's limits are known and held", async () => {
  const broker = await startBroker({
    limits: { maximumQoS: 1, retainAvailable: false, receiveMaximum: 2, serverKeepAlive: 17 },
  });
  const client = await startClient({ stream: () => broker.connect(), automaticTopicAliases: true });
  expect(client.server).toMatchObject({
    maximumQoS: 1,
    retainAvailable: false,
    receiveMaximum: 2,
    keepAlive: 17,
  });
  await expect(client.publish('a', 'x', { qos: 2 })).rejects.toMatchObject({ code: 'PETREL_SERVER_LIMIT' });
  const many = Array.from({ length: 500 }, (_, index) => client.publish(`t/${index % 3}`, 'x', { qos: 1 }));
  await Promise.all(many);
});

test('work is shared between the members of a group, and one that closes gives its share back', async () => {
  const broker = await startBroker();
  const stream = () => broker.connect();
  const seen: Record<string, number> = { a: 0, b: 0 };
  let wake = () => {};
  const member = async (name: 'a' | 'b') => {
    const client = await startClient({ stream });
    await client.subscribe('$share/workers/jobs', { qos: 1 }, () => {
      seen[name] = (seen[name] ?? 0) + 1;
      wake();
    });
    return client;
  };
  const [a] = [await member('a'), await member('b')];
  const publisher = await startClient({ stream });
  for (let job = 0; job < 20; job++) await publisher.publish('jobs', String(job), { qos: 1 });
  await a.close();
  for (let job = 0; job < 20; job++) await publisher.publish('jobs', String(job), { qos: 1 });
  while ((seen.a ?? 0) + (seen.b ?? 0) < 40) {
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  }
  expect(seen.a).toBeGreaterThan(0);
  expect(seen.b).toBeGreaterThan(19);
});

/** Links that come in pieces and break off by themselves after a random number of bytes; counts them. */
function breakingStream(broker: Broker, random: SeededRandom, longestBytes: number) {
  const breaking = { count: 0, stream };
  function stream() {
    breaking.count++;
    const pieces = { chunkSizes: [random.integer(1, 50), random.integer(1, 500)] };
    const broken = faultyDuplex(broker.connect(), { toServer: pieces, toClient: pieces });
    const direction = random.chance(0.5) ? broken.link.toServer : broken.link.toClient;
    direction.cutAfter(random.integer(1, longestBytes));
    return broken.stream;
  }
  return breaking;
}

describe.each([1, 2, 3, 4, 5, 6, 7, 8])('links that break at any byte, seed %i', (seed) => {
  test('QoS 2: each message once and in order; QoS 1: none lost', async () => {
    const random = new SeededRandom(seed);
    const broker = await startBroker();
    const options = {
      protocolVersion: 5,
      reconnect: { minDelayMs: 1, maxDelayMs: 3 },
      initialConnectAttempts: 100,
    } as const;
    const links = breakingStream(broker, random, 800);
    const [publisher, subscriber] = [
      await startClient({ ...options, stream: links.stream }),
      await startClient({ ...options, stream: links.stream }),
    ];
    const [once, atLeastOnce] = [collector(), collector()];
    await subscriber.subscribe('once', { qos: 2 }, once.handler);
    await subscriber.subscribe('at/least', { qos: 1 }, atLeastOnce.handler);
    const published = Array.from({ length: 200 }, (_, index) => [
      publisher.publish('once', String(index), { qos: 2 }),
      publisher.publish('at/least', String(index), { qos: 1 }),
    ]).flat();
    await Promise.all(published);
    const all = Array.from({ length: 200 }, (_, index) => String(index));
    expect(await once.whenSize(200)).toEqual(all);
    while (new Set(atLeastOnce.texts).size < 200) await atLeastOnce.whenSize(atLeastOnce.texts.length + 1);
    expect(new Set(atLeastOnce.texts)).toEqual(new Set(all));
    expect(links.count).toBeGreaterThan(10);
  });
});

describe.each([11, 12, 13, 14])('links that break while handlers work, seed %i', (seed) => {
  test('QoS 2: each message is handled once, and the links do not count', async () => {
    const random = new SeededRandom(seed);
    const broker = await startBroker();
    const links = breakingStream(broker, random, 300);
    const [publisher, subscriber] = [
      await startClient({ stream: () => broker.connect() }),
      await startClient({
        stream: links.stream,
        protocolVersion: 5,
        receiveMaximum: 10,
        reconnect: { minDelayMs: 1, maxDelayMs: 3 },
        initialConnectAttempts: 100,
      }),
    ];
    const { handler, texts, whenSize } = collector();
    await subscriber.subscribe('jobs', { qos: 2 }, async (message) => {
      for (let turns = random.integer(0, 20); turns > 0; turns--) await new Promise(setImmediate);
      handler(message);
    });
    const all = Array.from({ length: 200 }, (_, index) => String(index));
    await Promise.all(all.map((text) => publisher.publish('jobs', text, { qos: 2 })));
    await whenSize(200);
    while (
      broker.sessions().some(({ queuedMessages, inFlightMessages }) => queuedMessages + inFlightMessages > 0)
    ) {
      await new Promise(setImmediate);
    }
    expect(texts.toSorted()).toEqual(all.toSorted());
    expect(links.count).toBeGreaterThan(10);
  });
});

test('a broker that goes away and comes back with its store: everybody goes on', async () => {
  const store = new MemoryStore();
  let broker = await startBroker({ store });
  const stream = () => broker.connect();
  const options = { stream, reconnect: { minDelayMs: 1, maxDelayMs: 5 } } as const;
  const [publisher, subscriber] = [await startClient(options), await startClient(options)];
  const { handler, whenSize } = collector();
  await subscriber.subscribe('t', { qos: 1 }, handler);
  await publisher.publish('t', 'before', { qos: 1 });
  await broker.close();
  const meanwhile = publisher.publish('t', 'meanwhile', { qos: 1 });
  broker = await startBroker({ store: new MemoryStore() });
  await subscriber.connected();
  await meanwhile;
  await publisher.publish('t', 'after', { qos: 1 });
  expect((await whenSize(2)).at(-1)).toMatch(/meanwhile|after/);
});
