/** Messages that no server may send. */
import { describe, expect, test } from 'vitest';
import { answer, publish, settled } from '../scripted-server.suite.js';
import { field, openAttackedClient, packetOf } from './attacked-client.suite.js';

describe('6 QoS 2 flood never released (CVE-2023-28366)', () => {
  test.each([1, 2] as const)(
    'QoS %i: one message above Receive Maximum ends the connection, and is not acknowledged [MQTT-3.3.4-7]',
    async (qos) => {
      const { peer, client, assertRefuses, assertServes } = await openAttackedClient({
        receiveMaximum: 3,
        onReceiveMaximumExceeded: 'disconnect',
      });
      // What nobody handles would be acknowledged at once.
      const release = await holdAll({ client, peer });
      for (let packetIdentifier = 1; packetIdentifier <= 4; packetIdentifier++) {
        peer.send(publish({ topicName: 'held', qos, packetIdentifier }));
      }
      await assertRefuses(0x93);
      expect(peer.unread.map(({ type }) => type)).toEqual(['disconnect']);
      release();
      await assertServes();
    },
  );

  test('repeating one identifier for ever holds one exchange [MQTT-4.3.3-10]', async () => {
    const { peer, assertServes } = await openAttackedClient({ receiveMaximum: 1 });
    for (let time = 0; time < 1_000; time++) {
      peer.send(publish({ topicName: 'other', qos: 2, packetIdentifier: 5, dup: time > 0 }));
    }
    for (let time = 0; time < 1_000; time++) {
      expect(await peer.receive('pubrec')).toMatchObject({ packetIdentifier: 5 });
    }
    peer.send(answer('pubrel', 5));
    await peer.receive('pubcomp');
    await assertServes();
  });
});

describe('8 very deep topics (CVE-2019-11779, CVE-2026-95844, GHSA-xxqp-5qx8-gj5q)', () => {
  test.each(['/'.repeat(65_535), 'a/'.repeat(32_767)])('as deep as a topic can be', async (topicName) => {
    const { peer, client, assertServes } = await openAttackedClient();
    const heard: number[] = [];
    client.on('message', (message) => heard.push(message.topicName.length));
    peer.send(publish({ topicName }));
    await settled();
    expect(heard).toEqual([topicName.length]);
    await assertServes();
  });
});

describe('9 zero-length topic with alias 0 or over the maximum (CVE-2021-34432)', () => {
  const alias = (value: number) => [0x23, value >> 8, value & 0xff];
  test.each([
    ['alias 0', packetOf(0x30, field('a'), [3], alias(0)), 0x94],
    ['alias 0 without a topic', packetOf(0x30, field(''), [3], alias(0)), 0x94],
    ['an alias above the maximum', packetOf(0x30, field('a'), [3], alias(3)), 0x94],
    ['an alias that stands for nothing', packetOf(0x30, field(''), [3], alias(2)), 0x82],
    ['neither topic nor alias', packetOf(0x30, field(''), [0]), 0x82],
  ])('%s: DISCONNECT [MQTT-3.3.2-8] [MQTT-3.1.2-26]', async (_name, bytes, reasonCode) => {
    const { peer, assertRefuses, assertServes } = await openAttackedClient({ topicAliasMaximum: 2 });
    peer.send(bytes);
    await assertRefuses(reasonCode);
    await assertServes();
  });

  test('any alias, where the client allows none [MQTT-3.1.2-27]', async () => {
    const { peer, assertRefuses, assertServes } = await openAttackedClient();
    peer.send(packetOf(0x30, field('a'), [3], alias(1)));
    await assertRefuses(0x94);
    await assertServes();
  });

  test('no topic on MQTT 3.1.1 [MQTT-4.7.3-1]', async () => {
    const { peer, assertRefuses, assertServes } = await openAttackedClient({ protocolVersion: 4 });
    peer.send(packetOf(0x30, field('')));
    await assertRefuses();
    await assertServes();
  });
});

describe('wildcards and nonsense in what a server publishes', () => {
  test.each(['#', '+', 'a/#', 'a/+/b', 'wanted/+'])(
    'Topic Name "%s": DISCONNECT [MQTT-3.3.2-2]',
    async (name) => {
      const { peer, assertRefuses, assertServes } = await openAttackedClient();
      peer.send(packetOf(0x30, field(name), [0]));
      await assertRefuses(0x90);
      await assertServes();
    },
  );

  test.each([
    ['a Packet Identifier of 0 [MQTT-2.2.1-3]', packetOf(0x32, field('a'), [0, 0], [0])],
    ['a Subscription Identifier of 0', packetOf(0x30, field('a'), [2], [0x0b, 0])],
    ['a property of CONNECT', packetOf(0x30, field('a'), [3], [0x21, 0, 1])],
    ['a property twice', packetOf(0x30, field('a'), [4], [0x01, 0, 0x01, 0])],
    ['a Response Topic with a wildcard [MQTT-3.3.2-14]', packetOf(0x30, field('a'), [4], [0x08, 0, 1, 0x23])],
    ['properties longer than the packet', packetOf(0x30, field('a'), [100])],
    ['a topic longer than the packet', packetOf(0x30, [0xff, 0xff, 0x61])],
  ])('%s: DISCONNECT', async (_name, bytes) => {
    const { peer, assertServes } = await openAttackedClient();
    peer.send(bytes);
    const last = (await peer.closed()).at(-1);
    expect(last?.type === 'disconnect' && last.reasonCode).toBeGreaterThanOrEqual(0x80);
    await assertServes();
  });

  test('Subscription Identifiers of no subscription: the topic decides', async () => {
    const { peer, assertServes } = await openAttackedClient();
    peer.send(
      publish({
        topicName: 'nobody',
        qos: 1,
        packetIdentifier: 9,
        properties: { subscriptionIdentifiers: [268_435_455] },
      }),
    );
    expect(await peer.receive('puback')).toMatchObject({ packetIdentifier: 9 });
    await assertServes();
  });
});

/** Subscribes with a handler that finishes when the returned function is called. */
async function holdAll({
  client,
  peer,
}: Pick<Awaited<ReturnType<typeof openAttackedClient>>, 'client' | 'peer'>): Promise<() => void> {
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const held = client.subscribe('held', { qos: 2 }, () => released);
  const { packetIdentifier } = await peer.receive('subscribe');
  peer.send({ type: 'suback', packetIdentifier, reasonCodes: [2], properties: {} });
  await held;
  return release;
}
