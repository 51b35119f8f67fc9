/** PUBLISH from clients: what is taken, what is answered, and what reaches the others. */
import type { PublishPacket } from '@petrel/protocol';
import { describe, expect, test } from 'vitest';
import {
  acknowledgement,
  connected,
  openBroker,
  publish,
  published,
  subscribed,
  text,
  texts,
} from './broker-fixture.suite.js';

const versions = [3, 4, 5] as const;

describe.each(versions)('a publisher of version %i', (publisherVersion) => {
  test.each(versions)('reaches a subscriber of version %i at every QoS', async (subscriberVersion) => {
    const { broker } = await openBroker();
    const subscriber = await connected(broker, { protocolVersion: subscriberVersion });
    await subscribed(subscriber, 'a/+', { qos: 2 });
    const publisher = await connected(broker, { protocolVersion: publisherVersion });
    for (const qos of [0, 1, 2] as const) {
      await published(publisher, 'a/b', `at ${qos}`, qos, { packetIdentifier: qos * 1000 });
      const received = await subscriber.receive('publish');
      expect(received).toMatchObject({ topicName: 'a/b', qos, dup: false, retain: false, properties: {} });
      expect(text(received)).toBe(`at ${qos}`);
      if (qos === 1) subscriber.send(acknowledgement('puback', received.packetIdentifier));
      if (qos === 2) {
        subscriber.send(acknowledgement('pubrec', received.packetIdentifier));
        await subscriber.receive('pubrel');
        subscriber.send(acknowledgement('pubcomp', received.packetIdentifier));
      }
    }
    await subscriber.expectNothing();
  });
});

describe('delivery QoS', () => {
  test.each([
    [0, 2],
    [1, 0],
    [1, 2],
    [2, 0],
    [2, 1],
    [2, 2],
  ] as const)(
    'published at %i, granted %i: the lower one [MQTT-3.8.4-8] [MQTT-3.8.4-6]',
    async (qos, granted) => {
      const { broker } = await openBroker();
      const subscriber = await connected(broker);
      await subscribed(subscriber, 'a', { qos: granted });
      const publisher = await connected(broker);
      await published(publisher, 'a', 'x', qos);
      expect((await subscriber.receive('publish')).qos).toBe(Math.min(qos, granted));
    },
  );

  test('overlapping subscriptions: one copy at the highest QoS that matches [MQTT-3.3.4-2] [MQTT-3.3.5-1]', async () => {
    const { broker } = await openBroker();
    const subscriber = await connected(broker);
    await subscribed(subscriber, 'a/#', { qos: 0 });
    await subscribed(subscriber, 'a/b', { qos: 1 });
    await subscribed(subscriber, '+/b', { qos: 0 });
    const publisher = await connected(broker);
    await published(publisher, 'a/b', 'x', 2);
    expect((await subscriber.receive('publish')).qos).toBe(1);
    await subscriber.expectNothing();
  });
});

test('DUP of the publisher is not passed on [MQTT-3.3.1-3]', async () => {
  const { broker } = await openBroker();
  const subscriber = await connected(broker);
  await subscribed(subscriber, 'a', { qos: 2 });
  const publisher = await connected(broker);
  for (const qos of [1, 2] as const) {
    await published(publisher, 'a', 'x', qos, { dup: true });
    expect((await subscriber.receive('publish')).dup).toBe(false);
  }
});

describe('QoS 1 from a client', () => {
  test('is answered PUBACK with its Packet Identifier [MQTT-4.3.2-4]', async () => {
    const { broker } = await openBroker();
    const peer = await connected(broker);
    await subscribed(peer, 'a');
    peer.send(publish('a', 'x', { qos: 1, packetIdentifier: 4711 }));
    expect(await texts(peer, 1)).toEqual(['x']);
    expect(await peer.receive('puback')).toMatchObject({ packetIdentifier: 4711, reasonCode: 0 });
  });

  test('the same identifier again is a new message once it was acknowledged [MQTT-4.3.2-5]', async () => {
    const { broker } = await openBroker();
    const subscriber = await connected(broker);
    await subscribed(subscriber, 'a');
    const publisher = await connected(broker);
    await published(publisher, 'a', 'one', 1);
    await published(publisher, 'a', 'two', 1, { dup: true });
    expect(await texts(subscriber, 2)).toEqual(['one', 'two']);
  });

  test.each([1, 2] as const)('nobody subscribes: 0x10 at QoS %i, success on 3.1.1', async (qos) => {
    const { broker } = await openBroker();
    expect(await published(await connected(broker), 'a', 'x', qos)).toBe(0x10);
    expect(await published(await connected(broker, { protocolVersion: 4 }), 'a', 'x', qos)).toBe(0);
  });

  test('only No Local subscriptions of its own match: 0x10', async () => {
    const { broker } = await openBroker();
    const peer = await connected(broker);
    await subscribed(peer, 'a', { noLocal: true });
    expect(await published(peer, 'a', 'x', 1)).toBe(0x10);
  });
});

describe('QoS 2 from a client', () => {
  test('a repeated PUBLISH before PUBREL is answered again and not delivered again [MQTT-4.3.3-10]', async () => {
    const { broker } = await openBroker();
    const subscriber = await connected(broker);
    await subscribed(subscriber, 'a');
    const publisher = await connected(broker);
    publisher.send(publish('a', 'x', { qos: 2 }), publish('a', 'x', { qos: 2, dup: true }));
    await publisher.receive('pubrec');
    await publisher.receive('pubrec');
    expect(await texts(subscriber, 1)).toEqual(['x']);
    await subscriber.expectNothing();
  });

  test('the identifier is free after PUBREL [MQTT-4.3.3-12]', async () => {
    const { broker } = await openBroker();
    const subscriber = await connected(broker);
    await subscribed(subscriber, 'a');
    const publisher = await connected(broker);
    await published(publisher, 'a', 'one', 2);
    await published(publisher, 'a', 'two', 2);
    expect(await texts(subscriber, 2)).toEqual(['one', 'two']);
  });

  test('is finished although the message has expired meanwhile [MQTT-4.3.3-13]', async () => {
    const { broker, clock } = await openBroker();
    const peer = await connected(broker);
    peer.send(publish('a', 'x', { qos: 2, properties: { messageExpiryInterval: 1 } }));
    await peer.receive('pubrec');
    clock.advance(60_000);
    peer.send(acknowledgement('pubrel', 1));
    expect(await peer.receive('pubcomp')).toMatchObject({ packetIdentifier: 1, reasonCode: 0 }); // [MQTT-2.3.1-6]
  });

  test('PUBREL for an unknown identifier: PUBCOMP 0x92 [MQTT-4.3.3-11]', async () => {
    const { broker } = await openBroker();
    const peer = await connected(broker);
    peer.send(acknowledgement('pubrel', 9));
    expect(await peer.receive('pubcomp')).toMatchObject({ packetIdentifier: 9, reasonCode: 0x92 });
  });

  test('PUBREL with wrong flags: malformed, closed [MQTT-3.6.1-1]', async () => {
    const { broker } = await openBroker();
    const peer = await connected(broker);
    peer.send([0x60, 2, 0, 1]);
    expect((await peer.receive('disconnect')).reasonCode).toBe(0x81);
    await peer.closed();
  });
});

describe('Receive Maximum of the broker', () => {
  test('one more than allowed: DISCONNECT 0x93, and no acknowledgement for it [MQTT-3.3.4-7] (Mosquitto 3588, EMQX 6447)', async () => {
    const { broker } = await openBroker({ limits: { receiveMaximum: 2 } });
    const peer = await connected(broker);
    for (const packetIdentifier of [1, 2, 3]) peer.send(publish('a', '', { qos: 2, packetIdentifier }));
    await peer.receive('pubrec');
    await peer.receive('pubrec');
    expect((await peer.receive('disconnect')).reasonCode).toBe(0x93);
    await peer.closed();
  });

  test('QoS 1 and 2 share one quota, and PUBREL frees it', async () => {
    const { broker } = await openBroker({ limits: { receiveMaximum: 1 } });
    const peer = await connected(broker);
    for (let round = 0; round < 3; round++) {
      await published(peer, 'a', '', 2);
      await published(peer, 'a', '', 1);
    }
    peer.send(publish('a', '', { qos: 2, packetIdentifier: 1 }));
    await peer.receive('pubrec');
    peer.send(publish('a', '', { qos: 1, packetIdentifier: 2 }));
    expect((await peer.receive('disconnect')).reasonCode).toBe(0x93);
  });
});

describe('a PUBLISH that must not be', () => {
  const plain = (...body: number[]): number[] => [body.length, ...body];
  const wrong: readonly (readonly [string, number[], number])[] = [
    ['QoS 3 [MQTT-3.3.1-4]', [0x36, ...plain(0, 1, 97, 0, 1, 0)], 0x81],
    ['DUP at QoS 0 [MQTT-3.3.1-2]', [0x38, ...plain(0, 1, 97, 0)], 0x81],
    ['Packet Identifier 0 [MQTT-2.2.1-3]', [0x32, ...plain(0, 1, 97, 0, 0, 0)], 0x81],
    ['a wildcard in the Topic Name [MQTT-3.3.2-2]', [0x30, ...plain(0, 1, 0x23, 0)], 0x90],
    ['no Topic Name and no alias [MQTT-4.7.3-1]', [0x30, ...plain(0, 0, 0)], 0x82],
    ['ill-formed UTF-8 in the Topic Name [MQTT-1.5.4-1]', [0x30, ...plain(0, 2, 0xc0, 0x80, 0)], 0x81],
    ['U+0000 in the Topic Name [MQTT-1.5.4-2]', [0x30, ...plain(0, 1, 0, 0)], 0x81],
    ['a Topic Name that passes the end', [0x30, ...plain(0, 9, 97, 0)], 0x81],
    ['properties that pass the end', [0x30, ...plain(0, 1, 97, 5, 1)], 0x81],
    ['a Subscription Identifier from a client [MQTT-3.3.4-6]', [0x30, ...plain(0, 1, 97, 2, 0x0b, 1)], 0x82],
    [
      'a wildcard in the Response Topic [MQTT-3.3.2-14]',
      [0x30, ...plain(0, 1, 97, 4, 0x08, 0, 1, 0x2b)],
      0x82,
    ],
    ['Payload Format Indicator 2', [0x30, ...plain(0, 1, 97, 2, 0x01, 2)], 0x82],
  ];
  test.each(wrong)('%s: DISCONNECT, and nobody gets it', async (_, bytes, code) => {
    const { broker } = await openBroker();
    const subscriber = await connected(broker);
    await subscribed(subscriber, '#');
    const peer = await connected(broker);
    peer.send(bytes);
    expect((await peer.receive('disconnect')).reasonCode).toBe(code);
    await peer.closed();
    await subscriber.expectNothing();
  });

  test('QoS above the Maximum QoS: DISCONNECT 0x9B [MQTT-3.2.2-11]', async () => {
    const { broker } = await openBroker({ limits: { maximumQoS: 1 } });
    const peer = await connected(broker);
    peer.send(publish('a', '', { qos: 2 }));
    expect((await peer.receive('disconnect')).reasonCode).toBe(0x9b);
  });

  test('RETAIN where it is not available: DISCONNECT 0x9A [MQTT-3.2.2-14]', async () => {
    const { broker } = await openBroker({ limits: { retainAvailable: false } });
    const peer = await connected(broker);
    peer.send(publish('a', '', { retain: true }));
    expect((await peer.receive('disconnect')).reasonCode).toBe(0x9a);
  });

  test('a packet above the Maximum Packet Size: DISCONNECT 0x95, the fixed header counts [MQTT-3.2.2-15]', async () => {
    const { broker } = await openBroker({ limits: { maximumPacketSizeBytes: 256 } });
    const peer = await connected(broker);
    const fitting = 256 - 3 - 4;
    expect(await published(peer, 'a', 'x'.repeat(fitting - 2), 1)).toBe(0x10);
    peer.send(publish('a', 'x'.repeat(fitting + 1)));
    expect((await peer.receive('disconnect')).reasonCode).toBe(0x95);
  });

  test('more topic levels than allowed: DISCONNECT 0x90', async () => {
    const { broker } = await openBroker({ limits: { maximumTopicLevels: 3 } });
    const peer = await connected(broker);
    expect(await published(peer, 'a/b/c', '', 1)).toBe(0x10);
    peer.send(publish('a/b/c/d'));
    expect((await peer.receive('disconnect')).reasonCode).toBe(0x90);
  });
});

describe('what a message carries', () => {
  const properties: PublishPacket['properties'] = {
    payloadFormatIndicator: 1, // [MQTT-3.3.2-4]
    contentType: 'text/plain', // [MQTT-3.3.2-20]
    responseTopic: 'reply/here', // [MQTT-3.3.2-15]
    correlationData: Uint8Array.of(1, 2, 3), // [MQTT-3.3.2-16]
    userProperties: [
      ['b', '2'],
      ['a', '1'],
      ['b', '2'],
    ],
  };

  test('reaches every receiver unchanged and in order [MQTT-3.3.2-17] [MQTT-3.3.2-18]', async () => {
    const { broker } = await openBroker();
    const plain = await connected(broker);
    const identified = await connected(broker);
    await subscribed(plain, 'a');
    await subscribed(identified, 'a', { subscriptionIdentifier: 7, qos: 1 });
    const old = await connected(broker, { protocolVersion: 4 });
    await subscribed(old, 'a');
    const publisher = await connected(broker);
    await published(publisher, 'a', 'x', 1, { properties });
    const received = await plain.receive('publish');
    expect({ ...received.properties, correlationData: [1, 2, 3] }).toEqual({
      ...properties,
      correlationData: [1, 2, 3],
    });
    const second = await identified.receive('publish');
    expect(second.properties).toMatchObject({ contentType: 'text/plain', subscriptionIdentifiers: [7] });
    expect(second.properties.userProperties).toEqual(properties.userProperties);
    expect((await old.receive('publish')).properties).toEqual({});
  });

  test('topics are compared as they are, without normalising [MQTT-4.7.3-4]', async () => {
    const { broker } = await openBroker();
    const subscriber = await connected(broker);
    const composed = '\u00e9';
    await subscribed(subscriber, [composed, '/A/b', 'x//y']);
    const publisher = await connected(broker);
    for (const topicName of ['e\u0301', composed, '/a/b', 'A/b', '/A/b/', '/A/b', 'x/y', 'x//y']) {
      await published(publisher, topicName, topicName, 1);
    }
    expect(await texts(subscriber, 3)).toEqual([composed, '/A/b', 'x//y']);
    await subscriber.expectNothing();
  });

  test('U+FEFF in a topic stays what it is [MQTT-1.5.4-3]', async () => {
    const { broker } = await openBroker();
    const subscriber = await connected(broker);
    await subscribed(subscriber, '\ufeffa');
    const publisher = await connected(broker);
    await published(publisher, '\ufeffa', 'x', 1);
    expect((await subscriber.receive('publish')).topicName).toBe('\ufeffa');
  });

  test('each QoS of each topic arrives in the order it was published [MQTT-4.6.0-5] [MQTT-4.6.0-6]', async () => {
    const { broker } = await openBroker();
    const subscriber = await connected(broker, { properties: { receiveMaximum: 4 } });
    await subscribed(subscriber, 'a', { qos: 1 });
    const publisher = await connected(broker);
    const all = Array.from({ length: 50 }, (_, index) => `${index}`);
    publisher.send(
      ...all.map((payload, index) => publish('a', payload, { qos: 1, packetIdentifier: index + 1 })),
    );
    const received: string[] = [];
    for (let count = 0; count < all.length; count++) {
      const packet = await subscriber.receive('publish');
      received.push(text(packet));
      subscriber.send(acknowledgement('puback', packet.packetIdentifier));
    }
    expect(received).toEqual(all);
  });

  test.each([0, 1, 127, 128, 2047, 2049, 16_384, 70_000, 300_000])(
    'a payload of %i bytes arrives whole',
    async (size) => {
      const { broker } = await openBroker();
      const subscriber = await connected(broker);
      const identified = await connected(broker);
      await subscribed(subscriber, 'a', { qos: 1 });
      await subscribed(identified, 'a', { subscriptionIdentifier: 300 });
      const publisher = await connected(broker);
      const payload = Buffer.alloc(size, 'abc');
      publisher.send(publish('a', payload, { qos: 1 }));
      for (const peer of [subscriber, identified]) {
        expect(Buffer.compare((await peer.receive('publish')).payload, payload)).toBe(0);
      }
    },
  );
});
