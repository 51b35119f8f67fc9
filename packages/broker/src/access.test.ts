/** Who gets in, whose session it is, and who may publish and subscribe where. */
import { describe, expect, test } from 'vitest';
import {
  connected,
  disconnect,
  open,
  openBroker,
  publish,
  published,
  subscribed,
  texts,
} from './broker-fixture.suite.js';
import type { BrokerHooks } from './hooks.js';
import { recordingLogger } from './recording-logger.suite.js';

const password = Buffer.from('secret');

describe('authenticate', () => {
  const hooks: BrokerHooks = {
    authenticate: ({ userName, password: given }) =>
      userName === 'anna' && Buffer.compare(given ?? Buffer.alloc(0), password) === 0
        ? { name: 'anna' }
        : false,
  };

  test('lets in whom it knows, with a principal that other hooks see', async () => {
    const principals: unknown[] = [];
    const { broker } = await openBroker({
      hooks: { ...hooks, authorizePublish: ({ principal }) => principals.push(principal) > 0 },
    });
    const peer = await connected(broker, { userName: 'anna', password });
    await published(peer, 'a', '', 1);
    expect(principals).toEqual([{ name: 'anna' }]);
  });

  test.each([
    [5, 0x86],
    [4, 0x86],
  ] as const)('refuses others with 0x86, version %i', async (protocolVersion, code) => {
    const { broker } = await openBroker({ hooks });
    const peer = open(broker, { protocolVersion });
    expect(
      (await peer.connect({ protocolVersion, userName: 'anna', password: Buffer.from('wrong') })).reasonCode,
    ).toBe(code);
    await peer.closed();
    expect(broker.sessions()).toEqual([]);
  });

  test('may answer later, with a Reason Code of its own; what follows waits', async () => {
    const { broker } = await openBroker({
      hooks: { authenticate: async () => ({ reasonCode: 0x8a, reasonString: 'banned' }) },
    });
    const peer = open(broker);
    const connack = await peer.connect();
    expect(connack).toMatchObject({ reasonCode: 0x8a, properties: { reasonString: 'banned' } });
    await peer.closed();
  });

  test('a peer that leaves while it is asked leaves nothing behind', async () => {
    let decide: (allowed: boolean) => void = () => {};
    const asked = new Promise<void>((resolve) => {
      decide = () => {};
      void resolve;
    });
    void asked;
    const { broker } = await openBroker({
      hooks: { authenticate: () => new Promise<boolean>((resolve) => (decide = resolve)) },
    });
    const peer = open(broker);
    const other = open(broker);
    peer.send({
      type: 'connect',
      protocolVersion: 5,
      clientIdentifier: 'c',
      cleanStart: true,
      keepAlive: 0,
      properties: {},
    });
    peer.destroy();
    other.send([0xc0, 0]);
    await other.closed();
    decide(true);
    await new Promise((resolve) => setImmediate(resolve));
    expect(broker.sessions()).toEqual([]);
  });

  test('may answer with a promise of some library', async () => {
    // biome-ignore lint/suspicious/noThenProperty: that is what such a promise is.
    const thenable = { then: (resolve: (value: boolean) => void) => resolve(true) };
    const { broker } = await openBroker({
      hooks: { authenticate: () => thenable as unknown as Promise<boolean> },
    });
    await connected(broker);
  });

  test.each([
    [
      'throws',
      () => {
        throw new Error('data base of users is away');
      },
    ],
    ['rejects', async () => Promise.reject(new Error('data base of users is away'))],
    ['answers nonsense', () => 'yes'],
  ])('one that %s has refused, and the logger is told', async (_, authenticate) => {
    const logger = recordingLogger();
    const { broker } = await openBroker({ logger, hooks: { authenticate } as unknown as BrokerHooks });
    const peer = open(broker);
    expect((await peer.connect()).reasonCode).toBeGreaterThanOrEqual(0x80);
    expect(logger.errors).toHaveLength(1);
    expect(logger.errors[0]).toMatchObject({ code: 'PETREL_HOOK_FAILED' });
  });
});

describe('a session belongs to its principal (CVE-2026-33215)', () => {
  const hooks: BrokerHooks = {
    authenticate: ({ userName }) => (userName === undefined ? false : { name: userName }),
  };

  test('another principal gets neither the session nor its connection', async () => {
    const { broker } = await openBroker({ hooks });
    const anna = {
      clientIdentifier: 'c',
      userName: 'anna',
      cleanStart: false,
      properties: { sessionExpiryInterval: 100 },
    };
    const owner = await connected(broker, anna);
    for (const cleanStart of [true, false]) {
      const thief = open(broker);
      expect((await thief.connect({ clientIdentifier: 'c', userName: 'eve', cleanStart })).reasonCode).toBe(
        0x87,
      );
      await thief.closed();
    }
    await owner.expectNothing();
    owner.send(disconnect());
    await owner.closed();
    const thief = open(broker);
    expect((await thief.connect({ ...anna, userName: 'eve' })).reasonCode).toBe(0x87);
    await connected(broker, anna);
  });
});

describe('authorizePublish', () => {
  const hooks: BrokerHooks = { authorizePublish: (_, { topicName }) => topicName !== 'no' };

  test.each([1, 2] as const)(
    'refused at QoS %i: 0x87, nobody gets it, and the client goes on',
    async (qos) => {
      const { broker } = await openBroker({ hooks });
      const watcher = await connected(broker);
      await subscribed(watcher, '#');
      const peer = await connected(broker);
      expect(await published(peer, 'no', 'x', qos)).toBe(0x87);
      expect(await published(peer, 'yes', 'y', qos)).toBe(0);
      expect(await texts(watcher, 1)).toEqual(['y']);
      await watcher.expectNothing();
    },
  );

  test('refused on 3.1.1: acknowledged as its QoS demands, and goes nowhere [MQTT-3.3.5-2]', async () => {
    const { broker } = await openBroker({ hooks });
    const watcher = await connected(broker);
    await subscribed(watcher, '#');
    const peer = await connected(broker, { protocolVersion: 4 });
    for (const qos of [0, 1, 2] as const) await published(peer, 'no', 'x', qos);
    await peer.expectNothing();
    await watcher.expectNothing();
  });

  test('without Request Problem Information the refusal has no Reason String [MQTT-3.1.2-29]', async () => {
    const { broker } = await openBroker({
      hooks: { authorizePublish: () => ({ reasonCode: 0x87, reasonString: 'no' }) },
    });
    const peer = await connected(broker, { properties: { requestProblemInformation: false } });
    peer.send(publish('no', '', { qos: 1 }));
    expect(await peer.receive('puback')).toMatchObject({ reasonCode: 0x87, properties: {} });
  });

  test('refused messages are not retained', async () => {
    const { broker } = await openBroker({ hooks });
    await published(await connected(broker), 'no', 'x', 1, { retain: true });
    expect(broker.metrics().retainedMessages).toBe(0);
  });

  test('sees the Will Topic at CONNECT: CONNACK 0x87 (CVE-2018-3778)', async () => {
    const { broker } = await openBroker({ hooks });
    const peer = open(broker);
    const will = {
      topicName: 'no',
      payload: Buffer.alloc(0),
      qos: 0,
      retain: false,
      properties: {},
    } as const;
    expect((await peer.connect({ will })).reasonCode).toBe(0x87);
    await peer.closed();
  });

  test('while it is asked, further packets of that client wait and others go on', async () => {
    const waiting: (() => void)[] = [];
    const { broker } = await openBroker({
      hooks: {
        authorizePublish: (_, { topicName }) =>
          topicName === 'slow' ? new Promise((resolve) => waiting.push(() => resolve(true))) : true,
      },
    });
    const watcher = await connected(broker);
    await subscribed(watcher, '#');
    const slow = await connected(broker);
    slow.send(publish('slow', '1', { qos: 1 }), publish('a', '2', { qos: 1, packetIdentifier: 2 }), {
      type: 'pingreq',
    });
    await published(await connected(broker), 'b', '3', 1);
    expect(await texts(watcher, 1)).toEqual(['3']);
    expect(slow.unread).toEqual([]);
    for (const decide of waiting) decide();
    expect(await texts(watcher, 2)).toEqual(['1', '2']);
    expect(await slow.receive('puback')).toMatchObject({ packetIdentifier: 1 });
    expect(await slow.receive('puback')).toMatchObject({ packetIdentifier: 2 });
    await slow.receive('pingresp');
  });

  test.each([
    ['nothing', () => undefined],
    ['a promise of nothing', async () => undefined],
    ['a text', () => 'yes'],
  ])('one that answers %s has allowed nothing', async (_, authorize) => {
    const logger = recordingLogger();
    const { broker } = await openBroker({
      logger,
      hooks: { authorizePublish: authorize as never, authorizeSubscribe: authorize as never },
    });
    const peer = await connected(broker);
    expect(await published(peer, 'a', '', 1)).toBe(0x83);
    expect((await subscribed(peer, 'a')).reasonCodes).toEqual([0x83]);
    expect(logger.errors).toHaveLength(2);
  });

  test('one that throws has refused with 0x83', async () => {
    const logger = recordingLogger();
    const { broker } = await openBroker({
      logger,
      hooks: {
        authorizePublish: () => {
          throw new Error('x');
        },
      },
    });
    const peer = await connected(broker);
    expect(await published(peer, 'a', '', 1)).toBe(0x83);
    await peer.expectNothing();
    expect(logger.errors).toHaveLength(1);
  });
});

describe('authorizeSubscribe', () => {
  test('is asked with the real filter of a shared subscription (Mosquitto 2.0.19)', async () => {
    const asked: unknown[] = [];
    const { broker } = await openBroker({
      hooks: {
        authorizeSubscribe: (_, request) => {
          asked.push(request);
          return request.topicFilter !== 'secret/#';
        },
      },
    });
    const peer = await connected(broker);
    expect((await subscribed(peer, ['$share/g/secret/#', 'open'], { qos: 1 })).reasonCodes).toEqual([
      0x87, 1,
    ]);
    expect(asked).toEqual([
      { topicFilter: 'secret/#', shareName: 'g', qos: 1 },
      { topicFilter: 'open', shareName: undefined, qos: 1 },
    ]);
  });

  test('is asked again for the subscriptions of a resumed session (CVE-2021-34434)', async () => {
    let allowed = true;
    const { broker } = await openBroker({ hooks: { authorizeSubscribe: async () => allowed } });
    const lasting = { clientIdentifier: 'c', cleanStart: false, properties: { sessionExpiryInterval: 100 } };
    const first = await connected(broker, lasting);
    await subscribed(first, ['a', '$share/g/b']);
    first.send(disconnect());
    await first.closed();
    allowed = false;
    const second = await connected(broker, lasting);
    await broker.publish({ topicName: 'a' });
    await broker.publish({ topicName: 'b' });
    await second.expectNothing();
    expect(broker.metrics().subscriptions).toBe(0);
  });
});
