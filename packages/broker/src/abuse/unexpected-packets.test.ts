/** Packets that no client would send, or not now. */
import type { Packet } from '@petrel/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  acknowledgement,
  connected,
  open,
  publish,
  published,
  subscribe,
  subscribed,
} from '../broker-fixture.suite.js';
import { field, openAttackedBroker, packetOf } from './attacked-broker.suite.js';

describe('27 packet order no client would send (CVE-2024-36856, CVE-2024-35512), second CONNECT', () => {
  test.each([3, 4, 5] as const)('MQTT level %i: a second CONNECT [MQTT-3.1.0-2]', async (protocolVersion) => {
    const { broker, assertServes } = await openAttackedBroker();
    const peer = await connected(broker, { protocolVersion, clientIdentifier: 'first' });
    peer.send(packetOf(0x10, field('MQTT'), [5, 2, 0, 0, 0], field('second')));
    const answers = await peer.closed();
    expect(answers).toMatchObject(protocolVersion === 5 ? [{ type: 'disconnect', reasonCode: 0x82 }] : []);
    expect(broker.sessions().map(({ clientIdentifier }) => clientIdentifier)).toEqual(['bystander']);
    await assertServes();
  });

  test('two CONNECTs in one chunk, while the first is still being decided', async () => {
    const { broker, assertServes } = await openAttackedBroker({ hooks: { authenticate: async () => true } });
    const peer = open(broker);
    const connect = (clientIdentifier: string) =>
      packetOf(0x10, field('MQTT'), [5, 2, 0, 0, 0], field(clientIdentifier));
    peer.send(connect('first'), connect('second'));
    expect(await peer.closed()).toMatchObject([
      { type: 'connack', reasonCode: 0 },
      { type: 'disconnect', reasonCode: 0x82 },
    ]);
    expect(broker.metrics().connections).toBe(1);
    await assertServes();
  });

  test('acknowledgements of messages that were never sent', async () => {
    const { broker, assertServes } = await openAttackedBroker();
    const peer = await connected(broker);
    peer.send(acknowledgement('puback', 9));
    await peer.expectNothing();
    peer.send(acknowledgement('pubrec', 9));
    expect(await peer.receive('pubrel')).toMatchObject({ packetIdentifier: 9, reasonCode: 0x92 });
    peer.send(acknowledgement('pubrel', 9));
    expect(await peer.receive('pubcomp')).toMatchObject({ packetIdentifier: 9, reasonCode: 0x92 });
    peer.send(acknowledgement('pubcomp', 9));
    await peer.expectNothing();
    await assertServes();
  });

  test('acknowledgements of the other QoS end no exchange that they do not belong to', async () => {
    const { broker, bystander, assertServes } = await openAttackedBroker();
    const peer = await connected(broker);
    await subscribed(peer, 'a', { qos: 2 });
    await published(bystander, 'a', 'exactly once', 2);
    const { packetIdentifier } = await peer.receive('publish');
    peer.send(acknowledgement('puback', packetIdentifier), acknowledgement('pubcomp', packetIdentifier), {
      type: 'pingreq',
    });
    let last: Packet = await peer.receive();
    if (last.type === 'pingresp') {
      peer.send(acknowledgement('pubrec', packetIdentifier));
      last = await peer.receive('pubrel');
      expect(last.reasonCode).toBe(0);
    } else {
      expect(last).toMatchObject({ type: 'disconnect', reasonCode: 0x82 });
    }
    await assertServes();
  });

  test('packets behind DISCONNECT are not read [MQTT-3.14.4-1]', async () => {
    const { broker, bystander, assertServes } = await openAttackedBroker();
    const peer = await connected(broker);
    peer.send(
      { type: 'disconnect', reasonCode: 0, properties: {} },
      publish('bystander/x', 'too late', { qos: 1 }),
    );
    expect(await peer.closed()).toEqual([]);
    await bystander.expectNothing();
    await assertServes();
  });

  test('any packets in any order, cut anywhere: answered or refused, never a fault of the broker', async () => {
    const { broker, assertServes } = await openAttackedBroker();
    const packetIdentifier = fc.integer({ min: 1, max: 4 });
    const topic = fc.constantFrom('a', 'a/b', '', '#', '$SYS/x', '$share/g/a', 'a/+');
    const qos = fc.constantFrom(0, 1, 2);
    const packet = fc.oneof(
      fc
        .tuple(topic, qos, fc.boolean(), fc.boolean(), packetIdentifier)
        .map(([name, level, dup, retain, id]) =>
          packetOf(
            0x30 | (dup ? 8 : 0) | (level << 1) | (retain ? 1 : 0),
            field(name),
            level ? [0, id] : [],
            [0],
            [1, 2],
          ),
        ),
      fc
        .tuple(fc.constantFrom(0x40, 0x50, 0x62, 0x70), packetIdentifier)
        .map(([first, id]) => packetOf(first, [0, id])),
      fc
        .tuple(fc.constantFrom(0x40, 0x50, 0x62, 0x70), packetIdentifier, fc.nat(255))
        .map(([first, id, code]) => packetOf(first, [0, id, code])),
      fc
        .tuple(packetIdentifier, topic, fc.nat(63))
        .map(([id, filter, options]) => packetOf(0x82, [0, id], [0], field(filter), [options])),
      fc.tuple(packetIdentifier, topic).map(([id, filter]) => packetOf(0xa2, [0, id], [0], field(filter))),
      fc.constant(packetOf(0xc0)),
      fc.constant(packetOf(0xf0)),
      fc
        .tuple(fc.nat(255), fc.uint8Array({ maxLength: 20 }))
        .map(([first, body]) => packetOf(first, [...body])),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(packet, { maxLength: 12 }),
        fc.nat(60),
        fc.boolean(),
        async (packets, cut, polite) => {
          const peer = await connected(broker, { clientIdentifier: 'fuzz', cleanStart: polite });
          const bytes = Buffer.concat(packets);
          peer.stream.write(bytes.subarray(0, cut));
          peer.stream.write(bytes.subarray(cut));
          if (polite) peer.send({ type: 'disconnect', reasonCode: 0, properties: {} });
          else peer.end();
          await peer.closed();
        },
      ),
      { numRuns: 300 },
    );
    const cleaner = await connected(broker, { clientIdentifier: 'fuzz' });
    cleaner.destroy();
    await assertServes();
  });

  test('SUBSCRIBE and UNSUBSCRIBE without a filter [MQTT-3.8.3-2] [MQTT-3.10.3-2]', async () => {
    const { broker, assertServes } = await openAttackedBroker();
    for (const firstByte of [0x82, 0xa2]) {
      const peer = await connected(broker);
      peer.send(packetOf(firstByte, [0, 1], [0]));
      expect(await peer.closed()).toMatchObject([{ type: 'disconnect', reasonCode: 0x82 }]);
    }
    await assertServes();
  });

  test('No Local on a Shared Subscription [MQTT-3.8.3-4]', async () => {
    const { broker, assertServes } = await openAttackedBroker();
    const peer = await connected(broker);
    peer.send(packetOf(0x82, [0, 1], [0], field('$share/g/a'), [0x04]));
    expect(await peer.closed()).toMatchObject([{ type: 'disconnect', reasonCode: 0x82 }]);
    await assertServes();
  });

  test('subscribing again and again to one filter holds one subscription [MQTT-3.8.4-3]', async () => {
    const { broker, assertServes } = await openAttackedBroker();
    const peer = await connected(broker);
    for (let round = 0; round < 1_000; round++) peer.send(subscribe(['a', '$share/g/a', 'a/#']));
    for (let round = 0; round < 1_000; round++) await peer.receive('suback');
    expect(broker.metrics().subscriptions).toBe(1 + 3);
    peer.send({ type: 'disconnect', reasonCode: 0, properties: {} });
    await peer.closed();
    expect(broker.metrics().subscriptions).toBe(1);
    await assertServes();
  });
});

describe('28 server-only packet from a client (CVE-2021-28166)', () => {
  const packets: [name: string, bytes: Uint8Array][] = [
    ['CONNACK', packetOf(0x20, [0, 0, 0])],
    ['SUBACK', packetOf(0x90, [0, 1, 0, 0])],
    ['UNSUBACK', packetOf(0xb0, [0, 1, 0, 0])],
    ['PINGRESP', packetOf(0xd0)],
    ['packet type 0', packetOf(0x00)],
  ];

  test.each(packets)('%s', async (_name, bytes) => {
    const { broker, assertServes } = await openAttackedBroker();
    for (const protocolVersion of [3, 4, 5] as const) {
      const peer = await connected(broker, { protocolVersion });
      peer.send(bytes);
      const answers = await peer.closed();
      if (protocolVersion !== 5) expect(answers).toEqual([]);
      else
        expect(answers).toMatchObject([
          { type: 'disconnect', reasonCode: expect.toSatisfy((code) => code === 0x81 || code === 0x82) },
        ]);
    }
    await assertServes();
  });

  test('AUTH, and DISCONNECT with a Reason Code of servers', async () => {
    const { broker, assertServes } = await openAttackedBroker();
    for (const bytes of [
      packetOf(0xf0),
      packetOf(0xf0, [0x18, 0]),
      packetOf(0xe0, [0x8d]),
      packetOf(0xe0, [0x05]),
    ]) {
      const peer = await connected(broker);
      peer.send(bytes);
      expect(await peer.closed()).toMatchObject([
        { type: 'disconnect', reasonCode: expect.toSatisfy((code) => code >= 0x81 && code <= 0x82) },
      ]);
    }
    const old = await connected(broker, { protocolVersion: 4 });
    old.send(packetOf(0xf0));
    expect(await old.closed()).toEqual([]);
    await assertServes();
  });

  test('flags that a packet does not have [MQTT-2.1.3-1]', async () => {
    const { broker, assertServes } = await openAttackedBroker();
    const bodies: [firstByte: number, ...parts: number[][]][] = [
      [0x41, [0, 1]],
      [0x60, [0, 1]],
      [0x80, [0, 1], [0], field('a'), [0]],
      [0xa0, [0, 1], [0], field('a')],
      [0xc1],
      [0xe1],
      [0x36, field('a'), [0, 1], [0]],
    ];
    for (const [firstByte, ...parts] of bodies) {
      const peer = await connected(broker);
      peer.send(packetOf(firstByte, ...parts));
      expect(await peer.closed()).toMatchObject([{ type: 'disconnect', reasonCode: 0x81 }]);
    }
    await assertServes();
  });
});
