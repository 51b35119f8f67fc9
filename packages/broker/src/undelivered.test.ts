/** Why a message did not reach a client, as an operator is told. */
import { connectPacket, RawPeer } from '@petrel/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Broker, type BrokerOptions, createBroker } from './index.js';
import { UndeliveredLog } from './undelivered.js';

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
    const log = new UndeliveredLog();
    for (let number = 0; number < 100; number++) log.note(`t/${number}`, 'expired', () => number);
    expect(log.list().map(({ topicName }) => topicName)).toEqual(
      Array.from({ length: 32 }, (_, index) => `t/${99 - index}`),
    );
  });

  test('counts what repeats and asks for the time once', () => {
    const log = new UndeliveredLog();
    let asked = 0;
    for (let count = 0; count < 1_000; count++) log.note('a'.repeat(1_000), 'slow', () => ++asked);
    log.note('b', 'slow', () => ++asked);
    expect(log.list()).toEqual([
      { topicName: 'b', reason: 'slow', count: 1, at: 2 },
      { topicName: 'a'.repeat(256), reason: 'slow', count: 1_000, at: 1 },
    ]);
  });
});
