/** Slow and frozen receivers: bounded, never in the way of others for long. */

import { FakeClock } from '@petrel/testing';
import { describe, expect, test } from 'vitest';
import { Backpressure } from './backpressure.js';
import { Patience } from './bounds/patience.js';
import { connected, openBroker, publish, published, subscribed, text } from './broker-fixture.suite.js';
import { TimerQueue } from './timer-queue.js';

const mark = 65_536;
const limits = { outboundHighWaterMarkBytes: mark };
const turn = () => new Promise((resolve) => setImmediate(resolve));
const payload = 'x'.repeat(8000);

describe('5 a frozen subscriber (Aedes 1060)', () => {
  test('takes no more than its bound of memory, and the others get everything', async () => {
    const { broker, clock } = await openBroker({ limits });
    const frozen = await connected(broker);
    await subscribed(frozen, 'a');
    frozen.stream.pause();
    const healthy = await connected(broker);
    await subscribed(healthy, 'a', { qos: 1 });
    const publisher = await connected(broker);
    const before = broker.metrics().messagesDropped;
    for (let count = 0; count < 200; count++) {
      publisher.send(publish('a', `${count} ${payload}`));
      await turn();
      clock.advance(100);
    }
    for (let count = 0; count < 200; count++) {
      expect(text(await healthy.receive('publish')).startsWith(`${count} `)).toBe(true);
    }
    expect(broker.metrics().messagesDropped - before).toBeGreaterThan(100);
  });

  test('gets new messages again once it reads', async () => {
    const { broker, clock } = await openBroker({ limits });
    const frozen = await connected(broker);
    await subscribed(frozen, 'a');
    frozen.stream.pause();
    const publisher = await connected(broker);
    for (let count = 0; count < 100; count++) {
      publisher.send(publish('a', payload));
      await turn();
      clock.advance(100);
    }
    frozen.stream.resume();
    while (frozen.unread.length === 0) await turn();
    for (let count = 0; count < 20; count++) await turn();
    const received = frozen.unread.length;
    expect(received).toBeLessThan(100);
    publisher.send(publish('a', 'fresh'));
    await publisher.expectNothing();
    await frozen.expectNothing().catch(() => {});
    expect(broker.metrics().messagesSent).toBeGreaterThan(received);
  });

  test('at QoS 1 its queue is bounded and the publisher is acknowledged all the same', async () => {
    const { broker, clock } = await openBroker({
      limits: { ...limits, sessionQueue: { maximumMessages: 20 } },
    });
    const frozen = await connected(broker);
    await subscribed(frozen, 'a', { qos: 1 });
    frozen.stream.pause();
    const publisher = await connected(broker);
    for (let count = 0; count < 100; count++) {
      const answered = published(publisher, 'a', payload, 1);
      await turn();
      await turn();
      clock.advance(1000);
      await answered;
    }
    expect(broker.metrics().queuedMessages).toBeLessThanOrEqual(20);
  });
});

test('a client that sends PINGREQ and never reads is not read itself, and its Keep Alive runs out', async () => {
  const { broker, clock } = await openBroker({ limits: { outboundHighWaterMarkBytes: 16_384 } });
  const peer = await connected(broker, { keepAlive: 60 });
  peer.stream.pause();
  const pings = Buffer.alloc(20_000, Uint8Array.of(0xc0, 0));
  for (let round = 0; round < 50; round++) {
    peer.stream.write(pings);
    await turn();
  }
  expect(broker.metrics().packetsReceived).toBeLessThan(250_000);
  clock.advance(90_000);
  await turn();
  expect(broker.metrics().connections).toBe(0);
});

describe('a publisher', () => {
  test('faster than its receiver is slowed down, and nothing is lost', async () => {
    const { broker } = await openBroker({ limits });
    const receiver = await connected(broker);
    await subscribed(receiver, 'a');
    const publisher = await connected(broker);
    const count = 2000;
    publisher.send(...Array.from({ length: count }, (_, index) => publish('a', `${index} ${payload}`)));
    for (let index = 0; index < count; index++) {
      expect(text(await receiver.receive('publish')).startsWith(`${index} `)).toBe(true);
    }
    expect(broker.metrics().messagesDropped).toBe(0);
  });

  test('that receives its own messages does not wait for itself for ever', async () => {
    const { broker } = await openBroker({ limits });
    const peer = await connected(broker);
    await subscribed(peer, 'a', { qos: 1 });
    const count = 500;
    peer.send(...Array.from({ length: count }, (_, index) => publish('a', `${index} ${payload}`)));
    for (let index = 0; index < count; index++) await peer.receive('publish');
    await peer.expectNothing();
  });
});

describe('Backpressure', () => {
  const scene = (graceMs = 500) => {
    const clock = new FakeClock();
    const blocked: string[] = [];
    const publisher = (name: string) => ({
      mayBeHeld: true,
      block: () => void blocked.push(name),
      unblock: () => void blocked.splice(blocked.indexOf(name), 1),
    });
    const patience = new Patience(graceMs, clock.now());
    const receiver = () => new Backpressure({ clock, timers: new TimerQueue(clock), patience });
    return { clock, blocked, publisher, receiver, backpressure: receiver() };
  };

  test('holds each publisher once, until the receiver has recovered', () => {
    const { blocked, publisher, backpressure } = scene();
    const first = publisher('first');
    for (const held of [first, first, publisher('second')]) backpressure.hold(held);
    expect(blocked).toEqual(['first', 'second']);
    backpressure.recovered();
    expect(blocked).toEqual([]);
  });

  test('lets them go after the grace, and holds nobody until the receiver has recovered', () => {
    const { clock, blocked, publisher, backpressure } = scene();
    backpressure.hold(publisher('first'));
    clock.advance(499);
    expect(blocked).toEqual(['first']);
    clock.advance(1);
    expect(blocked).toEqual([]);
    backpressure.hold(publisher('first'));
    expect(blocked).toEqual([]);
    backpressure.recovered();
    backpressure.hold(publisher('first'));
    expect(blocked).toEqual(['first']);
  });

  test('one receiver after the other that never reads holds up nobody for long', () => {
    const { clock, blocked, publisher, receiver } = scene();
    const innocent = publisher('innocent');
    let heldMs = 0;
    for (let count = 0; count < 100; count++) {
      receiver().hold(innocent);
      for (let ms = 0; ms < 1000; ms++) {
        heldMs += blocked.length;
        clock.advance(1);
      }
    }
    expect(heldMs).toBeGreaterThan(0);
    // A second at once, and a two hundredth of a hundred seconds.
    expect(heldMs).toBeLessThanOrEqual(1_500);
  });

  test('one that reads has its grace whatever others do, until it has used it up', () => {
    const { clock, blocked, publisher, receiver, backpressure } = scene();
    backpressure.hold(publisher('a'));
    clock.advance(10);
    backpressure.recovered();
    for (let count = 0; count < 2; count++) {
      receiver().hold(publisher('b'));
      clock.advance(500);
    }
    receiver().hold(publisher('c'));
    expect(blocked).toEqual([]);
    backpressure.hold(publisher('a'));
    clock.advance(499);
    expect(blocked).toEqual(['a']);
    clock.advance(1);
    backpressure.recovered();
    backpressure.hold(publisher('a'));
    clock.advance(20);
    expect(blocked).toEqual([]);
  });

  test('many that are waited for at once cost no more than one', () => {
    const { clock, blocked, publisher, receiver } = scene();
    const many = Array.from({ length: 1000 }, () => receiver());
    for (const [index, each] of many.entries()) each.hold(publisher(`${index}`));
    expect(blocked).toHaveLength(1000);
    clock.advance(20);
    for (const each of many) each.recovered();
    expect(blocked).toEqual([]);
    receiver().hold(publisher('later'));
    clock.advance(499);
    expect(blocked).toEqual(['later']);
  });

  test('without a grace nobody waits', () => {
    const { blocked, publisher, backpressure } = scene(0);
    backpressure.hold(publisher('a'));
    expect(blocked).toEqual([]);
  });
});
