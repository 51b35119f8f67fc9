/** Retained messages as a weapon. */
import { describe, expect, test } from 'vitest';
import { connected, publish, published, subscribed } from '../broker-fixture.suite.js';
import { openAttackedBroker } from './attacked-broker.suite.js';

describe('26 unbounded retained bytes; # over millions of retained messages (FlashMQ 169, Mosquitto 3237)', () => {
  test('a new topic above the number of messages is refused, a known one is replaced', async () => {
    const { broker, assertServes } = await openAttackedBroker({
      limits: { retained: { maximumMessages: 3 } },
    });
    const peer = await connected(broker);
    const codes: number[] = [];
    for (const topicName of ['a', 'b', 'c', 'd', 'b']) {
      codes.push(await published(peer, topicName, 'kept', 1, { retain: true }));
    }
    expect(codes.map((code) => code < 0x80)).toEqual([true, true, true, false, true]);
    expect(codes[3]).toBe(0x97);
    expect(broker.metrics().retainedMessages).toBe(3);
    await published(peer, 'a', '', 1, { retain: true });
    expect(await published(peer, 'd', 'kept', 1, { retain: true })).toBeLessThan(0x80);
    await assertServes();
  });

  test('QoS 0 and MQTT 3.1.1, which cannot be told, go to who is there and are not kept', async () => {
    const { broker, assertServes } = await openAttackedBroker({
      limits: { retained: { maximumMessages: 0 } },
    });
    const subscriber = await connected(broker);
    await subscribed(subscriber, '#');
    const peer = await connected(broker);
    peer.send(publish('a', 'at most once', { retain: true }));
    await subscriber.receive('publish');
    const old = await connected(broker, { protocolVersion: 4 });
    expect(await published(old, 'a', 'old', 1, { retain: true })).toBe(0);
    await subscriber.receive('publish');
    expect(broker.metrics().retainedMessages).toBe(0);
    subscriber.destroy();
    await assertServes();
  });

  test('payloads, topics and properties all count towards the bytes', async () => {
    const maximumBytes = 100_000;
    const { broker, assertServes } = await openAttackedBroker({ limits: { retained: { maximumBytes } } });
    const peer = await connected(broker);
    const long = 'x'.repeat(5_000);
    let refused = 0;
    for (let index = 0; index < 60; index++) {
      const properties = index % 3 === 0 ? { userProperties: [['k', long] as const] } : {};
      const topicName = index % 3 === 1 ? `${index}${long}` : String(index);
      const payload = index % 3 === 2 ? long : 'x';
      if ((await published(peer, topicName, payload, 1, { retain: true, properties })) >= 0x80) refused += 1;
    }
    expect(refused).toBeGreaterThan(35);
    expect(broker.metrics().retainedBytes).toBeLessThanOrEqual(maximumBytes);
    await assertServes();
  });

  test('# over 50,000 of them: others are served meanwhile, and a reader that stops costs its bounds only', async () => {
    const { broker, assertServes } = await openAttackedBroker({
      limits: { outboundHighWaterMarkBytes: 65_536 },
    });
    for (let index = 0; index < 50_000; index++) {
      await broker.publish({
        topicName: `many/${index % 100}/${index}`,
        payload: 'x'.repeat(100),
        retain: true,
      });
    }
    const before = process.memoryUsage().arrayBuffers;
    const frozen = await Promise.all(Array.from({ length: 20 }, () => connected(broker)));
    for (const peer of frozen) {
      await subscribed(peer, 'fine');
      peer.stream.pause();
      peer.send({
        type: 'subscribe',
        packetIdentifier: 2,
        subscriptions: [
          { topicFilter: '#', qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 },
        ],
        properties: {},
      });
    }
    await assertServes();
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20 * 65_536 * 8);
    for (const peer of frozen) peer.destroy();

    const reader = await connected(broker);
    await subscribed(reader, 'many/#');
    // Answered long before the replay is over.
    await assertServes();
    for (let count = 0; count < 50_000; count++) await reader.receive('publish');
    await reader.expectNothing();
    await assertServes();
  });

  test('filters that pass all topics and match none', async () => {
    const { broker, assertServes } = await openAttackedBroker();
    for (let index = 0; index < 20_000; index++) {
      await broker.publish({ topicName: `many/${index}`, payload: 'x', retain: true });
    }
    const peers = await Promise.all(Array.from({ length: 20 }, () => connected(broker)));
    await Promise.all(peers.map((peer) => subscribed(peer, ['+/+/none', '+/+/+/none', 'many/+/+/#'])));
    await assertServes();
    for (const peer of peers) await peer.expectNothing();
  });
});
