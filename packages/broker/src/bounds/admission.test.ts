/** The door: who may come in, who waits, who is turned away. */
import { connect } from 'node:net';
import { eventually, RawPeer } from '@petrel/testing';
import { describe, expect, test } from 'vitest';
import { connected, open, openBroker } from '../broker-fixture.suite.js';
import { addressGroup } from './address-group.js';
import { Admission, type AdmissionLimits } from './admission.js';
import { LoadLevel } from './load-level.js';

const unbounded: AdmissionLimits = {
  maximumConnections: 1_000_000,
  maximumConnectionsPerAddress: 0,
  connectionsPerSecond: 0,
  connectionsPerSecondPerAddress: 0,
};

describe('addressGroup', () => {
  test.each([
    [undefined, undefined],
    ['', undefined],
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2::9', '2001:db8:1:2::/64'],
    ['2001:0db8:0001:0002::', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
  ])('%s counts as %s', (address, group) => {
    expect(addressGroup(address)).toBe(group);
  });
});

describe('Admission', () => {
  const admission = (
    limits: Partial<AdmissionLimits>,
    load = new LoadLevel({ admissionLagMs: 100, sheddingLagMs: 0 }),
  ) => new Admission(() => ({ ...unbounded, ...limits }), load);

  test('all together', () => {
    const door = admission({ maximumConnections: 2 });
    expect([1, 2, 3].map(() => door.arrived(undefined, 0))).toEqual(['enter', 'enter', 'refuse']);
    door.left(undefined);
    expect(door.arrived(undefined, 0)).toBe('enter');
  });

  test('per address: one cannot take the places of the others', () => {
    const door = admission({ maximumConnectionsPerAddress: 2 });
    const arrive = (address: string) => door.arrived(address, 0);
    expect(['10.0.0.1', '10.0.0.1', '::ffff:10.0.0.1', '10.0.0.2'].map(arrive)).toEqual([
      'enter',
      'enter',
      'refuse',
      'enter',
    ]);
    expect(['2001:db8::1', '2001:db8::2', '2001:db8::3', '2001:db8:0:1::3'].map(arrive)).toEqual([
      'enter',
      'enter',
      'refuse',
      'enter',
    ]);
    door.left('10.0.0.1');
    expect(arrive('10.0.0.1')).toBe('enter');
    for (const address of [
      '10.0.0.1',
      '10.0.0.1',
      '10.0.0.2',
      '2001:db8::1',
      '2001:db8::2',
      '2001:db8:0:1::3',
    ])
      door.left(address);
    expect(door).toMatchObject({ connections: 0, addresses: 0 });
  });

  test('a rate in total makes wait, one per address turns away', () => {
    const door = admission({ connectionsPerSecond: 2 });
    expect([1, 2, 3].map(() => door.arrived('a', 0))).toEqual(['enter', 'enter', 'wait']);
    expect(door.waitMs(0)).toBe(500);
    expect(door.mayEnter(499)).toBe(false);
    expect(door.mayEnter(500)).toBe(true);
    const perAddress = admission({ connectionsPerSecondPerAddress: 1 });
    expect(['a', 'a', 'b'].map((address) => perAddress.arrived(address, 0))).toEqual([
      'enter',
      'refuse',
      'enter',
    ]);
    expect(perAddress.arrived('a', 1_000)).toBe('enter');
  });

  test('addresses that come and go are forgotten', () => {
    const door = admission({ connectionsPerSecondPerAddress: 1 });
    for (let index = 0; index < 100_000; index++) {
      const address = `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`;
      expect(door.arrived(address, index)).toBe('enter');
      door.left(address);
    }
    expect(door.addresses).toBeLessThanOrEqual(4_096);
  });

  test('a loaded broker makes wait', () => {
    const load = new LoadLevel({ admissionLagMs: 100, sheddingLagMs: 0 });
    const door = admission({}, load);
    load.observe(100);
    expect(door.arrived(undefined, 0)).toBe('wait');
    expect(door.mayEnter(0)).toBe(false);
    load.observe(60);
    expect(door.mayEnter(0)).toBe(false);
    load.observe(49);
    expect(door.mayEnter(0)).toBe(true);
  });
});

describe('LoadLevel', () => {
  test('sheds after three late samples in a row, until the lag is half', () => {
    const load = new LoadLevel({ admissionLagMs: 0, sheddingLagMs: 1_000 });
    const observed = [1_000, 5_000, 0, 1_000, 1_000, 1_000, 600, 499].map((lagMs) => {
      load.observe(lagMs);
      return load.isShedding;
    });
    expect(observed).toEqual([false, false, false, false, false, true, true, false]);
    expect(load.isBusy).toBe(false);
  });

  test('0 never sheds', () => {
    const load = new LoadLevel({ admissionLagMs: 0, sheddingLagMs: 0 });
    for (let count = 0; count < 10; count++) load.observe(1_000_000);
    expect(load).toMatchObject({ isBusy: false, isShedding: false });
  });
});

describe('a broker', () => {
  test('lets connections above its rate wait, and in when their time has come', async () => {
    const { broker, clock } = await openBroker({ limits: { connectionsPerSecond: 2 } });
    const peers = [open(broker), open(broker), open(broker), open(broker)];
    const answers = peers.map((peer) => peer.connect());
    await Promise.all(answers.slice(0, 2));
    expect(broker.metrics()).toMatchObject({ connections: 2, connectionsWaiting: 2 });
    clock.advance(500);
    await answers[2];
    expect(broker.metrics()).toMatchObject({ connections: 3, connectionsWaiting: 1 });
    clock.advance(500);
    await answers[3];
    expect(broker.metrics()).toMatchObject({ connections: 4, connectionsWaiting: 0 });
    for (const peer of peers) peer.destroy();
    await eventually(() => expect(broker.metrics()).toMatchObject({ connections: 0, memoryBytes: 0 }));
  });

  test('does not let anybody wait for ever, nor beyond its own end', async () => {
    const { broker, clock } = await openBroker({
      limits: { connectionsPerSecond: 1, connectTimeoutMs: 1_500 },
    });
    await connected(broker);
    const patient = [open(broker), open(broker), open(broker)];
    clock.advance(1_000);
    await patient[0]?.connect();
    clock.advance(500);
    await Promise.all([patient[1]?.closed(), patient[2]?.closed()]);
    expect(broker.metrics()).toMatchObject({ connections: 2, connectionsTurnedAway: 2 });
    const late = [open(broker), open(broker)];
    await broker.close();
    await Promise.all(late.map((peer) => peer.closed()));
  });

  test('sends away who has been silent for longest when too many have not said CONNECT', async () => {
    const { broker } = await openBroker({ limits: { maximumPendingConnections: 3 } });
    const silent = [open(broker), open(broker), open(broker)];
    const client = await connected(broker);
    await silent[0]?.closed();
    expect(silent.map((peer) => peer.isClosed)).toEqual([true, false, false]);
    await client.expectNothing();
    await Promise.all(silent.slice(1).map((peer) => peer.connect()));
    expect(broker.metrics()).toMatchObject({ connections: 3 });
  });

  test('gives the place of one that was sent away to the next at once, however long its peer keeps the socket', async () => {
    const { broker } = await openBroker({
      listeners: [{ type: 'tcp', port: 0 }],
      limits: { maximumConnections: 4, maximumPendingConnections: 2 },
    });
    const { port } = broker.addresses[0]!;
    // They do not close their side when the broker closes its own.
    const silent = Array.from({ length: 8 }, () => connect({ port, host: '127.0.0.1', allowHalfOpen: true }));
    let ended = 0;
    for (const socket of silent) {
      const seen = new Promise((resolve) => socket.once('end', resolve).once('error', resolve));
      void seen.then(() => ended++);
      socket.resume();
    }
    await eventually(() => expect(ended).toBe(6));
    const client = await RawPeer.connect(port);
    expect(await client.connect()).toMatchObject({ reasonCode: 0 });
    for (const socket of silent) socket.destroy();
  });

  test('does not send away who is being decided on: others wait for their turn', async () => {
    const decisions: (() => void)[] = [];
    const { broker } = await openBroker({
      limits: { maximumPendingConnections: 2 },
      hooks: { authenticate: () => new Promise((resolve) => decisions.push(() => resolve(true))) },
    });
    const answers = [open(broker).connect(), open(broker).connect()];
    await eventually(() => expect(decisions).toHaveLength(2));
    answers.push(open(broker).connect());
    expect(broker.metrics()).toMatchObject({ connections: 0, connectionsWaiting: 1 });
    decisions[0]?.();
    await answers[0];
    await eventually(() => expect(decisions).toHaveLength(3));
    decisions[1]?.();
    decisions[2]?.();
    await Promise.all(answers);
    expect(broker.metrics()).toMatchObject({ connections: 3, connectionsWaiting: 0, connectionsRefused: 0 });
  });

  test('counts the connections of an address over a socket', async () => {
    const { broker } = await openBroker({
      listeners: [{ type: 'tcp', port: 0 }],
      limits: { maximumConnectionsPerAddress: 2 },
    });
    const port = broker.addresses[0]!.port;
    const [first] = await Promise.all([RawPeer.connect(port), RawPeer.connect(port)]);
    await first.connect();
    const third = await RawPeer.connect(port);
    await third.closed();
    expect(broker.metrics().connectionsTurnedAway).toBe(1);
    first.destroy();
    await eventually(async () => {
      const fourth = await RawPeer.connect(port);
      await fourth.connect();
    });
  });

  test('takes changed bounds for who comes from then on', async () => {
    const { broker, clock } = await openBroker();
    await connected(broker);
    broker.update({ limits: { maximumConnections: 2, connectionsPerSecond: 1 } });
    await connected(broker);
    await open(broker).closed();
    broker.update({ limits: { connectionsPerSecond: 1 } });
    const late = open(broker).connect();
    await eventually(() => expect(broker.metrics().connectionsWaiting).toBe(1));
    clock.advance(1_000);
    await late;
  });

  test('holds a principal to its connections, but for one that takes over its own session', async () => {
    const { broker } = await openBroker({
      hooks: { authenticate: () => true },
      limits: { maximumConnectionsPerPrincipal: 2 },
    });
    const anna = (clientIdentifier: string) => {
      const peer = open(broker);
      return { peer, connack: peer.connect({ userName: 'anna', clientIdentifier }) };
    };
    await anna('one').connack;
    await anna('two').connack;
    expect(await anna('three').connack).toMatchObject({ reasonCode: 0x97 });
    expect(await open(broker).connect({ userName: 'bob' })).toMatchObject({ reasonCode: 0 });
    const again = anna('two');
    expect(await again.connack).toMatchObject({ reasonCode: 0 });
    again.peer.send({ type: 'disconnect', reasonCode: 0, properties: {} });
    await again.peer.closed();
    expect(await anna('three').connack).toMatchObject({ reasonCode: 0 });
    expect(await open(broker).connect()).toMatchObject({ reasonCode: 0 });
  });
});
