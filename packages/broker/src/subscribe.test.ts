/** SUBSCRIBE and UNSUBSCRIBE: what is granted, what is answered, and what a subscription then gets. */
import { describe, expect, test } from 'vitest';
import {
  acknowledgement,
  connected,
  openBroker,
  publish,
  published,
  subscribe,
  subscribed,
  texts,
} from './broker-fixture.suite.js';

const unsubscribe = (...topicFilters: string[]) =>
  ({ type: 'unsubscribe', packetIdentifier: 99, topicFilters, properties: {} }) as const;

describe('SUBSCRIBE', () => {
  test('is answered SUBACK with its Packet Identifier and one code per filter, in order [MQTT-3.8.4-1] [MQTT-3.8.4-2] [MQTT-3.8.4-5] [MQTT-3.8.4-6] [MQTT-3.9.3-1] [MQTT-2.2.1-6]', async () => {
    const { broker } = await openBroker();
    const peer = await connected(broker);
    peer.send(rawSubscribe(5, ['a', 0], ['b/#/c', 1], ['c', 2]));
    expect(await peer.receive('suback')).toMatchObject({ packetIdentifier: 1, reasonCodes: [0, 0x8f, 2] }); // [MQTT-3.8.4-7]
    expect(broker.sessions()[0]?.topicFilters).toEqual(['a', 'c']);
  });

  test('on 3.1.1 a refused filter is 0x80 [MQTT-3.9.3-2] [MQTT-3.8.4-5] [MQTT-2.3.1-7]', async () => {
    const { broker } = await openBroker();
    const peer = await connected(broker, { protocolVersion: 4 });
    peer.send(rawSubscribe(4, ['a+', 2], ['b', 2], ['#/c', 2], ['$share/g', 2]));
    expect((await peer.receive('suback')).reasonCodes).toEqual([0x80, 2, 0x80, 0x80]);
  });

  test.each([
    '',
    'a#',
    '#/a',
    'a+/b',
    '$share',
    '$share/',
    '$share//a',
    '$share/g',
    '$share/g/',
    '$share/+/a',
    '$share/#/a',
  ])(
    'filter %j: 0x8F, and the connection goes on (CVE-2026-95843) [MQTT-4.7.1-1] [MQTT-4.8.2-1] [MQTT-4.8.2-2]',
    async (topicFilter) => {
      const { broker } = await openBroker();
      const peer = await connected(broker);
      peer.send(rawSubscribe(5, [topicFilter, 0]));
      const answer = await peer.receive();
      if (answer.type === 'suback') expect(answer.reasonCodes).toEqual([0x8f]);
      else expect(answer).toMatchObject({ type: 'disconnect' });
      expect(broker.metrics().subscriptions).toBe(0);
    },
  );

  const malformed: readonly (readonly [string, number[], number])[] = [
    ['no filter [MQTT-3.8.3-2]', [0x82, 3, 0, 1, 0], 0x82],
    ['wrong flags [MQTT-3.8.1-1]', [0x80, 7, 0, 1, 0, 0, 1, 97, 0], 0x81],
    ['reserved option bits [MQTT-3.8.3-5]', [0x82, 7, 0, 1, 0, 0, 1, 97, 0x40], 0x81],
    ['QoS 3', [0x82, 7, 0, 1, 0, 0, 1, 97, 3], 0x82],
    ['Retain Handling 3', [0x82, 7, 0, 1, 0, 0, 1, 97, 0x30], 0x82],
    ['Packet Identifier 0 [MQTT-2.2.1-3]', [0x82, 7, 0, 0, 0, 0, 1, 97, 0], 0x81],
    ['Subscription Identifier 0', [0x82, 9, 0, 1, 2, 0x0b, 0, 0, 1, 97, 0], 0x82],
    ['UNSUBSCRIBE with wrong flags [MQTT-3.10.1-1]', [0xa0, 6, 0, 1, 0, 0, 1, 97], 0x81],
  ];
  test.each(malformed)('%s: DISCONNECT', async (_, bytes, code) => {
    const { broker } = await openBroker();
    const peer = await connected(broker);
    peer.send(bytes);
    const packet = await peer.receive('disconnect');
    expect([code, 0x81, 0x82]).toContain(packet.reasonCode);
    await peer.closed();
  });

  test('No Local on a shared subscription: protocol error [MQTT-3.8.3-4]', async () => {
    const { broker } = await openBroker();
    const peer = await connected(broker);
    peer.send([0x82, 17, 0, 1, 0, 0, 11, ...Buffer.from('$share/g/ab'), 4]);
    expect((await peer.receive('disconnect')).reasonCode).toBe(0x82);
  });

  test.each([
    ['wildcards', { wildcardSubscriptionAvailable: false }, 'a/+', 0xa2, {}],
    ['shared subscriptions', { sharedSubscriptionAvailable: false }, '$share/g/a', 0x9e, {}],
    [
      'subscription identifiers',
      { subscriptionIdentifiersAvailable: false },
      'a',
      0xa1,
      { subscriptionIdentifier: 1 },
    ],
    ['so many levels', { maximumTopicLevels: 2 }, 'a/b/c', 0x8f, {}],
    ['so many subscriptions', { maximumSubscriptionsPerSession: 1 }, ['x', 'y'], 0x97, {}],
  ] as const)('%s are not available: refused [MQTT-3.8.3-2]', async (_, limits, filters, code, options) => {
    const { broker } = await openBroker({ limits });
    const peer = await connected(broker);
    const { reasonCodes } = await subscribed(peer, filters, options);
    expect(reasonCodes.at(-1)).toBe(code);
  });

  test('with a limited Maximum QoS is still accepted at any QoS [MQTT-3.2.2-10]', async () => {
    const { broker } = await openBroker({ limits: { maximumQoS: 1 } });
    const peer = await connected(broker);
    expect((await subscribed(peer, 'a', { qos: 2 })).reasonCodes).toEqual([1]);
  });

  test('for the same filter replaces the subscription and loses nothing [MQTT-3.8.4-3] [MQTT-3.8.4-4]', async () => {
    const { broker } = await openBroker();
    const peer = await connected(broker);
    await subscribed(peer, 'a', { qos: 0 });
    await subscribed(peer, 'a', { qos: 1 });
    const publisher = await connected(broker);
    await published(publisher, 'a', 'x', 1);
    expect((await peer.receive('publish')).qos).toBe(1);
    await peer.expectNothing();
    expect(broker.metrics().subscriptions).toBe(1);
  });
});

describe('matching', () => {
  test.each([
    ['#', ['a', 'a/b', '/', '/a'], ['$SYS/a', '$x']],
    ['+', ['a'], ['a/b', '/a', '$x']],
    ['+/+', ['a/b', '/a', '/'], ['a', '$x/b']],
    ['/+', ['/a', '/'], ['a', 'a/b']],
    ['a/#', ['a', 'a/b', 'a/b/c', 'a/'], ['ab', 'A/b']],
    ['a/+/c', ['a/b/c', 'a//c'], ['a/c', 'a/b/b/c']],
    ['$x/#', ['$x', '$x/y'], ['x', '$X']],
  ] as const)('%s [MQTT-3.3.2-3] [MQTT-4.7.2-1]', async (topicFilter, matching, others) => {
    const { broker } = await openBroker();
    const peer = await connected(broker);
    await subscribed(peer, topicFilter);
    for (const topicName of [...matching, ...others]) await broker.publish({ topicName, payload: topicName });
    expect(await texts(peer, matching.length)).toEqual(matching);
    await peer.expectNothing();
  });
});

describe('subscription options', () => {
  test('No Local: never back to the client that published [MQTT-3.8.3-3]', async () => {
    const { broker } = await openBroker();
    const peer = await connected(broker);
    const other = await connected(broker);
    for (const client of [peer, other]) await subscribed(client, 'a', { noLocal: true });
    await published(peer, 'a', 'x', 1);
    await peer.expectNothing();
    expect(await texts(other, 1)).toEqual(['x']);
  });

  test('No Local on one of two overlapping subscriptions: the other one still delivers, on its terms', async () => {
    const { broker } = await openBroker();
    const peer = await connected(broker);
    await subscribed(peer, 'a', { noLocal: true, qos: 1, subscriptionIdentifier: 1 });
    await subscribed(peer, '#', { qos: 0, subscriptionIdentifier: 2 });
    peer.send(publish('a', 'x', { qos: 1 }));
    expect(await peer.receive('publish')).toMatchObject({
      qos: 0,
      properties: { subscriptionIdentifiers: [2] },
    });
    await peer.receive('puback');
    await published(await connected(broker), 'a', 'y', 1);
    const { properties } = await peer.receive('publish');
    expect(properties.subscriptionIdentifiers?.toSorted()).toEqual([1, 2]);
  });
});

describe('Subscription Identifiers', () => {
  test('all of that client and only those [MQTT-3.3.4-3] [MQTT-3.3.4-4] [MQTT-3.3.4-5] (Aedes 1090)', async () => {
    const { broker } = await openBroker();
    const peer = await connected(broker);
    const other = await connected(broker);
    await subscribed(peer, 'a', { subscriptionIdentifier: 1 });
    await subscribed(peer, '#', { subscriptionIdentifier: 200 });
    await subscribed(peer, '+', {});
    await subscribed(other, 'a', { subscriptionIdentifier: 3 });
    await published(await connected(broker), 'a', 'x', 1);
    const { properties } = await peer.receive('publish');
    expect(properties.subscriptionIdentifiers?.toSorted()).toEqual([1, 200]);
    expect((await other.receive('publish')).properties.subscriptionIdentifiers).toEqual([3]);
  });

  test('replaced with the subscription', async () => {
    const { broker } = await openBroker();
    const peer = await connected(broker);
    await subscribed(peer, 'a', { subscriptionIdentifier: 1 });
    await subscribed(peer, 'a', {});
    await published(await connected(broker), 'a', 'x', 1);
    expect((await peer.receive('publish')).properties).toEqual({});
  });
});

describe('UNSUBSCRIBE', () => {
  test('deletes what is equal character by character, and answers each filter in order [MQTT-3.10.4-1] [MQTT-3.10.4-6] [MQTT-3.11.3-1] [MQTT-3.11.3-2]', async () => {
    const { broker } = await openBroker();
    const peer = await connected(broker);
    await subscribed(peer, ['a', 'b/#']);
    peer.send(unsubscribe('A', 'b/#', 'b/+', 'a'));
    const { packetIdentifier, reasonCodes } = await peer.receive('unsuback'); // [MQTT-3.10.4-4]
    expect(packetIdentifier).toBe(99);
    expect(reasonCodes).toEqual([0x11, 0, 0x11, 0]);
    await published(await connected(broker), 'b/c', 'x', 1);
    await peer.expectNothing(); // [MQTT-3.10.4-2]
    expect(broker.metrics().subscriptions).toBe(0);
  });

  test('is answered even where nothing was deleted, on 3.1.1 too [MQTT-3.10.4-5]', async () => {
    const { broker } = await openBroker();
    const peer = await connected(broker, { protocolVersion: 4 });
    peer.send(unsubscribe('nothing'));
    expect(await peer.receive('unsuback')).toMatchObject({ packetIdentifier: 99, reasonCodes: [] });
  });

  test('deliveries that have begun are finished [MQTT-3.10.4-3]', async () => {
    const { broker } = await openBroker();
    const peer = await connected(broker);
    await subscribed(peer, 'a', { qos: 2 });
    await published(await connected(broker), 'a', 'x', 2);
    const { packetIdentifier } = await peer.receive('publish');
    peer.send(unsubscribe('a'));
    await peer.receive('unsuback');
    peer.send(acknowledgement('pubrec', packetIdentifier));
    await peer.receive('pubrel');
    peer.send(acknowledgement('pubcomp', packetIdentifier));
    await peer.expectNothing();
  });

  test('of a shared subscription names the whole filter (Mosquitto 2.0.19)', async () => {
    const { broker } = await openBroker();
    const peer = await connected(broker);
    await subscribed(peer, ['$share/g/a', '$share/h/a']);
    peer.send(unsubscribe('a', '$share/x/a', '$share/g/a'));
    expect((await peer.receive('unsuback')).reasonCodes).toEqual([0x11, 0x11, 0]);
    await published(await connected(broker), 'a', 'x', 1);
    expect(await texts(peer, 1)).toEqual(['x']);
    await peer.expectNothing();
  });
});

/** A SUBSCRIBE as bytes, for filters that the codec refuses to write. */
function rawSubscribe(
  version: 4 | 5,
  ...filters: readonly (readonly [topicFilter: string, options: number])[]
): number[] {
  const payload = filters.flatMap(([topicFilter, options]) => [
    0,
    topicFilter.length,
    ...Buffer.from(topicFilter),
    options,
  ]);
  const body = [0, 1, ...(version === 5 ? [0] : []), ...payload];
  return [0x82, body.length, ...body];
}

test('SUBSCRIBE and PUBLISH in one chunk: the subscription holds for the message', async () => {
  const { broker } = await openBroker();
  const peer = await connected(broker);
  peer.send(subscribe('a'), publish('a', 'x'));
  await peer.receive('suback');
  expect(await texts(peer, 1)).toEqual(['x']);
});
