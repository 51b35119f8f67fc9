/** Clients that take, or give, more than is good for the others. */

import { once } from 'node:events';
import { connect as connectSocket, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { RawPeer, serverCertificate, testAuthority } from '@petrel/testing';
import { describe, expect, test } from 'vitest';
import {
  acknowledgement,
  connected,
  connectedWith,
  open,
  publish,
  published,
  subscribed,
  texts,
} from '../broker-fixture.suite.js';
import { field, openAttackedBroker, packetOf } from './attacked-broker.suite.js';

const lasting = { cleanStart: false, properties: { sessionExpiryInterval: 3_600 } };

describe('5 a frozen subscriber stalls everybody (Aedes 1060)', () => {
  test.each([0, 1, 2] as const)(
    'QoS %i: the others get every message, the frozen one costs no more than its bounds',
    async (qos) => {
      const { broker, clock, assertServes } = await openAttackedBroker({
        limits: { outboundHighWaterMarkBytes: 65_536, sessionQueue: { maximumMessages: 50 } },
      });
      const frozen = await connected(broker, { clientIdentifier: 'frozen' });
      await subscribed(frozen, 'feed', { qos });
      frozen.stream.pause();
      const healthy = await connected(broker);
      await subscribed(healthy, 'feed', { qos: 0 });
      const publisher = await connected(broker);
      const payload = Buffer.alloc(10_000);
      for (let index = 1; index <= 200; index++) {
        publisher.send(
          publish('feed', payload, {
            qos,
            packetIdentifier: qos && index,
            properties: { userProperties: [['index', String(index)]] },
          }),
        );
        if (qos === 2) publisher.send(acknowledgement('pubrel', index));
      }
      // The publisher is slowed down for a while at most.
      const advancing = setInterval(() => clock.advance(100), 1);
      try {
        for (let index = 1; index <= 200; index++) {
          const message = await healthy.receive('publish');
          expect(message.properties.userProperties).toEqual([['index', String(index)]]);
        }
      } finally {
        clearInterval(advancing);
      }
      const session = broker.sessions().find(({ clientIdentifier }) => clientIdentifier === 'frozen');
      expect(session?.queuedMessages).toBeLessThanOrEqual(50);
      expect(broker.metrics().messagesDropped).toBeGreaterThan(0);
      await assertServes();
    },
  );

  test('one that does not even read its socket', async () => {
    const { broker, clock, assertServes } = await openAttackedBroker({
      listeners: [{ type: 'tcp', port: 0 }],
      limits: { outboundHighWaterMarkBytes: 65_536 },
    });
    const frozen = await RawPeer.connect(broker.addresses[0]!.port);
    await frozen.connect();
    await subscribed(frozen, 'feed');
    frozen.stream.pause();
    const publisher = await connected(broker);
    const healthy = await connected(broker);
    await subscribed(healthy, 'feed');
    const advancing = setInterval(() => clock.advance(100), 1);
    try {
      for (let index = 0; index < 300; index++) publisher.send(publish('feed', Buffer.alloc(50_000)));
      for (let index = 0; index < 300; index++) await healthy.receive('publish');
    } finally {
      clearInterval(advancing);
    }
    expect(broker.metrics().messagesDropped).toBeGreaterThan(0);
    await assertServes();
    frozen.destroy();
  });
});

describe('6 QoS 2 flood never released (CVE-2023-28366)', () => {
  test('MQTT 5: one message above Receive Maximum ends the connection [MQTT-3.3.4-7]', async () => {
    const { broker, assertServes } = await openAttackedBroker({ limits: { receiveMaximum: 10 } });
    const peer = await connected(broker);
    for (let packetIdentifier = 1; packetIdentifier <= 11; packetIdentifier++) {
      peer.send(publish('flood', 'x', { qos: 2, packetIdentifier }));
    }
    const answers = await peer.closed();
    expect(answers.map(({ type }) => type)).toEqual([...Array(10).fill('pubrec'), 'disconnect']);
    expect(answers.at(-1)).toMatchObject({ reasonCode: 0x93 });
    await assertServes();
  });

  test('MQTT 3.1.1 knows no Receive Maximum: as many as there are identifiers, each taken once', async () => {
    const { broker, assertServes } = await openAttackedBroker({ limits: { receiveMaximum: 10 } });
    const receiver = await connected(broker);
    await subscribed(receiver, 'flood');
    const peer = await connected(broker, { protocolVersion: 4 });
    for (let packetIdentifier = 1; packetIdentifier <= 2_000; packetIdentifier++) {
      const packet = publish('flood', String(packetIdentifier), { qos: 2, packetIdentifier });
      peer.send(packet, { ...packet, dup: true });
      await peer.receive('pubrec');
      await peer.receive('pubrec');
    }
    expect(await texts(receiver, 2_000)).toHaveLength(2_000);
    await receiver.expectNothing();
    peer.send(acknowledgement('pubrel', 2_000));
    expect(await peer.receive('pubcomp')).toMatchObject({ packetIdentifier: 2_000 });
    await assertServes();
  });

  test('many clients that never release', async () => {
    const { broker, assertServes } = await openAttackedBroker({ limits: { receiveMaximum: 100 } });
    const peers = await Promise.all(Array.from({ length: 50 }, () => connected(broker)));
    for (const peer of peers) {
      for (let packetIdentifier = 1; packetIdentifier <= 101; packetIdentifier++) {
        peer.send(publish('flood', Buffer.alloc(100), { qos: 2, packetIdentifier }));
      }
    }
    await Promise.all(peers.map((peer) => peer.closed()));
    expect(broker.metrics()).toMatchObject({ connections: 1, queuedMessages: 0 });
    await assertServes();
  });
});

describe('7 QoS 2 dedupe state left after a clean session (Aedes GHSA-p8r9-qf8w-p73r)', () => {
  test.each([3, 4, 5] as const)(
    'MQTT level %i: a new session takes the identifier for a new message',
    async (protocolVersion) => {
      const { broker, bystander, assertServes } = await openAttackedBroker();
      await subscribed(bystander, 'once', { qos: 0 });
      const as = {
        clientIdentifier: 'twice',
        protocolVersion,
        ...(protocolVersion === 5 && { properties: { sessionExpiryInterval: 60 } }),
      };
      const first = await connected(broker, { ...as, cleanStart: false });
      first.send(publish('once', 'first', { qos: 2, packetIdentifier: 7 }));
      await first.receive('pubrec');
      first.destroy();
      expect(await texts(bystander, 1)).toEqual(['first']);

      const second = await connected(broker, { ...as, cleanStart: true });
      second.send(publish('once', 'second', { qos: 2, packetIdentifier: 7 }));
      await second.receive('pubrec');
      expect(await texts(bystander, 1)).toEqual(['second']);
      second.destroy();
      await assertServes();
    },
  );

  test('a session that goes on still knows the identifier [MQTT-4.3.3-10]', async () => {
    const { broker, bystander, assertServes } = await openAttackedBroker();
    await subscribed(bystander, 'once', { qos: 0 });
    const first = await connected(broker, { ...lasting, clientIdentifier: 'resumed' });
    first.send(publish('once', 'first', { qos: 2, packetIdentifier: 7 }));
    await first.receive('pubrec');
    first.destroy();
    const { peer, connack } = await connectedWith(broker, { ...lasting, clientIdentifier: 'resumed' });
    expect(connack.sessionPresent).toBe(true);
    peer.send(publish('once', 'first', { qos: 2, packetIdentifier: 7, dup: true }));
    expect(await peer.receive('pubrec')).toMatchObject({ packetIdentifier: 7, reasonCode: 0 });
    peer.send(acknowledgement('pubrel', 7));
    expect(await peer.receive('pubcomp')).toMatchObject({ reasonCode: 0 });
    expect(await texts(bystander, 1)).toEqual(['first']);
    await bystander.expectNothing();
    await assertServes();
  });
});

describe('24 User Property flood (CVE-2021-41039)', () => {
  const property = [0x26, ...field('k'), ...field('v')];
  const properties = (count: number) => {
    const bytes = Array(count).fill(property).flat() as number[];
    // A Variable Byte Integer of two bytes.
    return [(bytes.length & 0x7f) | 0x80, bytes.length >> 7, ...bytes];
  };
  const packets: [name: string, packet: (count: number) => Uint8Array][] = [
    ['PUBLISH', (count) => packetOf(0x30, field('a'), properties(count))],
    ['PUBLISH of QoS 1', (count) => packetOf(0x32, field('a'), [0, 1], properties(count))],
    ['SUBSCRIBE', (count) => packetOf(0x82, [0, 1], properties(count), field('a'), [0])],
    ['UNSUBSCRIBE', (count) => packetOf(0xa2, [0, 1], properties(count), field('a'))],
    ['PUBACK', (count) => packetOf(0x40, [0, 1, 0], properties(count))],
    ['DISCONNECT', (count) => packetOf(0xe0, [4], properties(count))],
  ];

  test.each(packets)('in %s', async (_name, packet) => {
    const { broker, assertServes } = await openAttackedBroker({ limits: { maximumUserProperties: 20 } });
    const peer = await connected(broker);
    peer.send(packet(21));
    expect(await peer.closed()).toMatchObject([{ type: 'disconnect', reasonCode: 0x97 }]);
    const fine = await connected(broker);
    fine.send(packet(20), { type: 'pingreq' });
    const answers = [await fine.receive().catch(() => undefined)];
    expect(answers[0]?.type === 'disconnect').toBe(false);
    await assertServes();
  });

  test('in CONNECT and in its will', async () => {
    const { broker, assertServes } = await openAttackedBroker({ limits: { maximumUserProperties: 20 } });
    const connect = (count: number, willCount: number) =>
      packetOf(
        0x10,
        field('MQTT'),
        [5, 6, 0, 0],
        properties(count),
        field('flood'),
        properties(willCount),
        field('a'),
        field('x'),
      );
    for (const [count, willCount, reasonCode] of [
      [20, 20, 0],
      [21, 20, 0x97],
      [20, 21, 0x97],
    ] as const) {
      const peer = open(broker);
      peer.send(connect(count, willCount));
      expect(await peer.receive('connack')).toMatchObject({ reasonCode });
      peer.destroy();
    }
    await assertServes();
  });
});

describe('25 unbounded session queues (CVE-2026-95845, CVE-2021-33175)', () => {
  const absent = { ...lasting, clientIdentifier: 'absent' };
  const queueOf = (sessions: readonly { clientIdentifier: string; queuedMessages: number }[]) =>
    sessions.find(({ clientIdentifier }) => clientIdentifier === 'absent')?.queuedMessages;

  test.each(['drop-oldest', 'drop-newest'] as const)(
    'an absent client: %s at the bound of messages',
    async (overflow) => {
      const { broker, bystander, assertServes } = await openAttackedBroker({
        limits: { sessionQueue: { maximumMessages: 10, overflow } },
      });
      const peer = await connected(broker, absent);
      await subscribed(peer, 'queue', { qos: 2 });
      peer.destroy();
      await peer.closed();
      for (let index = 0; index < 100; index++)
        await published(bystander, 'queue', String(index), index % 2 === 0 ? 1 : 2);
      expect(queueOf(broker.sessions())).toBe(10);
      expect(broker.metrics()).toMatchObject({ queuedMessages: 10, messagesDropped: 90 });
      const again = await connected(broker, absent);
      const first = overflow === 'drop-oldest' ? 90 : 0;
      expect(await texts(again, 10)).toEqual(Array.from({ length: 10 }, (_, index) => String(first + index)));
      again.destroy();
      await assertServes();
    },
  );

  test('an absent client: the bound of bytes', async () => {
    const { broker, bystander, assertServes } = await openAttackedBroker({
      limits: { sessionQueue: { maximumBytes: 100_000 } },
    });
    const peer = await connected(broker, absent);
    await subscribed(peer, 'queue', { qos: 1 });
    peer.destroy();
    await peer.closed();
    for (let index = 0; index < 50; index++) await published(bystander, 'queue', 'x'.repeat(10_000), 1);
    await published(bystander, 'queue', 'x'.repeat(200_000), 1);
    expect(broker.metrics().queuedBytes).toBeLessThanOrEqual(100_000);
    expect(queueOf(broker.sessions())).toBe(9);
    await assertServes();
  });

  test('a client that reads and never acknowledges', async () => {
    const { broker, clock, bystander, assertServes } = await openAttackedBroker({
      limits: { sessionQueue: { maximumMessages: 10 } },
    });
    const peer = await connected(broker, { clientIdentifier: 'absent', properties: { receiveMaximum: 5 } });
    await subscribed(peer, 'queue', { qos: 1 });
    const advancing = setInterval(() => clock.advance(100), 1);
    try {
      for (let index = 0; index < 100; index++) await published(bystander, 'queue', String(index), 1);
    } finally {
      clearInterval(advancing);
    }
    expect(await texts(peer, 5)).toEqual(['0', '1', '2', '3', '4']);
    await peer.expectNothing();
    expect(broker.sessions().find(({ clientIdentifier }) => clientIdentifier === 'absent')).toMatchObject({
      queuedMessages: 10,
      inFlightMessages: 5,
    });
    await assertServes();
  });

  test('subscriptions and sessions have bounds too', async () => {
    const { broker, assertServes } = await openAttackedBroker({
      limits: { maximumSubscriptionsPerSession: 5, maximumSessions: 4 },
    });
    const peer = await connected(broker, { clientIdentifier: 'greedy' });
    const { reasonCodes } = await subscribed(peer, ['1', '2', '3', '4', '5', '6', '7'], { qos: 1 });
    expect(reasonCodes).toEqual([1, 1, 1, 1, 1, 0x97, 0x97]);
    expect((await subscribed(peer, '3', { qos: 0 })).reasonCodes).toEqual([0]);
    await connected(broker);
    const refused = open(broker);
    await connected(broker, { clientIdentifier: 'last' });
    expect((await refused.connect({ ...lasting, clientIdentifier: 'one too many' })).reasonCode).toBe(0x97);
    peer.destroy();
    await peer.closed();
    await assertServes();
  });
});

describe('35 two clients with one id throwing each other out; TLS connect flood', () => {
  test('a hundred takeovers in a row leave one session and one connection', async () => {
    const { broker, bystander, assertServes } = await openAttackedBroker();
    await subscribed(bystander, 'will/#');
    const will = {
      topicName: 'will/x',
      payload: Buffer.from(''),
      qos: 0 as const,
      retain: false,
      properties: { willDelayInterval: 60 },
    };
    let former: RawPeer | undefined;
    for (let round = 0; round < 100; round++) {
      const { peer, connack } = await connectedWith(broker, { ...lasting, clientIdentifier: 'twin', will });
      expect(connack.sessionPresent).toBe(round > 0);
      if (former !== undefined)
        expect(await former.closed()).toMatchObject([{ type: 'disconnect', reasonCode: 0x8e }]);
      former = peer;
    }
    expect(broker.metrics()).toMatchObject({ connections: 2, sessions: 2 });
    await bystander.expectNothing();
    await assertServes();
  });

  test('takeovers in the same turn, before any is answered', async () => {
    const { broker, assertServes } = await openAttackedBroker({ hooks: { authenticate: async () => true } });
    const peers = Array.from({ length: 50 }, () => open(broker));
    const connacks = await Promise.allSettled(
      peers.map((peer) => peer.connect({ clientIdentifier: 'twin' })),
    );
    expect(connacks.some(({ status }) => status === 'fulfilled')).toBe(true);
    await assertServes();
    expect(peers.filter((peer) => !peer.isClosed)).toHaveLength(1);
    expect(broker.sessions().filter(({ clientIdentifier }) => clientIdentifier === 'twin')).toHaveLength(1);
  });

  test('handshakes that never end give way to clients', async () => {
    const { broker, assertServes } = await openAttackedBroker({
      listeners: [{ type: 'tls', port: 0, ...serverCertificate }],
      limits: { maximumConnections: 20, connectTimeoutMs: 1_000 },
    });
    const { port } = broker.addresses[0]!;
    const flood = Array.from({ length: 40 }, () => connectSocket(port, '127.0.0.1'));
    await Promise.all(flood.map(cutOff));
    const socket = connectTls({ port, host: '127.0.0.1', ca: testAuthority });
    await once(socket, 'secureConnect');
    const peer = new RawPeer(socket);
    expect(await peer.connect()).toMatchObject({ reasonCode: 0 });
    await assertServes();
    peer.destroy();
  });
});

/** Settles when the broker has closed a socket that sends nothing. */
async function cutOff(socket: Socket): Promise<void> {
  socket.on('error', () => {});
  socket.resume();
  await new Promise((resolve) => socket.once('close', resolve));
}
