/**
 * The memory of the whole process has a ceiling that no flood passes: each kind against a broker in a process of its own, offered more than the
 * process may keep. Somebody who has nothing to do with it is served all the while.
 */
import { connect as connectTls } from 'node:tls';
import { encodePacket, type PublishPacket, type SubscribePacket } from '@petrel/protocol';
import { expect, test } from 'vitest';
import { type Attacker, FloodedBroker } from './flooded-broker.js';

const timeout = 120_000;
const mebibyte = 1_048_576;
const lasting = { cleanStart: false, properties: { sessionExpiryInterval: 3_600 } };

const publish = (
  topicName: string,
  payload: Uint8Array,
  fields: Partial<PublishPacket> = {},
): PublishPacket => ({
  type: 'publish',
  topicName,
  payload,
  qos: 0,
  retain: false,
  dup: false,
  packetIdentifier: 0,
  properties: {},
  ...fields,
});

const subscribe = (topicFilters: readonly string[], qos: 0 | 1 = 0): SubscribePacket => ({
  type: 'subscribe',
  packetIdentifier: 1,
  subscriptions: topicFilters.map((topicFilter) => ({
    topicFilter,
    qos,
    noLocal: false,
    retainAsPublished: false,
    retainHandling: 0,
  })),
  properties: {},
});

const identifier = (index: number) => (index % 65_535) + 1;
/** 128 levels, none of them shared with another topic. */
const deepTopic = (index: number) => `${index}${'/a'.repeat(127)}`;

/** As many at a time as a machine of two cores takes well. */
async function together<T>(count: number, make: (index: number) => Promise<T>): Promise<T[]> {
  const made: T[] = [];
  for (let index = 0; index < count; index += 50) {
    const some = Array.from({ length: Math.min(50, count - index) }, (_, offset) => make(index + offset));
    made.push(...(await Promise.all(some)));
  }
  return made;
}

test('strangers with half a CONNECT each', { timeout }, async () => {
  const broker = await FloodedBroker.start({
    maximumPacketSizeBeforeConnectBytes: 2 * mebibyte,
    maximumPendingConnections: 800,
  });
  // The length of 2,000,000 bytes, and nearly all of them.
  const half = Buffer.concat([Buffer.from([0x10, 0x80, 0x89, 0x7a]), Buffer.alloc(1_500_000)]);
  await together(300, async () => (await broker.stranger()).send(half));
  await broker.until(({ connectionsRefused }) => expect(connectionsRefused).toBeGreaterThan(250));
  const { unfinishedBytes } = await broker.assertStands();
  expect(unfinishedBytes).toBeLessThanOrEqual(16 * mebibyte);
});

test('sockets without a word', { timeout }, async () => {
  const broker = await FloodedBroker.start({ maximumPendingConnections: 100 });
  await together(3_000, () => broker.stranger());
  await broker.until(({ connectionsRefused, connectionsTurnedAway }) => {
    expect(connectionsRefused + connectionsTurnedAway).toBeGreaterThanOrEqual(2_900);
  });
  await broker.assertStands();
  await broker.until((now) => expect(now.memoryBytes).toBeLessThan(2 * mebibyte));
});

test('TLS handshakes from one address (broker-hardening 35)', { timeout }, async () => {
  const broker = await FloodedBroker.start({ connectionsPerSecondPerAddress: 20 });
  let answered = 0;
  let refusedUnread = 0;
  for (let round = 0; round < 30; round++) {
    await together(50, async () => {
      const raw = await broker.rawSecure();
      const closed = new Promise((resolve) => raw.once('close', resolve));
      // The whole handshake, as often as it is allowed; then gone again.
      const secure = connectTls({ socket: raw, rejectUnauthorized: false });
      secure.on('error', () => {});
      secure.once('secureConnect', () => raw.destroy());
      await closed;
      if (raw.bytesRead > 0) answered += 1;
      else refusedUnread += 1;
    });
    await broker.assertLetsInSecurely(`127.0.1.${round + 1}`);
  }
  const { connectionsTurnedAway, connectionsAccepted } = await broker.assertStands();
  // Those that were refused got no byte, and were not worth a handshake.
  expect(refusedUnread).toBe(connectionsTurnedAway);
  expect(answered + refusedUnread).toBe(1_500);
  expect(refusedUnread).toBeGreaterThan(answered);
  expect(connectionsAccepted).toBe(31);
});

test('clients with half a large packet each', { timeout }, async () => {
  const broker = await FloodedBroker.start({ maximumPacketSizeBytes: 16 * mebibyte });
  const attackers = await together(100, () => broker.client());
  // A PUBLISH of 10,000,000 bytes.
  const half = Buffer.concat([
    Buffer.from([0x30, 0x80, 0xad, 0xe2, 0x04, 0, 1, 0x61, 0]),
    Buffer.alloc(7_000_000),
  ]);
  await Promise.all(attackers.map((attacker) => attacker.send(half)));
  await broker.until(({ connectionsEnded }) => expect(connectionsEnded).toBeGreaterThan(90));
  const { unfinishedBytes } = await broker.assertStands();
  expect(unfinishedBytes).toBeLessThanOrEqual(16 * mebibyte);
});

test('lasting sessions with the longest names and Wills there are', { timeout }, async () => {
  const broker = await FloodedBroker.start({ maximumPacketSizeBeforeConnectBytes: 262_144 });
  await together(1_200, async (index) => {
    const attacker = await broker.client({
      ...lasting,
      clientIdentifier: `${index}`.padEnd(65_535, 'c'),
      userName: `${index}`.padEnd(65_535, 'u'),
      will: {
        topicName: `${index}`.padEnd(60_000, 'w'),
        payload: Buffer.alloc(65_535),
        qos: 1,
        retain: false,
        properties: { willDelayInterval: 3_600 },
      },
    });
    await attacker.vanish();
  });
  const { sessions, connectionsRefused } = await broker.assertStands();
  expect(sessions).toBeLessThan(1_000);
  expect(connectionsRefused).toBe(1_201 - sessions);
});

test('subscriptions that share no level', { timeout }, async () => {
  const broker = await FloodedBroker.start();
  const attackers = await together(3, () => broker.client());
  for (let index = 0; index < 30_000; index += 100) {
    const filters = Array.from({ length: 100 }, (_, offset) => deepTopic(index + offset));
    await (attackers[Math.floor(index / 10_000)] as Attacker).send(subscribe(filters));
  }
  const { subscriptions } = await broker.assertStands();
  expect(subscriptions).toBeGreaterThan(100);
  expect(subscriptions).toBeLessThan(2_000);
});

test.each([
  [
    'of 100 KB',
    (index: number) => publish(`retained/${index}`, Buffer.alloc(100_000), { retain: true }),
    300,
  ],
  [
    'with topics that share no level',
    (index: number) => publish(deepTopic(index), Buffer.from('x'), { retain: true }),
    10,
  ],
] as const)('retained messages %s', { timeout }, async (_name, message, megabytes) => {
  const broker = await FloodedBroker.start();
  const attacker = await broker.client();
  await attacker.sendUpTo(megabytes * 1_000_000, message);
  const { retainedMessages } = await broker.assertStands();
  expect(retainedMessages).toBeGreaterThan(400);
  expect(retainedMessages).toBeLessThan(2_000);
  await broker.until((now) => expect(now.memoryBytes).toBeLessThan(49 * mebibyte));
});

test('QoS 2 messages that are never released, on MQTT 3.1.1 (CVE-2023-28366)', { timeout }, async () => {
  const broker = await FloodedBroker.start();
  const attackers = await together(40, () => broker.client({ protocolVersion: 4 }));
  const packets = Array.from({ length: 65_535 }, (_, index) =>
    encodePacket(publish('q', Buffer.alloc(0), { qos: 2, packetIdentifier: identifier(index) }), 4),
  );
  const all = Buffer.concat(packets);
  await Promise.all(attackers.map((attacker) => attacker.send(all)));
  // Whoever is still there is answered when everything before it has been.
  const { connectionsEnded } = await broker.assertStands();
  await broker.until((now) => expect(now.memoryBytes).toBeLessThan(60 * mebibyte));
  expect(connectionsEnded).toBeLessThanOrEqual(40);
});

test('clients that take nothing from their sockets', { timeout }, async () => {
  const maximumOutboundBytes = 8 * mebibyte;
  const broker = await FloodedBroker.start({ maximumOutboundBytes });
  const attackers = await together(40, async (index) => {
    const attacker = await broker.client({}, false);
    await attacker.send(subscribe([`slow/${index}`]));
    return attacker;
  });
  // The system keeps some megabytes for each of them. Who takes no answers is not read in the end, and so does not come to the end of this.
  const sending = Promise.all(
    attackers.map((attacker, index) =>
      attacker.sendUpTo(14_000_000, () => publish(`slow/${index}`, Buffer.alloc(50_000))),
    ),
  );
  await broker.until(({ outboundBytes }) => expect(outboundBytes).toBeGreaterThan(maximumOutboundBytes / 2));
  const { outboundBytes } = await broker.assertStands();
  expect(outboundBytes).toBeLessThan(48 * mebibyte);
  for (const { socket } of attackers) socket.destroy();
  await sending;
});

test('clients that take everything and acknowledge nothing', { timeout }, async () => {
  const broker = await FloodedBroker.start();
  const attackers = await together(60, async (index) => {
    const attacker = await broker.client();
    await attacker.send(subscribe([`open/${index}`], 1));
    return attacker;
  });
  await Promise.all(
    attackers.map((attacker, index) =>
      attacker.sendUpTo(10_000_000, (count) =>
        publish(`open/${index}`, Buffer.alloc(50_000), { qos: 1, packetIdentifier: identifier(count) }),
      ),
    ),
  );
  const { messagesOverflowed } = await broker.assertStands();
  expect(messagesOverflowed).toBeGreaterThan(1_000);
  await broker.until((now) => expect(now.memoryBytes).toBeLessThan(60 * mebibyte));
});

test.each([
  ['payloads', (_index: number) => ({ payload: Buffer.alloc(50_000) })],
  [
    'User Properties',
    (index: number) => ({
      properties: {
        userProperties: Array.from({ length: 64 }, (_, at) => [`${index}/${at}`, 'v'.repeat(700)] as const),
      },
    }),
  ],
] as const)('queues of absent clients, full of %s', { timeout }, async (_name, fields) => {
  const broker = await FloodedBroker.start();
  await together(50, async (index) => {
    const absent = await broker.client({ ...lasting, clientIdentifier: `absent ${index}` });
    await absent.send(subscribe([`absent/${index}`], 1));
    await absent.vanish();
  });
  const attacker = await broker.client();
  await attacker.sendUpTo(250_000_000, (count) =>
    publish(`absent/${count % 50}`, Buffer.alloc(0), {
      qos: 1,
      packetIdentifier: identifier(count),
      ...fields(count),
    }),
  );
  const { messagesOverflowed, queuedBytes } = await broker.assertStands();
  expect(messagesOverflowed).toBeGreaterThan(1_000);
  await broker.until((now) => expect(now.memoryBytes).toBeLessThan(60 * mebibyte));
  expect(queuedBytes).toBeGreaterThan(5 * mebibyte);
});

test('Topic Aliases of the longest names there are', { timeout }, async () => {
  const broker = await FloodedBroker.start();
  const attackers = await together(150, () => broker.client());
  await Promise.all(
    attackers.map(async (attacker, client) => {
      for (let topicAlias = 1; topicAlias <= 64; topicAlias++) {
        const topicName = `${client}/${topicAlias}/`.padEnd(60_000, 'a');
        if (!(await attacker.send(publish(topicName, Buffer.alloc(0), { properties: { topicAlias } }))))
          return;
      }
    }),
  );
  await broker.until(({ connectionsEnded }) => expect(connectionsEnded).toBeGreaterThan(100));
  await broker.assertStands();
  await broker.until((now) => expect(now.memoryBytes).toBeLessThan(60 * mebibyte));
});
