/** A bridge between Petrel's broker here and Mosquitto there. */
import { type Broker, createBroker } from '@petrel/broker';
import {
  describePeer,
  eventually,
  findMosquitto,
  type RunningBroker,
  startFaultyProxy,
  startMosquitto,
} from '@petrel/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { bridged, cleanUpAfterEach, collect, connected } from './bridge.suite.js';
import type { BridgeTopic } from './index.js';

const reconnect = { minDelayMs: 1, maxDelayMs: 50 };

describePeer(findMosquitto(), 'Mosquitto on the other side', () => {
  let home: Broker;
  let cloud: RunningBroker;
  beforeEach(async () => {
    home = await createBroker();
    cloud = await startMosquitto();
  });
  cleanUpAfterEach();
  afterEach(async () => {
    await Promise.all([home.close(), cloud.stop()]);
  });

  const atHome = { stream: () => home.connect(), reconnect };
  const bridgeWith = (topics: readonly BridgeTopic[]) =>
    bridged({ name: 'home-7', local: atHome, remote: { url: cloud.url, reconnect }, topics });

  test('both directions, prefixes, QoS 0, 1 and 2, RETAIN', async () => {
    const { bridge } = bridgeWith([
      { filter: 'sensors/#', qos: 2, remotePrefix: 'homes/7/' },
      { filter: 'commands/#', direction: 'in', qos: 2, remotePrefix: 'homes/7/' },
    ]);
    await bridge.ready();
    const here = await connected(atHome);
    const there = await connected({ url: cloud.url });
    const fromHome = await collect(there, 'homes/7/sensors/#');
    const fromCloud = await collect(here, 'commands/#');
    for (const qos of [0, 1, 2] as const) {
      await here.publish(`sensors/${qos}`, 'up', { qos, retain: qos === 2 });
      await there.publish(`homes/7/commands/${qos}`, 'down', { qos });
    }
    await eventually(() => {
      expect(fromHome.texts().toSorted()).toEqual([0, 1, 2].map((qos) => `homes/7/sensors/${qos} up`));
      expect(fromCloud.texts().toSorted()).toEqual([0, 1, 2].map((qos) => `commands/${qos} down`));
    });
    const late = await collect(await connected({ url: cloud.url }), '#');
    await late.until('homes/7/sensors/2 up');
  });

  test('both ways under one name: nothing goes round', async () => {
    const { bridge } = bridgeWith([{ filter: 'shared/#', direction: 'both' }]);
    await bridge.ready();
    const here = await connected(atHome);
    const there = await connected({ url: cloud.url });
    const seenHere = await collect(here, 'shared/#');
    const seenThere = await collect(there, 'shared/#');
    await here.publish('shared/1', 'a', { qos: 1 });
    await eventually(() => expect(seenThere.texts()).toEqual(['shared/1 a']));
    await there.publish('shared/2', 'b', { qos: 1 });
    await eventually(() => expect(seenHere.texts()).toEqual(['shared/1 a', 'shared/2 b']));
    // Had the first one come back, it would have come before this one.
    expect(seenThere.texts()).toEqual(['shared/1 a', 'shared/2 b']);
    expect(bridge.counters).toMatchObject({ out: { forwarded: 1 }, in: { forwarded: 1 } });
  });

  test('out of reach and back: what was published at QoS 1 meanwhile arrives, in order, whichever way', async () => {
    const proxy = await startFaultyProxy(cloud);
    const { bridge } = bridged({
      name: 'home-7',
      local: atHome,
      remote: { url: `mqtt://127.0.0.1:${proxy.port}`, reconnect },
      topics: [{ filter: 'up' }, { filter: 'down', direction: 'in' }],
    });
    await bridge.ready();
    const here = await connected(atHome);
    const there = await connected({ url: cloud.url });
    const seenThere = await collect(there, 'up');
    const seenHere = await collect(here, 'down');
    proxy.reachable = false;
    proxy.cut();
    await eventually(() => expect(bridge.isConnected).toBe(false));
    const numbers = Array.from({ length: 300 }, (_, index) => `${index}`);
    for (const number of numbers) {
      await here.publish('up', number, { qos: 1 });
      await there.publish('down', number, { qos: 1 });
    }
    expect(seenThere.texts()).toEqual([]);
    expect(seenHere.texts()).toEqual([]);
    proxy.reachable = true;
    await seenThere.until(...numbers.map((number) => `up ${number}`));
    await seenHere.until(...numbers.map((number) => `down ${number}`));
    await proxy.close();
  });
});
