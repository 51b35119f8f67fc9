/** Why a message did not reach a client, as an operator is told. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { connectPacket, eventually, FakeClock, RawPeer } from '@petrel/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MemoryBudget } from './bounds/memory-budget.js';
import { type Broker, type BrokerOptions, createBroker } from './index.js';
import { UndeliveredLog, UndeliveredTotal } from './undelivered.js';

let broker: Broker;
const open = async (options: BrokerOptions = {}) => {
  await broker.close();
  broker = await createBroker({ sysTopicsIntervalMs: 0, ...options });
};
beforeEach(async () => {
  broker = await createBroker({ sysTopicsIntervalMs: 0 });
});
afterEach(() => broker.close());

async function subscriber(
  topicFilter: string,
  {
    expiry = 60,
    maximumPacketSize,
    qos = 1,
    noLocal = false,
  }: { expiry?: number; maximumPacketSize?: number; qos?: 0 | 1; noLocal?: boolean } = {},
): Promise<RawPeer> {
  const peer = new RawPeer(broker.connect());
  const properties = { sessionExpiryInterval: expiry, ...(maximumPacketSize && { maximumPacketSize }) };
  peer.send({ ...connectPacket(5), clientIdentifier: 'phone', cleanStart: true, properties });
  await peer.receive('connack');
  const terms = { qos, noLocal, retainAsPublished: false, retainHandling: 0 } as const;
  peer.send({
    type: 'subscribe',
    packetIdentifier: 1,
    subscriptions: [{ topicFilter, ...terms }],
    properties: {},
  });
  await peer.receive('suback');
  return peer;
}

const why = (topicName: string) => broker.explainDelivery('phone', topicName);
const publish = (topicName: string, more: object = {}) =>
  broker.publish({ topicName, payload: 'x', qos: 1, ...more });

describe('what would become of a message now', () => {
  test('nobody there', () => {
    expect(why('a')).toMatchObject({ outlook: 'no session', topicFilters: [], recent: [] });
  });

  test('no subscription that matches', async () => {
    await subscriber('b/#');
    expect(why('a')).toMatchObject({
      outlook: 'no match',
      sentence: 'none of its subscriptions matches; it has only b/#',
    });
  });

  test('connected, or waiting for the client', async () => {
    const peer = await subscriber('a/+', { noLocal: true });
    expect(why('a/1')).toMatchObject({ outlook: 'delivered', topicFilters: ['a/+'], qos: 1, noLocal: true });
    expect(why('a/1').sentence).toContain('No Local');
    peer.send({
      type: 'publish',
      topicName: 'a/1',
      payload: Buffer.from('its own'),
      qos: 1,
      retain: false,
      dup: false,
      packetIdentifier: 1,
      properties: {},
    });
    await peer.receive('puback');
    const [own] = why('a/1').recent;
    expect(own).toMatchObject({ topicName: 'a/1', reason: 'no local', count: 1 });
    expect(Number.isInteger(own?.at)).toBe(true);
    peer.send({ type: 'disconnect', reasonCode: 0, properties: {} });
    await peer.closed();
    expect(why('a/1')).toMatchObject({ outlook: 'waits' });
  });

  test('rules against it', async () => {
    await open({
      allowAnonymous: true,
      access: { default: 'allow', rules: [{ deny: ['receive'], topics: ['secret/#'] }] },
    });
    await subscriber('#');
    await publish('secret/1');
    expect(why('secret/1')).toMatchObject({
      outlook: 'no rights',
      recent: [{ topicName: 'secret/1', reason: 'no rights', count: 1 }],
    });
    expect(why('open')).toMatchObject({ outlook: 'delivered', recent: [] });
  });

  test('a Shared Subscription, and what is no Topic Name', async () => {
    await subscriber('$share/group/a');
    expect(why('a')).toMatchObject({ isShared: true, topicFilters: ['$share/group/a'] });
    expect(() => why('a/#')).toThrow('[MQTT-3.3.2-2]');
  });
});

describe('the last decisions', () => {
  test('a message that is larger than the client takes [MQTT-3.1.2-25]', async () => {
    await subscriber('a', { maximumPacketSize: 100 });
    for (let count = 0; count < 3; count++) await publish('a', { payload: 'x'.repeat(200) });
    expect(why('a').recent).toEqual([
      { topicName: 'a', reason: 'too large', count: 3, at: expect.any(Number) },
    ]);
  });

  test('QoS 0 while the client was away', async () => {
    const peer = await subscriber('a');
    peer.stream.destroy();
    await peer.closed();
    while (broker.session('phone')?.connected) await new Promise((resolve) => setImmediate(resolve));
    await publish('a', { qos: 0 });
    expect(why('a').recent).toMatchObject([{ reason: 'not connected', count: 1 }]);
  });

  test('a full queue, newest first in the session’s own list', async () => {
    await open({ limits: { sessionQueue: { maximumMessages: 2, maximumBytes: 100_000 } } });
    const peer = await subscriber('#');
    peer.stream.destroy();
    await peer.closed();
    while (broker.session('phone')?.connected) await new Promise((resolve) => setImmediate(resolve));
    for (const topicName of ['1', '2', '3', '4']) await publish(topicName);
    expect(
      broker.session('phone')?.undelivered.map(({ topicName, reason }) => `${topicName} ${reason}`),
    ).toEqual(['2 queue full', '1 queue full']);
  });

  test('the hook that keeps messages back', async () => {
    await open({ hooks: { deliver: (_client, { topicName }) => topicName !== 'a' } });
    await subscriber('a');
    await publish('a');
    expect(why('a').recent).toMatchObject([{ reason: 'no rights' }]);
  });
});

describe('the log of one session', () => {
  test('has 32 entries, the newest first, however many there were', () => {
    const log = new UndeliveredLog(undefined);
    const clock = new FakeClock();
    for (let number = 0; number < 100; number++) log.note(`t/${number}`, 'expired', clock);
    expect(log.list().map(({ topicName }) => topicName)).toEqual(
      Array.from({ length: 32 }, (_, index) => `t/${99 - index}`),
    );
  });

  test('counts what repeats and asks for the time once', () => {
    const log = new UndeliveredLog(undefined);
    let asked = 0;
    const clock = { now: () => ++asked, schedule: () => () => {} };
    for (let count = 0; count < 1_000; count++) log.note('a'.repeat(1_000), 'slow', clock);
    log.note('b', 'slow', clock);
    expect(log.list()).toEqual([
      { topicName: 'b', reason: 'slow', count: 1, at: 2 },
      { topicName: 'a'.repeat(256), reason: 'slow', count: 1_000, at: 1 },
    ]);
  });
});

describe('the logs of all sessions', () => {
  const clock = new FakeClock();
  const fresh = (maximumBytes: number) => {
    const memory = new MemoryBudget(maximumBytes, () => 0);
    return { memory, total: new UndeliveredTotal(memory, maximumBytes) };
  };

  test('are counted, and cost a 32nd of the memory at most, besides an entry each', () => {
    const { memory, total } = fresh(3_200_000);
    const logs = Array.from({ length: 200 }, () => new UndeliveredLog(total));
    for (const [index, log] of logs.entries())
      for (let number = 0; number < 100; number++)
        log.note(`${index}/${number}/`.padEnd(65_535, 'x'), 'slow', clock);
    expect(memory.bytes).toBe(total.bytes);
    expect(total.bytes).toBeGreaterThanOrEqual(100_000);
    expect(total.bytes).toBeLessThan(100_000 + 201 * 608);
    for (const [index, log] of logs.entries()) expect(log.list()[0]?.topicName).toContain(`${index}/99/x`);
    for (const log of logs) log.clear();
    expect(memory.bytes).toBe(0);
  });

  test('keep nothing of a long Topic Name but what they show', () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const keptBytes = () => {
      collect();
      return process.memoryUsage().heapUsed;
    };
    const { total } = fresh(1_000_000_000);
    const logs = Array.from({ length: 500 }, () => new UndeliveredLog(total));
    const before = keptBytes();
    for (const [index, log] of logs.entries()) log.note(`${index}`.padEnd(65_535, 'x'), 'slow', clock);
    expect(keptBytes() - before).toBeLessThan(5_000_000);
    expect(logs.map((log) => log.list()[0]?.topicName.length)).toEqual(logs.map(() => 256));
  });

  test('one without room goes on with the entries that it has, in their order', () => {
    const { memory, total } = fresh(1_000_000);
    const log = new UndeliveredLog(total);
    for (const name of ['a', 'b', 'c']) log.note(name, 'slow', clock);
    memory.take(1_000_000);
    for (const name of ['d', 'e', 'f', 'g']) log.note(name, 'slow', clock);
    const names = () => log.list().map(({ topicName }) => topicName);
    expect(names()).toEqual(['g', 'f', 'e']);
    memory.take(-1_000_000);
    for (const name of ['h', 'i', 'j']) log.note(name, 'slow', clock);
    expect(names()).toEqual(['j', 'i', 'h', 'g']);
  });

  test('a session that ends gives back what its log took', async () => {
    await open();
    const peer = await subscriber('a/#', { expiry: 0, qos: 0 });
    const idle = broker.metrics().memoryBytes;
    await open({ hooks: { deliver: () => false } });
    const other = await subscriber('a/#', { expiry: 0, qos: 0 });
    for (let number = 0; number < 100; number++) await publish(`a/${number}`);
    expect(broker.metrics().memoryBytes).toBeGreaterThan(idle + 32 * 96);
    other.destroy();
    peer.destroy();
    await eventually(() => expect(broker.metrics().memoryBytes).toBe(0));
  });
});
