/** Spec corners of QoS 1 and 2: one quota in each direction, what frees it, and identifiers that come again. */
import { describe, expect, test } from 'vitest';
import {
  acknowledgement,
  connected,
  openBroker,
  publish,
  published,
  subscribed,
  text,
  texts,
} from '../broker-fixture.suite.js';
import { MemoryStore } from '../stores/memory-store.js';

describe('the quota towards a client', () => {
  test('is one for QoS 1 and 2, freed by PUBACK and PUBCOMP, not by PUBREC [MQTT-3.3.4-9]', async () => {
    const { broker } = await openBroker();
    const peer = await connected(broker, { properties: { receiveMaximum: 2 } });
    await subscribed(peer, 'one', { qos: 1 });
    await subscribed(peer, 'two', { qos: 2 });
    const publisher = await connected(broker);
    for (const [topicName, payload] of [
      ['two', 'a'],
      ['one', 'b'],
      ['two', 'c'],
      ['one', 'd'],
    ] as const) {
      await published(publisher, topicName, payload, 2);
    }
    const a = await peer.receive('publish');
    const b = await peer.receive('publish');
    expect([text(a), text(b)]).toEqual(['a', 'b']);
    await peer.expectNothing();
    peer.send(acknowledgement('pubrec', a.packetIdentifier));
    await peer.receive('pubrel');
    await peer.expectNothing();
    peer.send(acknowledgement('puback', b.packetIdentifier));
    expect(await texts(peer, 1)).toEqual(['c']);
    await peer.expectNothing();
    peer.send(acknowledgement('pubcomp', a.packetIdentifier));
    expect(await texts(peer, 1)).toEqual(['d']);
  });

  test('starts anew with each connection, as its CONNECT says (section 4.9)', async () => {
    const { broker } = await openBroker();
    const session = { clientIdentifier: 'c', cleanStart: false };
    const wide = { ...session, properties: { sessionExpiryInterval: 60, receiveMaximum: 3 } };
    const first = await connected(broker, wide);
    await subscribed(first, 'a', { qos: 1 });
    const publisher = await connected(broker);
    for (const payload of ['1', '2', '3', '4']) await published(publisher, 'a', payload, 1);
    expect(await texts(first, 3)).toEqual(['1', '2', '3']);
    first.destroy();
    const narrow = await connected(broker, {
      ...session,
      properties: { sessionExpiryInterval: 60, receiveMaximum: 1 },
    });
    for (const expected of ['1', '2', '3', '4']) {
      const packet = await narrow.receive('publish');
      expect(text(packet)).toBe(expected);
      await narrow.expectNothing();
      narrow.send(acknowledgement('puback', packet.packetIdentifier));
    }
  });
});

describe('the quota of the broker', () => {
  test.each([1, 2] as const)(
    'a message that is refused at QoS %i gives its place back, without PUBREL',
    async (qos) => {
      const { broker } = await openBroker({
        limits: { receiveMaximum: 1 },
        hooks: { authorizePublish: (_, { topicName }) => topicName !== 'no' },
      });
      const peer = await connected(broker);
      for (let round = 0; round < 5; round++) {
        expect(await published(peer, 'no', 'x', qos)).toBe(0x87);
      }
      await published(peer, 'yes', 'x', 2);
      await peer.expectNothing();
    },
  );

  test('a QoS 1 message too many ends the connection although none of them is acknowledged yet, and none is [MQTT-3.3.4-7]', async () => {
    let isSlow = false;
    let done = () => {};
    class SlowStore extends MemoryStore {
      #written = 0;

      override get written(): number {
        this.#written += 1;
        return this.#written;
      }

      override commit(): Promise<void> | undefined {
        if (!isSlow) return undefined;
        return new Promise((resolve) => {
          done = resolve;
        });
      }
    }
    const { broker } = await openBroker({ store: new SlowStore(), limits: { receiveMaximum: 2 } });
    const peer = await connected(broker);
    isSlow = true;
    for (const packetIdentifier of [1, 2, 3]) peer.send(publish('a', '', { qos: 1, packetIdentifier }));
    expect(await peer.receive('disconnect')).toMatchObject({ reasonCode: 0x93 });
    isSlow = false;
    done();
    expect(await peer.closed()).toEqual([]);
  });
});

describe('Packet Identifiers that come again', () => {
  test('each direction has its own: the same number is in use on both sides [MQTT-2.2.1-4]', async () => {
    const { broker } = await openBroker();
    const peer = await connected(broker);
    await subscribed(peer, 'a', { qos: 2 });
    peer.send(publish('a', 'mine', { qos: 2, packetIdentifier: 1 }));
    await peer.receive('publish');
    expect(await peer.receive('pubrec')).toMatchObject({ packetIdentifier: 1, reasonCode: 0 });
    peer.send(acknowledgement('pubrec', 1));
    expect(await peer.receive('pubrel')).toMatchObject({ packetIdentifier: 1, reasonCode: 0 });
    peer.send(acknowledgement('pubrel', 1));
    expect(await peer.receive('pubcomp')).toMatchObject({ packetIdentifier: 1, reasonCode: 0 });
    peer.send(acknowledgement('pubcomp', 1));
    await peer.expectNothing();
  });

  test('a QoS 2 identifier is free once PUBREC refused it: the next use is a new message [MQTT-4.3.3-9]', async () => {
    let isAllowed = false;
    const { broker } = await openBroker({ hooks: { authorizePublish: () => isAllowed } });
    const peer = await connected(broker);
    await subscribed(peer, 'a', { qos: 0 });
    expect(await published(peer, 'a', 'refused', 2, { packetIdentifier: 7 })).toBe(0x87);
    isAllowed = true;
    peer.send(publish('a', 'new', { qos: 2, packetIdentifier: 7 }));
    expect(await texts(peer, 1)).toEqual(['new']);
    expect(await peer.receive('pubrec')).toMatchObject({ packetIdentifier: 7, reasonCode: 0 });
  });

  test('the broker goes round all 65,535 and passes over the one that is still in use [MQTT-2.2.1-4]', async () => {
    const { broker } = await openBroker();
    const peer = await connected(broker);
    await subscribed(peer, 'a', { qos: 1 });
    const publisher = await connected(broker);
    await published(publisher, 'a', '', 1);
    const held = (await peer.receive('publish')).packetIdentifier;
    const seen = new Set<number>();
    for (let round = 0; round < 65_600; round++) {
      await broker.publish({ topicName: 'a', qos: 1 });
      const { packetIdentifier } = await peer.receive('publish');
      if (packetIdentifier === held) throw new Error(`identifier ${held} is used twice`);
      seen.add(packetIdentifier);
      peer.send(acknowledgement('puback', packetIdentifier));
    }
    await peer.expectNothing();
    expect(seen.has(0)).toBe(false);
    expect(broker.sessions().find(({ inFlightMessages }) => inFlightMessages === 1)).toBeDefined();
  });
});
