/** CONNECTs that are not what they should be. */
import type { ConnectPacket } from '@petrel/protocol';
import { describe, expect, test } from 'vitest';
import { connected, open, publish, published, subscribed, texts } from '../broker-fixture.suite.js';
import type { BrokerHooks } from '../hooks.js';
import { field, openAttackedBroker, packetOf } from './attacked-broker.suite.js';

const will = (topicName: string) => ({
  topicName,
  payload: Buffer.from('last words'),
  qos: 1 as const,
  retain: true,
  properties: {},
});

describe('12 will published without write permission (CVE-2018-3778, CVE-2026-95846, CVE-2026-85058)', () => {
  const hooks: BrokerHooks = {
    authorizePublish: (_client, { topicName }) => !topicName.startsWith('forbidden'),
  };

  test.each([3, 4, 5] as const)(
    'MQTT level %i: refused at CONNECT, never published',
    async (protocolVersion) => {
      const { broker, bystander, assertServes } = await openAttackedBroker({ hooks });
      await subscribed(bystander, ['forbidden/#', 'allowed'], { qos: 1 });
      const peer = open(broker, { protocolVersion });
      const connack = await peer.connect({ protocolVersion, will: will('forbidden/topic') });
      expect(connack.reasonCode).toBe(0x87);
      await peer.closed();
      await bystander.expectNothing();
      expect(broker.metrics().retainedMessages).toBe(0);

      const allowed = await connected(broker, { will: will('allowed') });
      allowed.destroy();
      expect(await texts(bystander, 1)).toEqual(['last words']);
      bystander.send({ type: 'puback', packetIdentifier: 1, reasonCode: 0, properties: {} });
      await assertServes();
    },
  );

  test('the hook is told that it decides on a will', async () => {
    const asked: unknown[] = [];
    const { broker } = await openAttackedBroker({
      hooks: {
        authorizePublish: (_client, request) => {
          asked.push(request);
          return true;
        },
      },
    });
    asked.length = 0;
    await connected(broker, { will: will('a') });
    expect(asked).toEqual([{ topicName: 'a', qos: 1, retain: true, will: true }]);
  });
});

describe('14 bad CONNECT or will properties leak memory (CVE-2023-3592, CVE-2021-34431)', () => {
  /** An MQTT 5 CONNECT with a will: connect properties, client identifier, will properties, topic, payload. */
  const connect = (properties: number[], willProperties: number[], flags = 0x06) =>
    packetOf(
      0x10,
      field('MQTT'),
      [5, flags, 0, 0, properties.length, ...properties],
      field('leaky'),
      [willProperties.length, ...willProperties],
      field('will/topic'),
      field('will payload'),
    );
  const bad: [name: string, bytes: Uint8Array][] = [
    ['an unknown property', connect([0x7f, 0], [])],
    ['a property that belongs elsewhere', connect([0x23, 0, 1], [])],
    ['a property twice', connect([0x11, 0, 0, 0, 1, 0x11, 0, 0, 0, 1], [])],
    ['a Receive Maximum of 0', connect([0x21, 0, 0], [])],
    ['a Maximum Packet Size of 0', connect([0x27, 0, 0, 0, 0], [])],
    ['a request flag of 2', connect([0x19, 2], [])],
    ['a property cut short', connect([0x11, 0, 0], [])],
    ['an unknown will property', connect([], [0x7f, 0])],
    ['a will property that belongs elsewhere', connect([], [0x21, 0, 1])],
    ['a will property twice', connect([], [0x18, 0, 0, 0, 1, 0x18, 0, 0, 0, 1])],
    ['a Payload Format Indicator of 2', connect([], [0x01, 2])],
    ['a Response Topic with a wildcard', connect([], [0x08, 0, 1, 0x23])],
    ['will properties longer than the packet', connect([], [0x26, 0xff, 0xff])],
    ['a Will QoS of 3', connect([], [], 0x1e)],
    ['a Will QoS without a will', connect([], [], 0x0a)],
    [
      'bytes behind its end',
      Uint8Array.from([...packetOf(0x10, field('MQTT'), [5, 2, 0, 0, 0], field('x'), [0])]),
    ],
    ['Authentication Data without a method', connect([0x16, 0, 1, 0], [])],
  ];

  test.each(bad)('%s: refused, and nothing of it stays', async (_name, bytes) => {
    const { broker, bystander, assertServes } = await openAttackedBroker();
    await subscribed(bystander, 'will/#');
    const peers = Array.from({ length: 20 }, () => open(broker));
    for (const peer of peers) peer.send(bytes);
    for (const peer of peers) {
      const answers = await peer.closed();
      expect(answers.every((answer) => answer.type === 'connack' && answer.reasonCode >= 0x80)).toBe(true);
    }
    await bystander.expectNothing();
    expect(broker.metrics()).toMatchObject({ connections: 1 });
    expect(broker.sessions().map(({ clientIdentifier }) => clientIdentifier)).not.toContain('leaky');
    await assertServes();
  });

  test('ten thousand of them leave the memory as it was', async () => {
    const { broker, assertServes } = await openAttackedBroker();
    const flood = async (count: number) => {
      for (let done = 0; done < count; done += 100) {
        const peers = Array.from({ length: 100 }, () => open(broker));
        peers.forEach((peer, index) => {
          peer.send(bad[index % bad.length]![1]);
        });
        await Promise.all(peers.map((peer) => peer.closed()));
      }
    };
    await flood(1_000);
    const collect = globalThis.gc ?? (() => {});
    collect();
    const before = process.memoryUsage().heapUsed;
    await flood(9_000);
    collect();
    // Without gc() the heap may hold garbage; a leak of one kilobyte each would still show.
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(
      globalThis.gc === undefined ? 150_000_000 : 5_000_000,
    );
    await assertServes();
  });
});

describe('21 session hijack by client id of another principal (CVE-2026-33215)', () => {
  const hooks: BrokerHooks = { authenticate: ({ userName }) => userName !== undefined };
  const as = (userName: string): Partial<ConnectPacket> => ({ userName, clientIdentifier: 'device-1' });
  const lasting = { properties: { sessionExpiryInterval: 3_600 }, cleanStart: false };

  test.each([3, 4, 5] as const)(
    'MQTT level %i: a connected client is not thrown out',
    async (protocolVersion) => {
      const { broker, assertServes } = await openAttackedBroker({ hooks }, { userName: 'good' });
      const alice = await connected(broker, as('alice'));
      await subscribed(alice, 'secret', { qos: 1 });
      for (const cleanStart of [true, false]) {
        const mallory = open(broker, { protocolVersion });
        const connack = await mallory.connect({ ...as('mallory'), protocolVersion, cleanStart });
        expect(connack.reasonCode).toBe(0x87);
        await mallory.closed();
      }
      const anonymous = open(broker, { protocolVersion });
      expect(
        (await anonymous.connect({ protocolVersion, clientIdentifier: 'device-1' })).reasonCode,
      ).toBeGreaterThan(0x80);
      await alice.expectNothing();
      await assertServes();
    },
  );

  test('a session that waits keeps its messages and subscriptions', async () => {
    const { broker, bystander, assertServes } = await openAttackedBroker({ hooks }, { userName: 'good' });
    const alice = await connected(broker, { ...as('alice'), ...lasting });
    await subscribed(alice, 'secret', { qos: 1 });
    alice.end();
    await alice.closed();
    await published(bystander, 'secret', 'for alice only', 1);
    for (const cleanStart of [true, false]) {
      const mallory = open(broker);
      expect((await mallory.connect({ ...as('mallory'), ...lasting, cleanStart })).reasonCode).toBe(0x87);
      await mallory.closed();
    }
    const again = await connected(broker, { ...as('alice'), ...lasting });
    expect(await texts(again, 1)).toEqual(['for alice only']);
    await assertServes();
  });

  test('knowing the name does not help before the password either', async () => {
    const { broker, assertServes } = await openAttackedBroker(
      { hooks: { authenticate: ({ password }) => Buffer.from(password ?? '').toString() === 'right' } },
      { userName: 'good', password: Buffer.from('right') },
    );
    const device = await connected(broker, { ...as('good'), password: Buffer.from('right') });
    const mallory = open(broker);
    mallory.send({ ...connectWithout('device-1'), userName: 'good', password: Buffer.from('wrong') });
    mallory.send(publish('bystander/x', 'sneaked in behind CONNECT'));
    expect(await mallory.receive('connack')).toMatchObject({ reasonCode: 0x86 });
    await mallory.closed();
    await device.expectNothing();
    await assertServes();
  });
});

function connectWithout(clientIdentifier: string): ConnectPacket {
  return {
    type: 'connect',
    protocolVersion: 5,
    clientIdentifier,
    cleanStart: true,
    keepAlive: 0,
    properties: {},
  };
}
