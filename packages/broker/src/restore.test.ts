/** The seam to a store: nothing is acknowledged before it is owned, and a second broker finds what the first one left. */
import { FakeClock } from '@petrel/testing';
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
  subscribe,
  subscribed,
  texts,
} from './broker-fixture.suite.js';
import { MemoryStore } from './stores/memory-store.js';

const lasting = {
  clientIdentifier: 'c',
  cleanStart: false,
  properties: { sessionExpiryInterval: 100 },
} as const;

/** Owns what was written only when the test says so. */
class SlowStore extends MemoryStore {
  holds = false;
  #written = 0;
  #group: Promise<void> | undefined;
  #resolve: () => void = () => {};
  #reject: (cause: Error) => void = () => {};

  override get written(): number {
    this.#written += 1;
    return this.#written;
  }

  override commit(): Promise<void> | undefined {
    if (!this.holds) return undefined;
    this.#group ??= new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    return this.#group;
  }

  settle(error?: Error): void {
    this.#group = undefined;
    if (error === undefined) this.#resolve();
    else this.#reject(error);
  }
}

describe('acknowledge only what the store owns', () => {
  test('PUBACK, PUBREC, PUBCOMP, SUBACK and UNSUBACK wait for the commit, in order', async () => {
    const store = new SlowStore();
    const { broker } = await openBroker({ store });
    const peer = await connected(broker);
    const other = await connected(broker);
    store.holds = true;
    peer.send(
      publish('a', '', { qos: 1, packetIdentifier: 1 }),
      publish('a', '', { qos: 2, packetIdentifier: 2 }),
      subscribe('x', { packetIdentifier: 3 }),
      publish('a', '', { qos: 1, packetIdentifier: 4 }),
      acknowledgement('pubrel', 2),
      { type: 'unsubscribe', packetIdentifier: 5, topicFilters: ['x'], properties: {} },
    );
    await other.expectNothing();
    expect(peer.unread).toEqual([]);
    store.settle();
    const received = [];
    for (let count = 0; count < 6; count++) received.push((await peer.receive()).type);
    expect(received).toEqual(['puback', 'pubrec', 'suback', 'puback', 'pubcomp', 'unsuback']);
  });

  test('CONNACK waits, and nothing comes before it', async () => {
    const store = new SlowStore();
    const { broker } = await openBroker({ store });
    const other = await connected(broker);
    store.holds = true;
    const peer = open(broker);
    const connack = peer.connect(lasting);
    await other.expectNothing();
    expect(peer.unread).toEqual([]);
    store.settle();
    expect((await connack).reasonCode).toBe(0);
  });

  test('a store that fails: no acknowledgement, the connection ends with 0x83', async () => {
    const store = new SlowStore();
    const { broker } = await openBroker({ store });
    const peer = await connected(broker);
    const other = await connected(broker);
    store.holds = true;
    peer.send(publish('a', '', { qos: 1 }));
    await other.expectNothing();
    store.settle(new Error('disk full'));
    expect((await peer.receive('disconnect')).reasonCode).toBe(0x83);
    expect(await peer.closed()).toEqual([]);
  });
});

test('PUBREL waits until the store owns the PUBREC, after which the message must not be sent again [MQTT-4.3.3-6]', async () => {
  const store = new SlowStore();
  const { broker } = await openBroker({ store });
  const peer = await connected(broker, lasting);
  await subscribed(peer, 'a', { qos: 2 });
  const publisher = await connected(broker);
  await published(publisher, 'a', '', 2);
  const { packetIdentifier } = await peer.receive('publish');
  store.holds = true;
  peer.send(acknowledgement('pubrec', packetIdentifier));
  await peer.expectNothing();
  store.settle();
  expect(await peer.receive('pubrel')).toMatchObject({ packetIdentifier });
});

describe('a second broker on the same store', () => {
  test('has the sessions with subscriptions, queues, exchanges and identifiers of the first', async () => {
    const store = new MemoryStore();
    const first = await openBroker({ store });
    const peer = await connected(first.broker, lasting);
    await subscribed(peer, ['a', 'b/#'], { qos: 2, subscriptionIdentifier: 7 });
    const publisher = await connected(first.broker);
    for (const payload of ['released', 'sent']) await published(publisher, 'a', payload, 2);
    const released = await peer.receive('publish');
    const sent = await peer.receive('publish');
    peer.send(acknowledgement('pubrec', released.packetIdentifier));
    await peer.receive('pubrel');
    peer.send(publish('x', '', { qos: 2, packetIdentifier: 55 }));
    await peer.receive('pubrec');
    peer.send(disconnect());
    await peer.closed();
    await published(publisher, 'b/c', 'queued', 1, {
      properties: { contentType: 'text', userProperties: [['k', 'v']] },
    });
    await published(publisher, 'r', 'retained', 1, { retain: true });
    await first.broker.close();

    const second = await openBroker({ store });
    const watcher = await connected(second.broker);
    await subscribed(watcher, ['x', 'r']);
    expect(await texts(watcher, 1)).toEqual(['retained']);
    const back = await connectedWith(second.broker, lasting);
    expect(back.connack.sessionPresent).toBe(true);
    expect(await back.peer.receive('pubrel')).toMatchObject({ packetIdentifier: released.packetIdentifier });
    expect(await back.peer.receive('publish')).toMatchObject({
      packetIdentifier: sent.packetIdentifier,
      dup: true,
      qos: 2,
    });
    const queued = await back.peer.receive('publish');
    expect(queued).toMatchObject({ topicName: 'b/c', qos: 1, dup: false });
    expect(queued.properties).toEqual({
      contentType: 'text',
      userProperties: [['k', 'v']],
      subscriptionIdentifiers: [7],
    });
    back.peer.send(publish('x', 'again', { qos: 2, packetIdentifier: 55, dup: true }));
    await back.peer.receive('pubrec');
    await watcher.expectNothing();
    await published(watcher, 'a', 'live', 1);
    expect(await texts(back.peer, 1)).toEqual(['live']);
  });

  test('ends sessions whose time came meanwhile, and goes on counting for the others (Aedes 839, TBMQ 372)', async () => {
    const store = new MemoryStore();
    const clock = new FakeClock();
    const first = await openBroker({ store, clock });
    for (const [clientIdentifier, sessionExpiryInterval] of [
      ['short', 10],
      ['long', 100],
    ] as const) {
      const peer = await connected(first.broker, {
        clientIdentifier,
        cleanStart: false,
        properties: { sessionExpiryInterval },
      });
      peer.send(disconnect());
      await peer.closed();
    }
    await first.broker.close();
    clock.advance(50_000);
    const second = await openBroker({ store, clock });
    clock.advance(0);
    expect(second.broker.sessions().map(({ clientIdentifier }) => clientIdentifier)).toEqual(['long']);
    clock.advance(50_000);
    expect(second.broker.sessions()).toEqual([]);
  });

  test('a session that a crash left connected does not begin to expire anew with every restart [MQTT-4.1.0-2]', async () => {
    const store = new MemoryStore();
    const clock = new FakeClock();
    const first = await openBroker({ store, clock });
    await connected(first.broker, lasting);
    const second = copy(store);
    await openBroker({ store: second, clock });
    clock.advance(60_000);
    const third = await openBroker({ store: copy(second), clock });
    clock.advance(40_000);
    expect(third.broker.sessions()).toEqual([]);
  });

  test('publishes a Will whose delay ran out meanwhile, and that of a client that never came back', async () => {
    const store = new MemoryStore();
    const clock = new FakeClock();
    const will = (willDelayInterval: number) => ({
      topicName: 'will',
      payload: Buffer.from(`${willDelayInterval}`),
      qos: 1 as const,
      retain: true,
      properties: { willDelayInterval },
    });
    const first = await openBroker({ store, clock });
    const broken = await connected(first.broker, { ...lasting, clientIdentifier: 'broken', will: will(20) });
    broken.destroy();
    await connected(first.broker, { ...lasting, clientIdentifier: 'connected', will: will(40) });
    // The first broker is not closed: it crashed.
    clock.advance(10_000);
    const second = await openBroker({ store: copy(store), clock });
    const watcher = await connected(second.broker);
    await subscribed(watcher, 'will', { qos: 1 });
    clock.advance(9_999);
    await watcher.expectNothing();
    clock.advance(1);
    expect(await texts(watcher, 1)).toEqual(['20']);
    clock.advance(30_000);
    expect(await texts(watcher, 1)).toEqual(['40']);
  });

  test('does not bring back what had expired', async () => {
    const store = new MemoryStore();
    const clock = new FakeClock();
    const first = await openBroker({ store, clock });
    await first.broker.publish({
      topicName: 'a',
      payload: 'x',
      retain: true,
      properties: { messageExpiryInterval: 5 },
    });
    await first.broker.close();
    clock.advance(5000);
    const second = await openBroker({ store, clock });
    expect(second.broker.metrics().retainedMessages).toBe(0);
  });
});

/** What a store would find on its disk now. */
function copy(store: MemoryStore): MemoryStore {
  const copied = new MemoryStore();
  const { sessions, retained } = store.open();
  for (const { session, subscriptions, deliveries } of sessions) {
    copied.putSession(session);
    for (const subscription of subscriptions) copied.putSubscription(session.clientIdentifier, subscription);
    for (const delivery of deliveries) copied.addDelivery(session.clientIdentifier, delivery);
  }
  for (const message of retained) copied.putRetained(message);
  return copied;
}
