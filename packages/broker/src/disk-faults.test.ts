/** A disk that fails, is full, or is slow, under a whole broker: what cannot be owned is not acknowledged, everything else goes on. */
import { FakeClock, SimulatedFiles } from '@petrel/testing';
import { expect, test } from 'vitest';
import {
  connected,
  disconnect,
  open,
  openBroker,
  publish,
  published,
  subscribe,
  subscribed,
  text,
  texts,
} from './broker-fixture.suite.js';
import { silentLogger } from './logger.js';
import { DiskStore } from './stores/disk/disk-store.js';

const lasting = (clientIdentifier: string) =>
  ({ clientIdentifier, cleanStart: false, properties: { sessionExpiryInterval: 100 } }) as const;

async function brokerOn(files: SimulatedFiles) {
  const clock = new FakeClock();
  const store = new DiskStore({
    files,
    clock,
    logger: silentLogger,
    durability: 'sync',
    segmentBytes: 4096,
    maximumMessages: Number.POSITIVE_INFINITY,
    maximumBytes: Number.POSITIVE_INFINITY,
    minimumFreeBytes: 1000,
  });
  const { broker } = await openBroker({ store, clock });
  return { broker, clock };
}

/** A broker with a session that is away and gets everything below `kept`. */
async function openOn(files: SimulatedFiles) {
  const { broker, clock } = await brokerOn(files);
  const absent = await connected(broker, lasting('absent'));
  await subscribed(absent, 'kept/#', { qos: 1 });
  absent.send(disconnect());
  await absent.closed();
  await broker.publish({ topicName: 'r', payload: 'before', qos: 1, retain: true });
  return { broker, clock };
}

type RunningBroker = Awaited<ReturnType<typeof openOn>>['broker'];

/** What needs no disk. */
async function expectLiveTraffic(broker: RunningBroker): Promise<void> {
  const peer = await connected(broker);
  await subscribed(peer, 'live', { qos: 1 });
  peer.send(publish('live', 'at most once'));
  expect(await texts(peer, 1)).toEqual(['at most once']);
  expect(await published(peer, 'free', 'x', 1)).toBe(0x10);
}

async function payloadsOfAbsent(broker: RunningBroker, count: number): Promise<string[]> {
  return texts(await connected(broker, lasting('absent')), count);
}

test.each([
  ['ENOSPC', 0x97],
  ['EDQUOT', 0x97],
  ['EIO', 0x83],
])(
  'a write that fails with %s, after half of it: not acknowledged, refused from then on with Reason Code %i, and whole once the disk is back',
  async (code, reason) => {
    const files = new SimulatedFiles();
    const { broker, clock } = await openOn(files);
    const publisher = await connected(broker);
    for (let index = 0; index < 5; index++)
      expect(await published(publisher, 'kept/a', `${index}`, 1)).toBe(0);
    files.faults = { write: () => code };
    publisher.send(publish('kept/a', 'in between', { qos: 1 }));
    expect((await publisher.receive('disconnect')).reasonCode).toBe(0x83);
    await expectLiveTraffic(broker);
    const other = await connected(broker);
    expect(await published(other, 'kept/a', 'x', 1)).toBe(reason);
    expect(await published(other, 'r', 'after', 1, { retain: true })).toBe(reason);
    other.send(subscribe('s', { qos: 1 }));
    expect((await other.receive('suback')).reasonCodes).toEqual([1]);
    expect((await open(broker).connect(lasting('new'))).reasonCode).toBe(reason);
    // It is tried again every second, and goes on failing until it does not.
    clock.advance(1000);
    expect(await published(other, 'kept/a', 'x', 1)).toBe(reason);
    files.faults = {};
    clock.advance(1000);
    while (broker.metrics().storeRefusal !== 0) await new Promise((resolve) => setImmediate(resolve));
    expect(await published(other, 'kept/a', 'after', 1)).toBe(0);
    await broker.close();

    const next = await brokerOn(files);
    const found = await payloadsOfAbsent(next.broker, 7);
    expect(found).toEqual(['0', '1', '2', '3', '4', 'in between', 'after']);
  },
);

test('while a sync takes its time nothing is acknowledged that waits for it, and what needs no disk goes on', async () => {
  const files = new SimulatedFiles();
  const { broker } = await openOn(files);
  const publisher = await connected(broker);
  let release = (): void => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  files.faults = { delay: () => held };
  publisher.send(publish('kept/a', 'slow', { qos: 1 }));
  const client = open(broker);
  const connack = client.connect(lasting('new'));
  await expectLiveTraffic(broker);
  await publisher.expectNothing();
  expect(client.unread).toEqual([]);
  release();
  expect(await publisher.receive('puback')).toMatchObject({ reasonCode: 0 });
  expect((await connack).reasonCode).toBe(0);
});

test('a disk that has less left than it is to have takes nothing new, until there is room again', async () => {
  const files = new SimulatedFiles();
  const { broker, clock } = await openOn(files);
  const publisher = await connected(broker);
  files.free = 999;
  // It looks whenever a file of the log is full.
  let taken = 0;
  while ((await published(publisher, 'kept/a', 'x'.repeat(1000), 1)) === 0) taken += 1;
  expect(taken).toBeGreaterThan(0);
  expect(broker.metrics().storeRefusal).toBe(0x97);
  await expectLiveTraffic(broker);
  files.free = 1_000_000;
  clock.advance(2000);
  while (broker.metrics().storeRefusal !== 0) await new Promise((resolve) => setImmediate(resolve));
  expect(await published(publisher, 'kept/a', 'last', 1)).toBe(0);
  const found = await payloadsOfAbsent(broker, taken + 1);
  expect(found.at(-1)).toBe('last');
});

test('a retained message that cannot be read ends the connection that asked for it, and the next one gets it', async () => {
  const files = new SimulatedFiles();
  const { broker } = await openOn(files);
  const peer = await connected(broker);
  files.faults = { read: () => 'EIO' };
  await subscribed(peer, 'r', { qos: 0 });
  expect((await peer.receive('disconnect')).reasonCode).toBe(0x83);
  files.faults = {};
  const other = await connected(broker);
  await subscribed(other, 'r', { qos: 0 });
  expect(text(await other.receive('publish'))).toBe('before');
});
