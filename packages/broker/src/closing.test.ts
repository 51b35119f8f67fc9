/** close and destroy: what is sent, what is lost, and that both may be called twice. */
import { connect as connectSocket } from 'node:net';
import { RawPeer } from '@petrel/testing';
import { describe, expect, test } from 'vitest';
import { createBroker } from './broker.js';
import { connected, open, openBroker, publish, published, subscribed, text } from './broker-fixture.suite.js';

const tcp = { listeners: [{ type: 'tcp', port: 0 }], sysTopicsIntervalMs: 0 } as const;

describe('close', () => {
  test('tells MQTT 5 clients 0x8B and closes the others without a packet', async () => {
    const { broker } = await openBroker();
    const peer = await connected(broker);
    const old = await connected(broker, { protocolVersion: 4 });
    const stranger = open(broker);
    const closed = broker.close();
    expect((await peer.receive('disconnect')).reasonCode).toBe(0x8b);
    await peer.closed();
    expect(await old.closed()).toEqual([]);
    expect(await stranger.closed()).toEqual([]);
    await closed;
    await broker.close();
    await broker.destroy();
  });

  test('what was published and acknowledged before is still delivered', async () => {
    const broker = await createBroker(tcp);
    const { port } = broker.addresses[0] ?? { port: 0 };
    const subscriber = await RawPeer.connect(port);
    await subscriber.connect();
    await subscribed(subscriber, 'a');
    const publisher = await RawPeer.connect(port);
    await publisher.connect();
    const count = 500;
    publisher.send(
      ...Array.from({ length: count }, (_, index) =>
        publish('a', `${index}`, { qos: 1, packetIdentifier: index + 1 }),
      ),
    );
    for (let index = 0; index < count; index++) await publisher.receive('puback');
    const closed = broker.close();
    for (let index = 0; index < count; index++)
      expect(text(await subscriber.receive('publish'))).toBe(`${index}`);
    expect((await subscriber.receive('disconnect')).reasonCode).toBe(0x8b);
    await closed;
  });

  test('frees the port, and takes nobody any more', async () => {
    const broker = await createBroker(tcp);
    const { port } = broker.addresses[0] ?? { port: 0 };
    await broker.close();
    const error = await new Promise((resolve) =>
      connectSocket({ port, host: '127.0.0.1' }).once('error', resolve),
    );
    expect(error).toMatchObject({ code: 'ECONNREFUSED' });
    expect(() => broker.connect()).toThrow(expect.objectContaining({ code: 'PETREL_BROKER_CLOSED' }));
    await expect(broker.publish({ topicName: 'a' })).rejects.toMatchObject({ code: 'PETREL_BROKER_CLOSED' });
    const again = await createBroker({ ...tcp, listeners: [{ type: 'tcp', port }] });
    await again.destroy();
  });

  test('a peer that never closes its end is cut off after the grace', async () => {
    const { broker, clock } = await openBroker();
    const peer = await connected(broker);
    peer.stream.pause();
    const closed = broker.close({ graceMs: 1000 });
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(1000);
    await closed;
  });
});

describe('destroy', () => {
  test('stops at once, also while closing', async () => {
    const broker = await createBroker(tcp);
    const peer = await RawPeer.connect(broker.addresses[0]?.port ?? 0);
    await peer.connect();
    const closed = broker.close({ graceMs: 1_000_000 });
    await broker.destroy();
    await closed;
    await peer.closed();
    await broker.destroy();
  });
});

describe('a listener that cannot open', () => {
  test('rejects with what is wrong, and closes those that were open', async () => {
    const first = await createBroker(tcp);
    const { port } = first.addresses[0] ?? { port: 0 };
    await expect(
      createBroker({
        ...tcp,
        listeners: [
          { type: 'tcp', port: 0 },
          { type: 'tcp', port },
        ],
      }),
    ).rejects.toMatchObject({ code: 'PETREL_LISTEN_ADDRESS_IN_USE' });
    await first.close();
  });
});

describe('what the program itself publishes', () => {
  test('reaches clients, is retained, and tells whether anybody was there', async () => {
    const { broker } = await openBroker();
    expect(await broker.publish({ topicName: 'a', payload: 'x', retain: true, qos: 1 })).toEqual({
      reasonCode: 0x10,
    });
    const peer = await connected(broker);
    await subscribed(peer, 'a', { qos: 1 });
    expect(await peer.receive('publish')).toMatchObject({ retain: true, qos: 1 });
    expect(await broker.publish({ topicName: 'a', payload: Uint8Array.of(1) })).toEqual({ reasonCode: 0 });
    expect((await peer.receive('publish')).payload).toHaveLength(1);
  });

  test.each([
    [{ topicName: 'a/#' }, 'PETREL_TOPIC_INVALID'],
    [{ topicName: '' }, 'PETREL_TOPIC_INVALID'],
    [{ topicName: 7 }, 'PETREL_INVALID_ARGUMENT'],
    [{ topicName: 'a', qos: 3 }, 'PETREL_INVALID_ARGUMENT'],
    [{ topicName: 'a', payload: { x: 1 } }, 'PETREL_INVALID_ARGUMENT'],
    [{ topicName: 'a', properties: { contentType: 7 } }, 'PETREL_INVALID_ARGUMENT'],
    [{ topicName: 'a', properties: { messageExpiry: 7 } }, 'PETREL_INVALID_ARGUMENT'],
    [{ topicName: 'a', properties: { responseTopic: 'a/#' } }, 'PETREL_TOPIC_INVALID'],
  ])('%j rejects with %s', async (message, code) => {
    const { broker } = await openBroker();
    await expect(broker.publish(message as never)).rejects.toMatchObject({ code });
  });
});

test('metrics and sessions show what is there', async () => {
  const { broker } = await openBroker();
  const peer = await connected(broker, {
    clientIdentifier: 'c',
    cleanStart: false,
    properties: { sessionExpiryInterval: 9 },
  });
  await subscribed(peer, 'a', { qos: 1 });
  await published(peer, 'a', 'x', 1).catch(() => {});
  expect(broker.sessions()).toEqual([
    {
      clientIdentifier: 'c',
      principalName: undefined,
      connected: true,
      topicFilters: ['a'],
      queuedMessages: 0,
      inFlightMessages: 1,
      sessionExpiryInterval: 9,
    },
  ]);
  expect(broker.metrics()).toMatchObject({
    connections: 1,
    sessions: 1,
    subscriptions: 1,
    messagesReceived: 1,
    messagesSent: 1,
  });
});

test('$SYS is published, retained, at every interval, and not to #', async () => {
  const { broker, clock } = await openBroker({ sysTopicsIntervalMs: 1000 });
  const everything = await connected(broker);
  await subscribed(everything, '#');
  const peer = await connected(broker);
  await subscribed(peer, '$SYS/broker/clients/connected');
  expect(text(await peer.receive('publish'))).toBe('0');
  clock.advance(1000);
  expect(text(await peer.receive('publish'))).toBe('2');
  await everything.expectNothing();
});
