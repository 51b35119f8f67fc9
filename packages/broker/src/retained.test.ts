/** Retained messages: stored, replaced, cleared, and sent to whom they should be. */
import { describe, expect, test } from 'vitest';
import {
  acknowledgement,
  connected,
  openBroker,
  publish,
  published,
  subscribe,
  subscribed,
  text,
  texts,
} from './broker-fixture.suite.js';

async function retained(
  broker: Parameters<typeof connected>[0],
  ...messages: readonly (readonly [string, string])[]
) {
  const publisher = await connected(broker);
  for (const [topicName, payload] of messages)
    await published(publisher, topicName, payload, 1, { retain: true });
  return publisher;
}

describe('the store', () => {
  test('keeps the last one of each topic [MQTT-3.3.1-5] [MQTT-3.3.1-6]', async () => {
    const { broker } = await openBroker();
    await retained(broker, ['a', '1'], ['a', '2'], ['b', '3']);
    const late = await connected(broker);
    await subscribed(late, '#');
    expect((await texts(late, 2)).sort()).toEqual(['2', '3']);
    await late.expectNothing();
  });

  test('an empty payload clears, is forwarded, and is never stored [MQTT-3.3.1-6] [MQTT-3.3.1-7] [MQTT-3.3.1-10] [MQTT-3.3.1-11]', async () => {
    const { broker } = await openBroker();
    const live = await connected(broker);
    await subscribed(live, 'a');
    await retained(broker, ['a', '1'], ['a', '']);
    expect(await texts(live, 2)).toEqual(['1', '']);
    const late = await connected(broker);
    await subscribed(late, 'a');
    await late.expectNothing();
    expect(broker.metrics().retainedMessages).toBe(0);
  });

  test('RETAIN 0 leaves it untouched [MQTT-3.3.1-8] [MQTT-3.3.1-12]', async () => {
    const { broker } = await openBroker();
    const publisher = await retained(broker, ['a', '1']);
    await published(publisher, 'a', '2', 1);
    await published(publisher, 'a', '', 1);
    const late = await connected(broker);
    await subscribed(late, 'a');
    expect(await texts(late, 1)).toEqual(['1']);
  });

  test('QoS 0 with RETAIN replaces what was stored [MQTT-3.3.1-7]', async () => {
    const { broker } = await openBroker();
    const publisher = await retained(broker, ['a', '1']);
    publisher.send(publish('a', '2', { retain: true }));
    await publisher.expectNothing();
    const late = await connected(broker);
    await subscribed(late, 'a', { qos: 1 });
    const received = await late.receive('publish');
    expect(received).toMatchObject({ qos: 0, retain: true });
    expect(text(received)).toBe('2');
  });

  test('outlives the session of its publisher [MQTT-3.1.2-7]', async () => {
    const { broker } = await openBroker();
    const publisher = await retained(broker, ['a', '1']);
    publisher.destroy();
    await publisher.closed();
    const late = await connected(broker);
    await subscribed(late, 'a');
    expect(await texts(late, 1)).toEqual(['1']);
  });

  test('beyond its bound: 0x97 for MQTT 5, and the message reaches the live ones of others', async () => {
    const { broker } = await openBroker({ limits: { retained: { maximumMessages: 1 } } });
    const live = await connected(broker);
    await subscribed(live, '#');
    const publisher = await retained(broker, ['a', '1']);
    expect(await published(publisher, 'b', '2', 1, { retain: true })).toBe(0x97);
    const old = await connected(broker, { protocolVersion: 4 });
    expect(await published(old, 'b', '3', 1, { retain: true })).toBe(0);
    expect(await texts(live, 2)).toEqual(['1', '3']);
    expect(broker.metrics().retainedMessages).toBe(1);
    expect(await published(publisher, 'a', '4', 1, { retain: true })).toBe(0);
  });

  test('keeps only the bytes of its messages, not the chunk they came in', async () => {
    const { broker } = await openBroker();
    const publisher = await connected(broker);
    publisher.send(
      publish('big', 'x'.repeat(60_000)),
      publish('a', 'small', { retain: true }),
      publish('b', 'y'.repeat(60_000)),
    );
    await publisher.expectNothing();
    const late = await connected(broker);
    await subscribed(late, '#');
    expect(await texts(late, 1)).toEqual(['small']);
    expect(broker.metrics().retainedBytes).toBeLessThan(1000);
  });
});

describe('RETAIN as the receiver sees it', () => {
  test('1 for a new subscription, 0 for one that was there [MQTT-3.3.1-8] [MQTT-3.3.1-9] [MQTT-3.3.1-12]', async () => {
    const { broker } = await openBroker();
    const live = await connected(broker);
    await subscribed(live, 'a');
    await retained(broker, ['a', '1']);
    expect((await live.receive('publish')).retain).toBe(false);
    const late = await connected(broker);
    await subscribed(late, 'a');
    expect((await late.receive('publish')).retain).toBe(true);
  });

  test('Retain As Published keeps the value it was published with [MQTT-3.3.1-13]', async () => {
    const { broker } = await openBroker();
    const live = await connected(broker);
    await subscribed(live, 'a', { retainAsPublished: true });
    const publisher = await retained(broker, ['a', '1']);
    await published(publisher, 'a', '2', 1);
    expect((await live.receive('publish')).retain).toBe(true);
    expect((await live.receive('publish')).retain).toBe(false);
  });
});

describe('Retain Handling', () => {
  test('0 sends at every subscribe [MQTT-3.3.1-9] [MQTT-3.8.4-4] [MQTT-3.8.4-3]', async () => {
    const { broker } = await openBroker();
    await retained(broker, ['a', '1']);
    const peer = await connected(broker);
    for (let round = 0; round < 2; round++) {
      await subscribed(peer, 'a', { retainHandling: 0 });
      expect(await texts(peer, 1)).toEqual(['1']);
    }
  });

  test('1 sends only to a new subscription [MQTT-3.3.1-10]', async () => {
    const { broker } = await openBroker();
    await retained(broker, ['a', '1']);
    const peer = await connected(broker);
    await subscribed(peer, 'a', { retainHandling: 1 });
    expect(await texts(peer, 1)).toEqual(['1']);
    await subscribed(peer, 'a', { retainHandling: 1 });
    await peer.expectNothing();
  });

  test('2 never sends [MQTT-3.3.1-11]', async () => {
    const { broker } = await openBroker();
    await retained(broker, ['a', '1']);
    const peer = await connected(broker);
    await subscribed(peer, 'a', { retainHandling: 2 });
    await peer.expectNothing();
  });

  test('a shared subscription gets nothing retained', async () => {
    const { broker } = await openBroker();
    await retained(broker, ['a', '1']);
    const peer = await connected(broker);
    await subscribed(peer, '$share/g/a');
    await peer.expectNothing();
  });

  test('a subscription that was refused gets nothing retained', async () => {
    const { broker } = await openBroker({
      hooks: { authorizeSubscribe: (_, { topicFilter }) => topicFilter !== 'a' },
    });
    await retained(broker, ['a', '1'], ['b', '2']);
    const peer = await connected(broker);
    expect((await subscribed(peer, ['a', 'b'])).reasonCodes).toEqual([0x87, 0]);
    expect(await texts(peer, 1)).toEqual(['2']);
    await peer.expectNothing();
  });

  test('No Local keeps retained messages of its own away', async () => {
    const { broker } = await openBroker();
    const peer = await retained(broker, ['a', '1']);
    await retained(broker, ['b', '2']);
    await subscribed(peer, '#', { noLocal: true });
    expect(await texts(peer, 1)).toEqual(['2']);
    await peer.expectNothing();
  });
});

describe('replay', () => {
  test('# and +/x never match topics that begin with $ [MQTT-4.7.2-1]', async () => {
    const { broker } = await openBroker();
    await broker.publish({ topicName: '$SYS/x', payload: 'hidden', retain: true });
    await retained(broker, ['a/x', 'seen']);
    const peer = await connected(broker);
    await subscribed(peer, ['#', '+/x']);
    expect(await texts(peer, 2)).toEqual(['seen', 'seen']);
    await peer.expectNothing();
    await subscribed(peer, '$SYS/#');
    expect(await texts(peer, 1)).toEqual(['hidden']);
  });

  test('QoS is the lower of published and granted, and the identifier of the subscription is with it', async () => {
    const { broker } = await openBroker();
    const publisher = await connected(broker);
    await published(publisher, 'a', '1', 2, { retain: true });
    const peer = await connected(broker);
    await subscribed(peer, 'a', { qos: 1, subscriptionIdentifier: 268_435_455 });
    expect(await peer.receive('publish')).toMatchObject({
      qos: 1,
      properties: { subscriptionIdentifiers: [268_435_455] },
    });
  });

  test('of many at QoS 1 keeps to the Receive Maximum and loses none', async () => {
    const { broker } = await openBroker({ limits: { sessionQueue: { maximumMessages: 5 } } });
    const publisher = await connected(broker);
    const count = 500;
    for (let index = 0; index < count; index++) {
      publisher.send(
        publish(`t/${index}`, `${index}`, { retain: true, qos: 1, packetIdentifier: index + 1 }),
      );
      await publisher.receive('puback');
    }
    const peer = await connected(broker, { properties: { receiveMaximum: 10 } });
    peer.send(subscribe('t/#', { qos: 1 }));
    await peer.receive('suback');
    const seen = new Set<string>();
    while (seen.size < count) {
      expect(peer.unread.length).toBeLessThanOrEqual(10);
      const packet = await peer.receive('publish');
      seen.add(text(packet));
      peer.send(acknowledgement('puback', packet.packetIdentifier));
    }
    await peer.expectNothing();
  });

  test('goes on after a lost connection where the session does [MQTT-3.3.1-9] [MQTT-4.4.0-1]', async () => {
    const { broker } = await openBroker();
    await retained(broker, ['a', '1'], ['b', '2']);
    const lasting = {
      clientIdentifier: 'c',
      cleanStart: false,
      properties: { receiveMaximum: 1, sessionExpiryInterval: 100 },
    } as const;
    const late = await connected(broker, lasting);
    await subscribed(late, '#', { qos: 1 });
    const [first] = await texts(late, 1);
    late.destroy();
    const back = await connected(broker, lasting);
    const repeated = await back.receive('publish');
    expect([text(repeated), repeated.dup]).toEqual([first, true]);
    back.send(acknowledgement('puback', repeated.packetIdentifier));
    expect(['1', '2']).toContain(text(await back.receive('publish')));
  });

  test('never follows a newer message of its topic, and repeats none that came live [MQTT-3.3.1-5]', async () => {
    const { broker } = await openBroker();
    const publisher = await retained(broker, ['a', '1'], ['b', '1'], ['c', '1'], ['d', '1']);
    const late = await connected(broker, { properties: { receiveMaximum: 2 } });
    await subscribed(late, '#', { qos: 1 });
    const first = [await late.receive('publish'), await late.receive('publish')];
    // At QoS 0 they are there at once, while the old ones wait for a place in the window.
    for (const topicName of ['a', 'b', 'c', 'd'])
      await published(publisher, topicName, '2', 0, { retain: true });
    expect(await texts(late, 4)).toEqual(['2', '2', '2', '2']);
    for (const { packetIdentifier } of first) late.send(acknowledgement('puback', packetIdentifier));
    await late.expectNothing();
  });

  test('ends when the subscription does', async () => {
    const { broker } = await openBroker();
    await retained(broker, ['t/1', 'a'], ['t/2', 'b'], ['t/3', 'c']);
    const peer = await connected(broker, { properties: { receiveMaximum: 1 } });
    await subscribed(peer, 't/#', { qos: 1 });
    const { packetIdentifier } = await peer.receive('publish');
    peer.send({ type: 'unsubscribe', packetIdentifier: 9, topicFilters: ['t/#'], properties: {} });
    await peer.receive('unsuback');
    peer.send(acknowledgement('puback', packetIdentifier));
    await peer.expectNothing();
  });
});
