/** Retained messages of a broker with a data folder: only names are in memory, the messages are read when somebody subscribes. */
import { FakeClock, SimulatedFiles } from '@petrel/testing';
import { describe, expect, test } from 'vitest';
import {
  acknowledgement,
  connected,
  connectedWith,
  openBroker,
  published,
  subscribed,
  text,
} from './broker-fixture.suite.js';
import { silentLogger } from './logger.js';
import { DiskStore } from './stores/disk/disk-store.js';

const lasting = (receiveMaximum: number) =>
  ({
    clientIdentifier: 'c',
    cleanStart: false,
    properties: { sessionExpiryInterval: 100, receiveMaximum },
  }) as const;

function storeOn(files: SimulatedFiles, clock = new FakeClock()): DiskStore {
  return new DiskStore({
    files,
    clock,
    logger: silentLogger,
    durability: 'sync',
    segmentBytes: 65_536,
    maximumMessages: Number.POSITIVE_INFINITY,
    maximumBytes: 1e9,
    minimumFreeBytes: 0,
  });
}

function openOn(files: SimulatedFiles, clock?: FakeClock) {
  const store = storeOn(files, clock);
  return openBroker(clock === undefined ? { store } : { store, clock });
}

const names = (count: number) => Array.from({ length: count }, (_, index) => `state/${index}`);

test('a new subscriber gets all of them, after a restart too, and what was replaced only once', async () => {
  const files = new SimulatedFiles();
  const first = await openOn(files);
  const publisher = await connected(first.broker);
  for (const topicName of names(200))
    await published(publisher, topicName, `first ${topicName}`, 1, { retain: true });
  for (const topicName of names(50))
    await published(publisher, topicName, `second ${topicName}`, 1, { retain: true });
  await published(publisher, 'state/199', '', 1, { retain: true });
  await first.broker.close();
  const { broker } = await openOn(files);
  expect(broker.metrics()).toMatchObject({ retainedMessages: 199 });
  const peer = await connected(broker);
  await subscribed(peer, 'state/#', { qos: 1 });
  const found = new Map<string, string>();
  for (let left = 199; left > 0; left--) {
    const packet = await peer.receive('publish');
    expect(packet.retain).toBe(true);
    found.set(packet.topicName, text(packet));
    peer.send(acknowledgement('puback', packet.packetIdentifier));
  }
  await peer.expectNothing();
  expect(found.size).toBe(199);
  expect(found.get('state/3')).toBe('second state/3');
  expect(found.get('state/77')).toBe('first state/77');
});

test('one that is published right before the SUBSCRIBE is read after it was written', async () => {
  const { broker } = await openOn(new SimulatedFiles());
  const peer = await connected(broker, lasting(10));
  const publishing = broker.publish({ topicName: 'state', payload: 'x', qos: 1, retain: true });
  await subscribed(peer, 'state', { qos: 1 });
  expect(text(await peer.receive('publish'))).toBe('x');
  await publishing;
});

test('one that has expired leaves the data folder, whether it was noticed before the restart or after', async () => {
  const files = new SimulatedFiles();
  const clock = new FakeClock();
  const first = await openOn(files, clock);
  const properties = { messageExpiryInterval: 5 };
  for (const topicName of ['a', 'b'])
    await first.broker.publish({ topicName, payload: 'x', qos: 1, retain: true, properties });
  await first.broker.close();
  clock.advance(5000);
  const second = await openOn(files, clock);
  expect(second.broker.metrics().retainedMessages).toBe(0);
  await second.broker.publish({ topicName: 'c', payload: 'x', qos: 1, retain: true, properties });
  clock.advance(5000);
  await second.broker.publish({ topicName: 'd', payload: 'x', qos: 1, retain: true });
  await second.broker.close();
  // On a clock on which nothing has expired, whatever is still there would count.
  const third = await openOn(files);
  expect(third.broker.metrics().retainedMessages).toBe(1);
});

describe('a subscriber that had not got all of them when the broker died', () => {
  async function died(files: SimulatedFiles, taken: number): Promise<Set<string>> {
    const { broker } = await openOn(files);
    const publisher = await connected(broker);
    for (const topicName of names(100)) await published(publisher, topicName, 'x', 1, { retain: true });
    const peer = await connected(broker, lasting(8));
    await subscribed(peer, 'state/#', { qos: 1 });
    const had = new Set<string>();
    while (had.size < taken) {
      const packet = await peer.receive('publish');
      had.add(packet.topicName);
      peer.send(acknowledgement('puback', packet.packetIdentifier));
    }
    // Everything that was sent so far is on the disk once something behind it is.
    await broker.publish({ topicName: 'other', payload: 'x', qos: 1, retain: true });
    return had;
  }

  test('gets the rest from the next one', async () => {
    const files = new SimulatedFiles();
    const had = await died(files, 20);
    const { broker } = await openOn(files.copy());
    const { peer, connack } = await connectedWith(broker, lasting(8));
    expect(connack.sessionPresent).toBe(true);
    while (had.size < 100) {
      const packet = await peer.receive('publish');
      had.add(packet.topicName);
      peer.send(acknowledgement('puback', packet.packetIdentifier));
    }
    expect([...had].sort()).toEqual(names(100).sort());
  });

  test('gets none again once it had all, and the next one knows that', async () => {
    const files = new SimulatedFiles();
    await died(files, 100);
    const { sessions } = await storeOn(files.copy()).open();
    expect([...sessions]).toMatchObject([{ subscriptions: [{ awaitsRetained: false }] }]);
  });
});
