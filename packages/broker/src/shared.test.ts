/** Shared Subscriptions: one member per message, and nobody who is away swallows the share of others. */
import type { RawPeer } from '@petrel/testing';
import { describe, expect, test } from 'vitest';
import type { Broker } from './broker.js';
import {
  acknowledgement,
  connected,
  disconnect,
  openBroker,
  published,
  subscribed,
  text,
  texts,
} from './broker-fixture.suite.js';

const lasting = { cleanStart: false, properties: { sessionExpiryInterval: 100 } } as const;

async function member(
  broker: Broker,
  clientIdentifier: string,
  qos: 0 | 1 | 2,
  filter = '$share/g/a',
): Promise<RawPeer> {
  const peer = await connected(broker, { clientIdentifier, ...lasting });
  await subscribed(peer, filter, { qos });
  return peer;
}

async function publishAll(broker: Broker, payloads: readonly string[], qos: 0 | 1 | 2 = 2): Promise<void> {
  const publisher = await connected(broker);
  for (const payload of payloads) await published(publisher, 'a', payload, qos);
}

/** What each member has got so far. */
function unread(...members: readonly RawPeer[]): string[][] {
  return members.map((peer) =>
    peer.unread.map((packet) => (packet.type === 'publish' ? text(packet) : packet.type)),
  );
}

async function settle(...members: readonly RawPeer[]): Promise<void> {
  for (const peer of members) {
    peer.send({ type: 'pingreq' });
    while (!peer.unread.some(({ type }) => type === 'pingresp'))
      await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('a group', () => {
  test('shares messages in turn; each goes to exactly one', async () => {
    const { broker } = await openBroker();
    const members = [
      await member(broker, 'm1', 0),
      await member(broker, 'm2', 0),
      await member(broker, 'm3', 0),
    ];
    await publishAll(broker, ['1', '2', '3', '4', '5', '6'], 0);
    await publishAll(broker, [], 1);
    await settle(...members);
    const got = unread(...members).map((list) => list.filter((entry) => entry !== 'pingresp'));
    expect(got.map((list) => list.length)).toEqual([2, 2, 2]);
    expect(got.flat().sort()).toEqual(['1', '2', '3', '4', '5', '6']);
  });

  test('each ShareName gets every message, and so do ordinary subscriptions', async () => {
    const { broker } = await openBroker();
    const first = await member(broker, 'm1', 1, '$share/g/a');
    const second = await member(broker, 'm2', 1, '$share/h/a');
    const plain = await member(broker, 'm3', 1, 'a');
    await publishAll(broker, ['x']);
    for (const peer of [first, second, plain]) expect(await texts(peer, 1)).toEqual(['x']);
  });

  test('the QoS is the one granted to the member that is chosen [MQTT-4.8.2-3]', async () => {
    const { broker } = await openBroker();
    const members = [await member(broker, 'm1', 0), await member(broker, 'm2', 1)];
    await publishAll(broker, ['1', '2']);
    expect((await members[0]?.receive('publish'))?.qos).toBe(0);
    expect((await members[1]?.receive('publish'))?.qos).toBe(1);
  });

  test('a filter with wildcards and a ShareName with odd characters work', async () => {
    const { broker } = await openBroker();
    const peer = await member(broker, 'm1', 0, '$share/$a b*/+/#');
    await broker.publish({ topicName: 'x/y', payload: 'z' });
    expect(await texts(peer, 1)).toEqual(['z']);
  });

  test('members carry their own Subscription Identifiers', async () => {
    const { broker } = await openBroker();
    const peer = await connected(broker);
    await subscribed(peer, '$share/g/a', { subscriptionIdentifier: 5 });
    await broker.publish({ topicName: 'a' });
    expect((await peer.receive('publish')).properties.subscriptionIdentifiers).toEqual([5]);
  });
});

describe('members that are away', () => {
  test('an offline member is passed over while others are there (EMQX 3243, VerneMQ 618)', async () => {
    const { broker } = await openBroker();
    const away = await member(broker, 'away', 1);
    const here = await member(broker, 'here', 1);
    away.send(disconnect());
    await away.closed();
    await publishAll(broker, ['1', '2', '3', '4']);
    expect(await texts(here, 4)).toEqual(['1', '2', '3', '4']);
  });

  test('with everybody offline the messages wait', async () => {
    const { broker } = await openBroker();
    const away = await member(broker, 'away', 1);
    away.send(disconnect());
    await away.closed();
    await publishAll(broker, ['1', '2']);
    const back = await connected(broker, { clientIdentifier: 'away', ...lasting });
    expect(await texts(back, 2)).toEqual(['1', '2']);
  });

  test('a member without room is passed over', async () => {
    const { broker } = await openBroker();
    const full = await connected(broker, { clientIdentifier: 'full', properties: { receiveMaximum: 1 } });
    await subscribed(full, '$share/g/a', { qos: 1 });
    const free = await member(broker, 'free', 1);
    await publishAll(broker, ['1', '2', '3', '4']);
    expect(await texts(full, 1)).toHaveLength(1);
    expect(await texts(free, 3)).toHaveLength(3);
  });

  test('what a member had not acknowledged goes to the others when its session ends (Mosquitto 2662)', async () => {
    const { broker, clock } = await openBroker();
    const leaving = await member(broker, 'leaving', 1);
    await publishAll(broker, ['1', '2']);
    expect(await texts(leaving, 2)).toEqual(['1', '2']);
    const staying = await member(broker, 'staying', 1);
    leaving.destroy();
    await staying.expectNothing();
    clock.advance(100_000);
    expect(await texts(staying, 2)).toEqual(['1', '2']);
  });

  test('a QoS 2 message that was sent stays with its member, reconnected or ended [MQTT-4.8.2-4] [MQTT-4.8.2-5]', async () => {
    const { broker, clock } = await openBroker();
    const first = await member(broker, 'first', 2);
    await publishAll(broker, ['x']);
    const { packetIdentifier } = await first.receive('publish');
    const other = await member(broker, 'other', 2);
    first.destroy();
    await other.expectNothing();
    const back = await connected(broker, { clientIdentifier: 'first', ...lasting });
    expect(await back.receive('publish')).toMatchObject({ packetIdentifier, dup: true });
    back.destroy();
    await other.expectNothing();
    clock.advance(100_000);
    expect(broker.sessions().map(({ clientIdentifier }) => clientIdentifier)).not.toContain('first');
    await other.expectNothing();
  });

  test.each(['puback', 'pubrec'] as const)(
    'a %s of 0x80 or more ends it: nobody else is tried [MQTT-4.8.2-6]',
    async (type) => {
      const { broker } = await openBroker();
      const first = await member(broker, 'first', type === 'puback' ? 1 : 2);
      await publishAll(broker, ['x']);
      const { packetIdentifier } = await first.receive('publish');
      const other = await member(broker, 'other', 2);
      first.send(acknowledgement(type, packetIdentifier, 0x83));
      await first.expectNothing();
      first.destroy();
      await other.expectNothing();
      expect(
        broker.sessions().find(({ clientIdentifier }) => clientIdentifier === 'first')?.inFlightMessages,
      ).toBe(0);
    },
  );
});
