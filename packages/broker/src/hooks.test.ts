/** Hooks: the first of each pair may refuse, the second is told; one that fails has refused and broke nothing. */
import { describe, expect, test } from 'vitest';
import {
  acknowledgement,
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
import type { BrokerHooks, MessageChange } from './hooks.js';
import { recordingLogger } from './recording-logger.suite.js';

const password = Buffer.from('secret');

describe('connect and connected, disconnected', () => {
  test('connect may refuse; it never sees the password', async () => {
    const seen: object[] = [];
    const { broker } = await openBroker({
      hooks: {
        connect: (_, packet) => {
          seen.push(packet);
          return { reasonCode: 0x89, reasonString: 'busy' };
        },
      },
    });
    const peer = open(broker);
    expect((await peer.connect({ userName: 'anna', password })).reasonCode).toBe(0x89);
    expect(seen[0]).not.toHaveProperty('password');
  });

  test('connected and disconnected are told once each, with what happened', async () => {
    const events: unknown[] = [];
    const { broker } = await openBroker({
      hooks: {
        connected: ({ clientIdentifier }, { sessionPresent }) =>
          void events.push([clientIdentifier, sessionPresent]),
        disconnected: ({ clientIdentifier }, { reasonCode, byClient }) =>
          void events.push([clientIdentifier, reasonCode, byClient]),
      },
    });
    const lasting = { clientIdentifier: 'c', cleanStart: false, properties: { sessionExpiryInterval: 100 } };
    const first = await connected(broker, lasting);
    await connected(broker, lasting);
    await first.closed();
    const left = await connected(broker, { clientIdentifier: 'd' });
    left.send(disconnect(0x04));
    await left.closed();
    const broken = await connected(broker, { clientIdentifier: 'e' });
    broken.destroy();
    await (await connected(broker, { clientIdentifier: 'f' })).expectNothing();
    expect(events).toEqual([
      ['c', false],
      ['c', 0x8e, false],
      ['c', true],
      ['d', false],
      ['d', 0x04, true],
      ['e', false],
      ['e', undefined, true],
      ['f', false],
    ]);
  });
});

describe('publish and published', () => {
  test('publish may refuse with a Reason Code', async () => {
    const { broker } = await openBroker({ hooks: { publish: () => ({ reasonCode: 0x99 }) } });
    expect(await published(await connected(broker), 'a', '', 1)).toBe(0x99);
    expect(await published(await connected(broker), 'a', '', 2)).toBe(0x99);
  });

  test('publish may replace parts, at once or later', async () => {
    for (const later of [false, true]) {
      const change = { topicName: 'b', payload: Buffer.from('changed'), properties: { contentType: 'y' } };
      const { broker } = await openBroker({
        hooks: { publish: () => (later ? Promise.resolve(change) : change) },
      });
      const watcher = await connected(broker);
      await subscribed(watcher, '#', { qos: 2 });
      await published(await connected(broker), 'a', 'x', 1, { properties: { contentType: 'x' } });
      const packet = await watcher.receive('publish');
      expect(packet).toMatchObject({ topicName: 'b', qos: 1, properties: { contentType: 'y' } });
      expect(text(packet)).toBe('changed');
    }
  });

  test('both see the message as it is; published is told after it was routed', async () => {
    const seen: unknown[] = [];
    const { broker } = await openBroker({
      hooks: {
        publish: (client, message) =>
          void seen.push([
            'publish',
            client?.clientIdentifier,
            message.topicName,
            Buffer.from(message.payload).toString(),
          ]),
        published: (client, message) =>
          void seen.push(['published', client?.clientIdentifier, message.topicName, message.qos]),
      },
    });
    await published(await connected(broker, { clientIdentifier: 'c' }), 'a', 'x', 1);
    await broker.publish({ topicName: 'b', payload: 'y' });
    expect(seen).toEqual([
      ['publish', 'c', 'a', 'x'],
      ['published', 'c', 'a', 1],
      ['publish', undefined, 'b', 'y'],
      ['published', undefined, 'b', 0],
    ]);
  });

  test.each([
    ['no rule allows', { topicName: 'a/#' }],
    ['names nothing of a message', { topic: 'b' }],
  ])('a replacement that %s ends in a refusal, not in the broker', async (_, change) => {
    const { broker } = await openBroker({ hooks: { publish: () => change as MessageChange } });
    const peer = await connected(broker);
    peer.send(publish('a', '', { qos: 1 }));
    const answer = await peer.receive();
    expect(answer).toMatchObject({ type: 'puback', reasonCode: 0x83 });
  });
});

describe('subscribe, subscribed and unsubscribed', () => {
  test('subscribe may refuse what is authorised; the others are told', async () => {
    const told: unknown[] = [];
    const { broker } = await openBroker({
      hooks: {
        subscribe: (_, { topicFilter }) => (topicFilter === 'a' ? { reasonCode: 0x97 } : undefined),
        subscribed: (_, request) => void told.push(request),
        unsubscribed: (_, request) => void told.push(request),
      },
    });
    const peer = await connected(broker);
    expect((await subscribed(peer, ['a', '$share/g/b'])).reasonCodes).toEqual([0x97, 0]);
    peer.send({
      type: 'unsubscribe',
      packetIdentifier: 1,
      topicFilters: ['a', '$share/g/b'],
      properties: {},
    });
    await peer.receive('unsuback');
    expect(told).toEqual([
      { topicFilter: 'b', shareName: 'g', qos: 0 },
      { topicFilter: 'b', shareName: 'g' },
    ]);
  });
});

describe('deliver and delivered', () => {
  test('deliver keeps live, queued and retained messages from one client (CVE-2026-58209)', async () => {
    const delivered: string[] = [];
    const { broker } = await openBroker({
      hooks: {
        deliver: ({ clientIdentifier }, { topicName }) =>
          !(clientIdentifier === 'c' && topicName === 'secret'),
        delivered: ({ clientIdentifier }, { topicName }) =>
          void delivered.push(`${clientIdentifier} ${topicName}`),
      },
    });
    const publisher = await connected(broker);
    for (const topicName of ['secret', 'open'])
      await published(publisher, topicName, topicName, 1, { retain: true });
    const lasting = { clientIdentifier: 'c', cleanStart: false, properties: { sessionExpiryInterval: 100 } };
    const peer = await connected(broker, lasting);
    await subscribed(peer, '#', { qos: 1 });
    expect(await texts(peer, 1)).toEqual(['open']);
    for (const topicName of ['secret', 'open']) await published(publisher, topicName, topicName, 1);
    expect(await texts(peer, 1)).toEqual(['open']);
    await peer.expectNothing();
    expect(delivered).toEqual(['c open', 'c open']);
    const other = await connected(broker, { clientIdentifier: 'd' });
    await subscribed(other, 'secret');
    expect(await texts(other, 1)).toEqual(['secret']);
  });

  test('a deliver hook that answers a promise has refused, and the logger is told', async () => {
    const logger = recordingLogger();
    const deliver = (async () => true) as unknown as NonNullable<BrokerHooks['deliver']>;
    const { broker } = await openBroker({ logger, hooks: { deliver } });
    const peer = await connected(broker);
    await subscribed(peer, 'a');
    await broker.publish({ topicName: 'a' });
    await peer.expectNothing();
    expect(logger.errors).toHaveLength(1);
  });
});

test('an observer that throws or rejects changes nothing', async () => {
  const logger = recordingLogger();
  const fail = (): never => {
    throw new Error('x');
  };
  const reject = (async () => Promise.reject(new Error('x'))) as unknown as () => void;
  const { broker } = await openBroker({
    logger,
    hooks: {
      connected: fail,
      subscribed: reject,
      published: fail,
      delivered: fail,
      unsubscribed: fail,
      disconnected: fail,
    },
  });
  const peer = await connected(broker);
  await subscribed(peer, 'a', { qos: 1 });
  expect(await published(peer, 'b', '', 1)).toBe(0x10);
  peer.send(publish('a', 'x', { qos: 1 }));
  const packet = await peer.receive('publish');
  await peer.receive('puback');
  peer.send(acknowledgement('puback', packet.packetIdentifier), subscribe('c'), disconnect());
  await peer.receive('suback');
  await peer.closed();
  expect(logger.errors.length).toBeGreaterThanOrEqual(6);
});

test('a client that waits for a hook is not blamed for its silence', async () => {
  let decide: (allowed: boolean) => void = () => {};
  const { broker, clock } = await openBroker({
    hooks: { authorizePublish: () => new Promise<boolean>((resolve) => (decide = resolve)) },
  });
  const peer = await connected(broker, { keepAlive: 1 });
  peer.send(publish('a', '', { qos: 1 }));
  await (await connected(broker)).expectNothing();
  clock.advance(10_000);
  decide(true);
  await peer.receive('puback');
});

describe('observers', () => {
  test('are told behind the hooks and in their order, and one that fails keeps no other from it', async () => {
    const logger = recordingLogger();
    const told: string[] = [];
    const note = (what: string) => () => void told.push(what);
    const { broker } = await openBroker({
      logger,
      hooks: { routing: note('hook routing'), published: note('hook published') },
      observers: [
        {
          published: () => {
            throw new Error('broken');
          },
        },
        {
          routing: note('routing'),
          published: (_, { topicName }, { hasReceivers }) =>
            void told.push(`published ${topicName} ${hasReceivers}`),
          delivered: (_, __, { qos, retain }) => void told.push(`delivered ${qos} ${retain}`),
          acknowledged: note('acknowledged'),
        },
      ],
    });
    const peer = await connected(broker);
    await subscribed(peer, 'a', { qos: 1 });
    await broker.publish({ topicName: 'a', payload: '', qos: 1 });
    peer.send(acknowledgement('puback', (await peer.receive('publish')).packetIdentifier));
    await broker.publish({ topicName: 'b', payload: '', qos: 0 });
    await peer.expectNothing();
    expect(told.filter((each) => each !== 'acknowledged')).toEqual([
      'hook routing',
      'routing',
      'delivered 1 false',
      'hook published',
      'published a true',
      'hook routing',
      'routing',
      'hook published',
      'published b false',
    ]);
    expect(told).toContain('acknowledged');
    expect(logger.errors).toMatchObject([{ code: 'PETREL_HOOK_FAILED' }, { code: 'PETREL_HOOK_FAILED' }]);
  });

  test('hear of a copy by the same object until it is acknowledged, and of what is sent again once more', async () => {
    const told: [string, object][] = [];
    const { broker } = await openBroker({
      observers: [
        {
          delivered: (_, __, copy) => void told.push(['delivered', copy]),
          acknowledged: (_, __, copy) => void told.push(['acknowledged', copy]),
        },
      ],
    });
    const session = { clientIdentifier: 'c', cleanStart: false, properties: { sessionExpiryInterval: 9 } };
    const before = await connected(broker, session);
    await subscribed(before, 'a', { qos: 1 });
    await broker.publish({ topicName: 'a', payload: '', qos: 1 });
    before.destroy();
    const after = await connected(broker, session);
    after.send(acknowledgement('puback', (await after.receive('publish')).packetIdentifier));
    await after.expectNothing();
    expect(told.map(([what]) => what)).toEqual(['delivered', 'delivered', 'acknowledged']);
    expect(new Set(told.map(([, copy]) => copy)).size).toBe(1);
  });
});
