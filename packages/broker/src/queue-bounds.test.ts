/** Bounds of queues, per session and in total, in memory and on the disk: messages, bytes, age, and what happens at each. */
import { FakeClock, SimulatedFiles } from '@petrel/testing';
import { describe, expect, test } from 'vitest';
import {
  acknowledgement,
  connected,
  disconnect,
  openBroker,
  published,
  subscribed,
  text,
  texts,
} from './broker-fixture.suite.js';
import { silentLogger } from './logger.js';
import type { LimitOptions } from './options.js';
import { DiskStore, type DiskStoreOptions } from './stores/disk/disk-store.js';
import { MemoryStore } from './stores/memory-store.js';
import type { Store } from './stores/store.js';

const lasting = {
  clientIdentifier: 'c',
  cleanStart: false,
  properties: { sessionExpiryInterval: 10_000 },
} as const;

function diskStore(files: SimulatedFiles, clock: FakeClock, fields: Partial<DiskStoreOptions> = {}) {
  return new DiskStore({
    files,
    clock,
    logger: silentLogger,
    durability: 'sync',
    segmentBytes: 65_536,
    maximumMessages: Number.POSITIVE_INFINITY,
    maximumBytes: Number.POSITIVE_INFINITY,
    minimumFreeBytes: 0,
    ...fields,
  });
}

/** A broker with a session that is away, and somebody who publishes to it. */
async function withAbsent(store: Store, clock: FakeClock, limits: LimitOptions = {}) {
  const { broker } = await openBroker({ store, clock, limits });
  const peer = await connected(broker, lasting);
  await subscribed(peer, 'a', { qos: 1 });
  peer.send(disconnect());
  await peer.closed();
  return { broker, publisher: await connected(broker) };
}

const stores = [
  ['in memory', () => new MemoryStore()],
  ['on the disk', (clock: FakeClock) => diskStore(new SimulatedFiles(), clock)],
] as const;

describe.each(stores)('a queue %s', (_, makeStore) => {
  test('drops what waits longer than maximumAgeMs, whether its client is there or not, and says so', async () => {
    const clock = new FakeClock();
    const limits = { sessionQueue: { maximumAgeMs: 1600 } };
    const { broker, publisher } = await withAbsent(makeStore(clock), clock, limits);
    for (let index = 0; index < 200; index++) await published(publisher, 'a', `old ${index}`, 1);
    clock.advance(1000);
    await published(publisher, 'a', 'young', 1);
    clock.advance(700);
    expect(broker.metrics()).toMatchObject({ queuedMessages: 1, messagesOverflowed: 200 });
    const back = await connected(broker, {
      ...lasting,
      properties: { ...lasting.properties, receiveMaximum: 1 },
    });
    expect(await texts(back, 1)).toEqual(['young']);
    // One is in flight, and does not age; what waits behind it does.
    for (const payload of ['one', 'two']) await published(publisher, 'a', payload, 1);
    clock.advance(1700);
    await published(publisher, 'a', 'last', 1);
    back.send(acknowledgement('puback', 1));
    expect(await texts(back, 1)).toEqual(['last']);
    expect(broker.metrics()).toMatchObject({ messagesOverflowed: 202 });
  });

  test('that is empty when its time has come drops nothing later', async () => {
    const clock = new FakeClock();
    const { broker, publisher } = await withAbsent(makeStore(clock), clock, {
      sessionQueue: { maximumAgeMs: 1600 },
    });
    await published(publisher, 'a', 'first', 1);
    const back = await connected(broker, lasting);
    const { packetIdentifier } = await back.receive('publish');
    back.send(acknowledgement('puback', packetIdentifier), disconnect());
    await back.closed();
    clock.advance(1650);
    await published(publisher, 'a', 'second', 1);
    clock.advance(1600);
    expect(broker.metrics()).toMatchObject({ queuedMessages: 1, messagesOverflowed: 0 });
    clock.advance(100);
    expect(broker.metrics()).toMatchObject({ queuedMessages: 0, messagesOverflowed: 1 });
  });

  test('with policy "drop-newest" keeps what it has, and counts what it left out', async () => {
    const clock = new FakeClock();
    const limits = { sessionQueue: { maximumMessages: 2, overflow: 'drop-newest' } } as const;
    const { broker, publisher } = await withAbsent(makeStore(clock), clock, limits);
    for (const payload of ['1', '2', '3']) await published(publisher, 'a', payload, 1);
    expect(broker.metrics()).toMatchObject({ queuedMessages: 2, messagesOverflowed: 1 });
    expect(await texts(await connected(broker, lasting), 2)).toEqual(['1', '2']);
  });

  test('has a bound in bytes, and drops as many of the oldest as one new message needs', async () => {
    const clock = new FakeClock();
    const limits = { sessionQueue: { maximumBytes: 4000 } };
    const { broker, publisher } = await withAbsent(makeStore(clock), clock, limits);
    for (let index = 0; index < 9; index++) await published(publisher, 'a', `${index}`, 1);
    await published(publisher, 'a', 'x'.repeat(3000), 1);
    const { queuedMessages, queuedBytes, messagesOverflowed } = broker.metrics();
    expect(queuedBytes).toBeLessThanOrEqual(4000);
    expect(queuedMessages + messagesOverflowed).toBe(10);
    const back = await connected(broker, lasting);
    const payloads: string[] = [];
    while (payloads.length < queuedMessages) payloads.push(text(await back.receive('publish')));
    expect(payloads.at(-1)).toHaveLength(3000);
  });
});

test('the age of what an earlier run left counts from the start', async () => {
  const clock = new FakeClock();
  const files = new SimulatedFiles();
  const limits = { sessionQueue: { maximumAgeMs: 1600 } };
  const first = await withAbsent(diskStore(files, clock), clock, limits);
  for (const payload of ['1', '2']) await published(first.publisher, 'a', payload, 1);
  await first.broker.close();
  const { broker } = await openBroker({ store: diskStore(files, clock), clock, limits });
  clock.advance(1600);
  expect(broker.metrics()).toMatchObject({ queuedMessages: 2 });
  clock.advance(100);
  expect(broker.metrics()).toMatchObject({ queuedMessages: 0, messagesOverflowed: 2 });
});

test.each([
  ['messages', { maximumMessages: 3 }],
  ['bytes', { maximumBytes: 200 }],
])(
  'a bound of the whole data folder in %s: 0x97 for who wants more, and who comes for what waits makes room again',
  async (_, bound) => {
    const clock = new FakeClock();
    const { broker, publisher } = await withAbsent(diskStore(new SimulatedFiles(), clock, bound), clock);
    let taken = 0;
    while ((await published(publisher, 'a', 'x'.repeat(20), 1)) === 0) taken += 1;
    expect(taken).toBeGreaterThan(1);
    expect(broker.metrics().storeRefusal).toBe(0x97);
    expect(await published(publisher, 'r', 'x', 1, { retain: true })).toBe(0x97);
    // What nobody has to keep goes on.
    expect(await published(publisher, 'nobody', 'x', 1)).toBe(0x10);
    const back = await connected(broker, lasting);
    const { packetIdentifier } = await back.receive('publish');
    back.send(acknowledgement('puback', packetIdentifier), disconnect());
    await back.closed();
    expect(broker.metrics().storeRefusal).toBe(0);
  },
);
