/** A broker with a data folder: what it acknowledged is there for the next one, and what it cannot own it does not take. */
import { mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock, SimulatedFiles } from '@petrel/testing';
import { describe, expect, test } from 'vitest';
import {
  acknowledgement,
  connected,
  connectedWith,
  disconnect,
  open,
  openBroker,
  publish,
  published,
  subscribed,
  text,
  texts,
} from './broker-fixture.suite.js';
import { silentLogger } from './logger.js';
import { DiskStore } from './stores/disk/disk-store.js';

const lasting = (clientIdentifier: string, receiveMaximum = 65_535) =>
  ({
    clientIdentifier,
    cleanStart: false,
    properties: { sessionExpiryInterval: 100, receiveMaximum },
  }) as const;

function newFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'petrel-data-'));
}

function diskStore(files: SimulatedFiles, clock = new FakeClock()): DiskStore {
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

test('the next broker on the folder has everything: sessions, queues, exchanges, retained messages', async () => {
  const dataFolder = await newFolder();
  const first = await openBroker({ dataFolder });
  const peer = await connected(first.broker, lasting('c'));
  await subscribed(peer, 'a/#', { qos: 2, subscriptionIdentifier: 7 });
  const publisher = await connected(first.broker);
  await published(publisher, 'a/1', 'sent', 2);
  const sent = await peer.receive('publish');
  peer.send(disconnect());
  await peer.closed();
  await published(publisher, 'a/2', 'queued', 1, { properties: { contentType: 'x' } });
  await published(publisher, 'r', 'kept', 1, { retain: true });
  await first.broker.close();

  const second = await openBroker({ dataFolder });
  expect(second.broker.metrics()).toMatchObject({ queuedMessages: 1, retainedMessages: 1, sessions: 1 });
  const { peer: back, connack } = await connectedWith(second.broker, lasting('c'));
  expect(connack.sessionPresent).toBe(true);
  const again = await back.receive('publish');
  expect(again).toMatchObject({ packetIdentifier: sent.packetIdentifier, dup: true });
  const queued = await back.receive('publish');
  expect(queued).toMatchObject({ topicName: 'a/2', dup: false });
  expect(queued.properties).toEqual({ contentType: 'x', subscriptionIdentifiers: [7] });
});

test('a second broker on the same folder is refused, and the first goes on', async () => {
  const dataFolder = await newFolder();
  const { broker } = await openBroker({ dataFolder });
  await expect(openBroker({ dataFolder })).rejects.toMatchObject({ code: 'PETREL_STORE_LOCKED' });
  const peer = await connected(broker, lasting('c'));
  await subscribed(peer, 'a', { qos: 1 });
  await published(await connected(broker), 'a', 'still', 1);
  expect(await texts(peer, 1)).toEqual(['still']);
});

test('a folder with something else in it is refused, and left alone', async () => {
  const dataFolder = await newFolder();
  await writeFile(join(dataFolder, 'letter.txt'), 'dear');
  await expect(openBroker({ dataFolder })).rejects.toMatchObject({ code: 'PETREL_STORE_FOREIGN' });
  expect(await readdir(dataFolder)).toEqual(['letter.txt']);
});

describe('a queue that lies on the disk', () => {
  test('comes back in order at the pace of the client, with what is published meanwhile behind it', async () => {
    const { broker } = await openBroker({ store: diskStore(new SimulatedFiles()) });
    const count = 1000;
    const peer = await connected(broker, lasting('c'));
    await subscribed(peer, 'a', { qos: 1 });
    peer.send(disconnect());
    await peer.closed();
    const publisher = await connected(broker);
    for (let index = 0; index < count; index++) await published(publisher, 'a', String(index), 1);
    const { peer: back } = await connectedWith(broker, lasting('c', 10));
    const received: string[] = [];
    while (received.length < count + 5) {
      const packet = await back.receive('publish');
      received.push(text(packet));
      back.send(acknowledgement('puback', packet.packetIdentifier));
      if (received.length === 300)
        for (let late = 0; late < 5; late++) await published(publisher, 'a', `late ${late}`, 1);
    }
    const expected = Array.from({ length: count }, (_, index) => String(index));
    expect(received).toEqual([...expected, 'late 0', 'late 1', 'late 2', 'late 3', 'late 4']);
    expect(broker.metrics()).toMatchObject({ queuedMessages: 0, queuedBytes: 0 });
  });

  test('survives that its client goes in the middle, again and again', async () => {
    const { broker } = await openBroker({ store: diskStore(new SimulatedFiles()) });
    const peer = await connected(broker, lasting('c'));
    await subscribed(peer, 'a', { qos: 1 });
    peer.destroy();
    const publisher = await connected(broker);
    const count = 700;
    for (let index = 0; index < count; index++) await published(publisher, 'a', String(index), 1);
    const received: string[] = [];
    for (let visit = 1; received.length < count; visit++) {
      const back = await connected(broker, lasting('c', 40));
      for (let left = 37 * visit; left > 0 && received.length < count; left--) {
        const packet = await back.receive('publish');
        if (!packet.dup || !received.includes(text(packet))) received.push(text(packet));
        back.send(acknowledgement('puback', packet.packetIdentifier));
      }
      await back.expectNothing().catch(() => undefined);
      back.destroy();
    }
    expect(received).toEqual(Array.from({ length: count }, (_, index) => String(index)));
  });

  test('drops its oldest at the bound, and says so in the metrics', async () => {
    const limits = { sessionQueue: { maximumMessages: 300 } };
    const { broker } = await openBroker({ store: diskStore(new SimulatedFiles()), limits });
    const peer = await connected(broker, lasting('c'));
    await subscribed(peer, 'a', { qos: 1 });
    peer.send(disconnect());
    await peer.closed();
    const publisher = await connected(broker);
    for (let index = 0; index < 310; index++) await published(publisher, 'a', String(index), 1);
    expect(broker.metrics()).toMatchObject({ queuedMessages: 300, messagesOverflowed: 10 });
    const back = await connected(broker, lasting('c'));
    expect(await texts(back, 2)).toEqual(['10', '11']);
  });

  test('goes to the other members of a Shared Subscription when its session ends', async () => {
    const { broker } = await openBroker({ store: diskStore(new SimulatedFiles()) });
    const member = await connected(broker, lasting('gone'));
    await subscribed(member, '$share/g/a', { qos: 1 });
    member.send(disconnect());
    await member.closed();
    const publisher = await connected(broker);
    for (let index = 0; index < 200; index++) await published(publisher, 'a', String(index), 1);
    const other = await connected(broker, lasting('other'));
    await subscribed(other, '$share/g/a', { qos: 1 });
    await connected(broker, { clientIdentifier: 'gone', cleanStart: true });
    expect(await texts(other, 200)).toEqual(Array.from({ length: 200 }, (_, index) => String(index)));
  });
});

describe('a disk that fails', () => {
  async function failing(code: string) {
    const files = new SimulatedFiles();
    const clock = new FakeClock();
    const { broker } = await openBroker({ store: diskStore(files, clock), clock });
    const absent = await connected(broker, lasting('absent'));
    await subscribed(absent, 'kept', { qos: 2 });
    absent.send(disconnect());
    await absent.closed();
    // What that wrote is on the disk once something behind it is.
    await broker.publish({ topicName: 'r', payload: 'x', qos: 1, retain: true });
    files.faults = { sync: () => code };
    const victim = await connected(broker);
    victim.send(publish('kept', 'in between', { qos: 1 }));
    expect((await victim.receive('disconnect')).reasonCode).toBe(0x83);
    return { broker, files, clock };
  }

  test.each([
    ['ENOSPC', 0x97],
    ['EIO', 0x83],
  ])('%s: nothing that must be kept is acknowledged; what needs no store goes on', async (code, reason) => {
    const { broker, files, clock } = await failing(code);
    const peer = await connected(broker);
    expect(await published(peer, 'kept', 'x', 1)).toBe(reason);
    expect(broker.metrics().storeRefusal).toBe(reason);
    expect(await published(peer, 'kept', 'x', 2)).toBe(reason);
    expect(await published(peer, 'free', 'x', 1)).toBe(0x10);
    await subscribed(peer, 'live');
    peer.send(publish('live', 'goes on'));
    expect(await texts(peer, 1)).toEqual(['goes on']);
    expect((await open(broker).connect(lasting('new'))).reasonCode).toBe(reason);

    files.faults = {};
    clock.advance(1000);
    await recovered(broker);
    expect(await published(peer, 'kept', 'after', 1)).toBe(0);
    const absent = await connected(broker, lasting('absent'));
    // The one that nobody was told of may come; it was neither acknowledged nor refused.
    expect(await texts(absent, 3)).toEqual(['in between', 'probe', 'after']);
  });

  test('a 3.1.1 client, which cannot be told, is disconnected rather than acknowledged', async () => {
    const { broker, files } = await failing('EIO');
    const peer = await connected(broker, { protocolVersion: 4 });
    peer.send(publish('kept', 'x', { qos: 1 }));
    expect(await peer.closed()).toEqual([]);
    files.faults = {};
  });

  async function recovered(broker: Parameters<typeof connected>[0]): Promise<void> {
    const peer = await connected(broker);
    while ((await published(peer, 'kept', 'probe', 1)) !== 0)
      await new Promise((resolve) => setImmediate(resolve));
  }
});

describe('a full queue', () => {
  test('with policy "refuse" is told to the publisher with 0x97, for all receivers', async () => {
    const limits = { sessionQueue: { maximumMessages: 1, overflow: 'refuse' } } as const;
    const { broker } = await openBroker({ limits });
    const absent = await connected(broker, lasting('absent'));
    await subscribed(absent, 'a', { qos: 1 });
    absent.destroy();
    const watcher = await connected(broker);
    await subscribed(watcher, 'a', { qos: 0 });
    const peer = await connected(broker);
    expect(await published(peer, 'a', 'first', 1)).toBe(0x00);
    expect(await texts(watcher, 1)).toEqual(['first']);
    expect(await published(peer, 'a', 'second', 1)).toBe(0x97);
    await watcher.expectNothing();
  });

  test('with policy "disconnect" ends the connection of a client that does not acknowledge', async () => {
    const limits = { sessionQueue: { maximumMessages: 1, overflow: 'disconnect' } } as const;
    const { broker, clock } = await openBroker({ limits });
    const slow = await connected(broker, lasting('slow', 1));
    await subscribed(slow, 'a', { qos: 1 });
    const peer = await connected(broker);
    for (const payload of ['sent', 'queued']) await published(peer, 'a', payload, 1);
    const last = published(peer, 'a', 'too many', 1);
    // A publisher that feeds a slow client is held for a moment first.
    clock.advance(500);
    await last;
    await slow.receive('publish');
    expect((await slow.receive('disconnect')).reasonCode).toBe(0x97);
  });
});
