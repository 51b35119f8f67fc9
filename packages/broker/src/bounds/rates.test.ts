/** Rates: pure ones on numbers, and those of a broker that slows its clients down. */
import { FakeClock } from '@petrel/testing';
import { describe, expect, test } from 'vitest';
import { connected, openBroker, publish, subscribed, texts } from '../broker-fixture.suite.js';
import { TimerQueue } from '../timer-queue.js';
import { PublishThrottle } from './publish-throttle.js';
import { TokenBucket } from './token-bucket.js';

describe('TokenBucket', () => {
  test('holds what one second brings, and fills up with time', () => {
    const bucket = new TokenBucket(10, 0);
    expect(bucket.spend(10, 0)).toBe(0);
    expect(bucket.waitMs(0)).toBe(100);
    expect(bucket.waitMs(99)).toBe(1);
    expect(bucket.waitMs(100)).toBe(0);
    expect(bucket.isFull(999)).toBe(false);
    expect(bucket.isFull(1_000)).toBe(true);
    expect(bucket.isFull(1_000_000)).toBe(true);
    expect(bucket.spend(11, 1_000_000)).toBe(100);
  });

  test('a debt is waited for, however large: the rate holds on average', () => {
    const bucket = new TokenBucket(1_000, 0);
    let now = 0;
    let spent = 0;
    for (const piece of [10_000, 1, 700, 65_536, 3]) {
      spent += piece;
      now += bucket.spend(piece, now);
    }
    // All but the first second's worth has been waited for.
    expect(now).toBe(spent - 1_000);
  });

  test('a time that does not move brings nothing, and one that goes back takes nothing', () => {
    const bucket = new TokenBucket(1, 1_000);
    expect(bucket.spend(1, 1_000)).toBe(0);
    expect(bucket.waitMs(500)).toBe(1_000);
    expect(bucket.waitMs(2_000)).toBe(0);
  });
});

describe('PublishThrottle', () => {
  function scene(publishMessagesPerSecond: number, bytesPerSecond: number) {
    const clock = new FakeClock();
    let blocks = 0;
    const client = { mayBeHeld: true, block: () => void blocks++, unblock: () => void blocks-- };
    const throttle = PublishThrottle.of(
      { publishMessagesPerSecond, bytesPerSecond },
      client,
      clock,
      new TimerQueue(clock),
    );
    return { clock, throttle, blocks: () => blocks };
  }

  test('without rates there is none', () => {
    expect(scene(0, 0).throttle).toBeUndefined();
  });

  test('holds its client once, until both rates allow more', () => {
    const { clock, throttle, blocks } = scene(10, 1_000);
    throttle?.bytesCame(1_000);
    expect(blocks()).toBe(0);
    throttle?.bytesCame(500);
    expect(blocks()).toBe(1);
    for (let count = 0; count < 20; count++) throttle?.messageCame();
    expect(blocks()).toBe(1);
    clock.advance(999);
    expect(blocks()).toBe(1);
    clock.advance(1);
    expect(blocks()).toBe(0);
  });

  test('a connection that ends leaves no timer', () => {
    const { clock, throttle } = scene(1, 0);
    throttle?.messageCame();
    throttle?.messageCame();
    expect(clock.pending).toBe(1);
    throttle?.end();
    throttle?.end();
    expect(clock.pending).toBe(0);
  });
});

describe('a client above its rate', () => {
  test('of messages is read more slowly, loses nothing and is not cut off', async () => {
    const { broker, clock } = await openBroker({ limits: { publishMessagesPerSecond: 10 } });
    const receiver = await connected(broker);
    await subscribed(receiver, 'rate');
    const sender = await connected(broker);
    const sent = Array.from({ length: 35 }, (_, index) => String(index));
    sender.send(...sent.map((text) => publish('rate', text)));
    // The first second's worth, and the one that makes the debt.
    expect(await texts(receiver, 11)).toEqual(sent.slice(0, 11));
    await receiver.expectNothing();
    clock.advance(100);
    expect(await texts(receiver, 1)).toEqual(['11']);
    await receiver.expectNothing();
    for (let passed = 0; passed < 2_300; passed += 100) clock.advance(100);
    expect(await texts(receiver, 23)).toEqual(sent.slice(12));
    expect(sender.isClosed).toBe(false);
    expect(broker.metrics()).toMatchObject({ messagesDropped: 0, connectionsEnded: 0 });
  });

  test('of bytes likewise, with QoS 1, and its Keep Alive does not run out while it is not read', async () => {
    const { broker, clock } = await openBroker({ limits: { bytesPerSecond: 1_000 } });
    const sender = await connected(broker, { keepAlive: 2 });
    const payload = Buffer.alloc(4_000);
    sender.send(publish('rate', payload, { qos: 1, packetIdentifier: 1 }));
    const receiver = await connected(broker);
    await receiver.expectNothing();
    expect(broker.metrics().messagesReceived).toBe(0);
    for (let passed = 0; passed < 4_000; passed += 250) clock.advance(250);
    expect(await sender.receive('puback')).toMatchObject({ packetIdentifier: 1 });
    sender.send({ type: 'pingreq' });
    await sender.receive('pingresp');
    clock.advance(2_900);
    await receiver.expectNothing();
    expect(sender.isClosed).toBe(false);
    clock.advance(200);
    expect(await sender.closed()).toMatchObject([{ type: 'disconnect', reasonCode: 0x8d }]);
  });

  test('does not slow others down', async () => {
    const { broker } = await openBroker({ limits: { publishMessagesPerSecond: 5 } });
    const greedy = await connected(broker);
    greedy.send(...Array.from({ length: 1_000 }, () => publish('greedy')));
    const modest = await connected(broker);
    modest.send(...[1, 2, 3].map((packetIdentifier) => publish('modest', '', { qos: 1, packetIdentifier })));
    for (const packetIdentifier of [1, 2, 3])
      expect(await modest.receive('puback')).toMatchObject({ packetIdentifier });
  });
});
