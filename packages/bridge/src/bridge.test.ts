/** Two brokers in this process and a bridge between them. */
import { type Broker, createBroker } from '@petrel/broker';
import { eventually } from '@petrel/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bridged, cleanUpAfterEach, collect, connected } from './bridge.suite.js';
import type { BridgeOptions, BridgeTopic } from './index.js';

let home: Broker;
let cloud: Broker;
/** False: nobody gets through to the cloud. */
let isReachable = true;

beforeEach(async () => {
  isReachable = true;
  home = await createBroker();
  cloud = await createBroker();
});
cleanUpAfterEach();
afterEach(async () => {
  await Promise.all([home.close(), cloud.close()]);
});

const reconnect = { minDelayMs: 1, maxDelayMs: 20 };
const atHome = { stream: () => home.connect(), reconnect };
const inCloud = {
  stream: () => {
    if (!isReachable) throw new Error('the cable is cut');
    return cloud.connect();
  },
  reconnect,
};

const options = (topics: readonly BridgeTopic[], more: Partial<BridgeOptions> = {}): BridgeOptions => ({
  name: 'home-7',
  local: atHome,
  remote: inCloud,
  topics,
  ...more,
});

describe('carrying', () => {
  test('out, in, and with prefixes; QoS, RETAIN and properties as they were', async () => {
    const { bridge } = bridged(
      options([
        { filter: 'sensors/#', qos: 2, remotePrefix: 'homes/7/' },
        { filter: 'commands/#', direction: 'in', qos: 1, remotePrefix: 'homes/7/' },
      ]),
    );
    await bridge.ready();
    const here = await connected(atHome);
    const there = await connected(inCloud);
    const fromHome = await collect(there, 'homes/#');
    const fromCloud = await collect(here, 'commands/#');

    await here.publish('sensors/kitchen', '21.5', {
      qos: 2,
      retain: true,
      properties: { contentType: 'text/plain', userProperties: [['unit', '°C']] },
    });
    await there.publish('homes/7/commands/heating', 'on', { qos: 1 });
    await fromHome.until('homes/7/sensors/kitchen 21.5', 'homes/7/commands/heating on');
    await fromCloud.until('commands/heating on');
    expect(fromHome.messages[0]).toMatchObject({
      qos: 2,
      retain: true,
      properties: {
        contentType: 'text/plain',
        userProperties: [
          ['unit', '°C'],
          ['petrel-bridge', 'home-7'],
        ],
      },
    });
    expect(bridge.counters.out.forwarded).toBe(1);
    expect(bridge.counters.in.forwarded).toBe(1);
  });

  test('an empty filter joins two topics', async () => {
    const { bridge } = bridged(
      options([{ filter: '', localPrefix: 'door', remotePrefix: 'homes/7/front-door' }]),
    );
    await bridge.ready();
    const seen = await collect(await connected(inCloud), '#');
    const here = await connected(atHome);
    await here.publish('door', 'open', { qos: 1 });
    await seen.until('homes/7/front-door open');
  });

  test('what is retained before the bridge comes is carried over', async () => {
    const here = await connected(atHome);
    await here.publish('sensors/attic', '19', { qos: 1, retain: true });
    const { bridge } = bridged(options([{ filter: 'sensors/#' }]));
    await bridge.ready();
    const there = await connected(inCloud);
    const seen = await collect(there, 'sensors/#');
    await seen.until('sensors/attic 19');
    expect(seen.messages[0]?.retain).toBe(true);
  });
});

describe('circles', () => {
  test('both ways under one name: nothing comes back [MQTT-3.8.3-3]', async () => {
    const { bridge } = bridged(options([{ filter: '#', direction: 'both' }]));
    await bridge.ready();
    const here = await connected(atHome);
    const there = await connected(inCloud);
    const seenHere = await collect(here, '#');
    const seenThere = await collect(there, '#');
    await here.publish('a', 'from home', { qos: 1 });
    await there.publish('b', 'from the cloud', { qos: 1 });
    // Order between the two is nobody's promise.
    await eventually(() => {
      expect(seenHere.texts().toSorted()).toEqual(['a from home', 'b from the cloud']);
      expect(seenThere.texts().toSorted()).toEqual(['a from home', 'b from the cloud']);
    });
    // A third one behind them: had anything come back, it would have come before.
    await here.publish('c', 'last', { qos: 1 });
    await eventually(() => expect(seenThere.texts()).toHaveLength(3));
    expect(seenHere.texts()).toHaveLength(3);
    expect(bridge.counters).toMatchObject({ out: { forwarded: 2, loop: 0 }, in: { forwarded: 1, loop: 0 } });
  });

  test('two bridges side by side: the second one brings back what the first one took, and no more', async () => {
    const first = bridged(options([{ filter: '#', direction: 'both' }], { name: 'first' }));
    const second = bridged(options([{ filter: '#', direction: 'both' }], { name: 'second' }));
    await Promise.all([first.bridge.ready(), second.bridge.ready()]);
    const here = await connected(atHome);
    await here.publish('a', '1', { qos: 1 });
    await eventually(() => {
      const loops = [first, second].map(({ bridge }) => bridge.counters.in.loop + bridge.counters.out.loop);
      expect(loops[0] as number).toBeGreaterThan(0);
      expect(loops[1] as number).toBeGreaterThan(0);
    });
    expect(first.events.find((event) => event.type === 'dropped')).toMatchObject({
      topicName: 'a',
      reason: 'loop',
    });
  });

  test('a server without No Local, and rules that meet there: the bridge refuses to begin', async () => {
    const remote = { ...inCloud, protocolVersion: 4 } as const;
    const { bridge } = bridged(options([{ filter: '#', direction: 'both' }], { remote }));
    await expect(bridge.ready()).rejects.toMatchObject({ code: 'PETREL_BRIDGE_LOOP' });
    expect(bridge.isConnected).toBe(false);
  });

  test('a server without No Local, and rules that do not meet there', async () => {
    const remote = { ...inCloud, protocolVersion: 4 } as const;
    const topics = [{ filter: 'up/#' }, { filter: 'down/#', direction: 'in' }] as const;
    const { bridge } = bridged(options(topics, { remote }));
    await bridge.ready();
    const seen = await collect(await connected(inCloud), '#');
    const here = await connected(atHome);
    await here.publish('up/1', 'a', { qos: 1 });
    await seen.until('up/1 a');
  });
});

describe('while the other side is away', () => {
  const numbers = (count: number, from = 0) =>
    Array.from({ length: count }, (_, index) => `n ${from + index}`);

  test('QoS 1 waits in the session on this side, more than may be on its way, and arrives in order', async () => {
    const local = { ...atHome, receiveMaximum: 10 };
    const { bridge } = bridged(options([{ filter: 'n' }], { local }));
    await bridge.ready();
    const seen = await collect(await connected(inCloud), 'n');
    const here = await connected(atHome);
    isReachable = false;
    cloud.disconnect('home-7');
    await eventually(() => expect(bridge.isConnected).toBe(false));
    for (const each of numbers(50)) await here.publish('n', each.slice(2), { qos: 1 });
    isReachable = true;
    await seen.until(...numbers(50));
    expect(bridge.counters.out).toEqual({ forwarded: 50, refused: 0, loop: 0, offline: 0 });
  });

  test('QoS 0 is dropped, and counted', async () => {
    const { bridge, events } = bridged(options([{ filter: 'n', qos: 0 }]));
    await bridge.ready();
    const here = await connected(atHome);
    isReachable = false;
    cloud.disconnect('home-7');
    await eventually(() => expect(bridge.isConnected).toBe(false));
    await here.publish('n', '1');
    await eventually(() => expect(bridge.counters.out.offline).toBe(1));
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'dropped', direction: 'out', topicName: 'n', reason: 'offline' }),
    );
  });

  test('a bridge that is killed loses nothing that its servers have', async () => {
    const { bridge } = bridged(options([{ filter: 'n' }]));
    await bridge.ready();
    const there = await connected(inCloud);
    const seen = await collect(there, 'n');
    const here = await connected(atHome);
    isReachable = false;
    cloud.disconnect('home-7');
    await eventually(() => expect(bridge.isConnected).toBe(false));
    for (const each of numbers(20)) await here.publish('n', each.slice(2), { qos: 1 });
    bridge.destroy();
    for (const each of numbers(20, 20)) await here.publish('n', each.slice(2), { qos: 1 });
    isReachable = true;
    const next = bridged(options([{ filter: 'n' }]));
    await next.bridge.ready();
    await seen.until(...numbers(40));
  });

  test('close lets what is on its way arrive, and keeps the sessions', async () => {
    const { bridge } = bridged(options([{ filter: 'n' }]));
    await bridge.ready();
    const there = await connected(inCloud);
    const seen = await collect(there, 'n');
    const here = await connected(atHome);
    for (const each of numbers(10)) void here.publish('n', each.slice(2), { qos: 1 });
    await seen.until(...numbers(10));
    await bridge.close();
    await bridge.close();
    await here.publish('n', 'later', { qos: 1 });
    const next = bridged(options([{ filter: 'n' }]));
    await next.bridge.ready();
    await seen.until(...numbers(10), 'n later');
  });
});

describe('a server that refuses', () => {
  test('a message that may not be published there is dropped and told, and holds nobody up', async () => {
    await cloud.close();
    cloud = await createBroker({
      hooks: { authorizePublish: (_client, { topicName }) => topicName !== 'n/secret' },
    });
    const { bridge, events } = bridged(options([{ filter: 'n/#' }]));
    await bridge.ready();
    const seen = await collect(await connected(inCloud), 'n/#');
    const here = await connected(atHome);
    await here.publish('n/secret', '1', { qos: 1 });
    await here.publish('n/open', '2', { qos: 1 });
    await seen.until('n/open 2');
    await eventually(() => expect(bridge.counters.out).toMatchObject({ forwarded: 1, refused: 1 }));
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'dropped', topicName: 'n/secret', reason: 'refused' }),
    );
  });

  test('a subscription that is not granted is what ready() rejects with', async () => {
    await cloud.close();
    cloud = await createBroker({ hooks: { authorizeSubscribe: () => false } });
    const { bridge } = bridged(options([{ filter: 'commands', direction: 'in' }]));
    await expect(bridge.ready()).rejects.toMatchObject({ code: 'PETREL_SUBSCRIBE_REFUSED' });
  });
});
