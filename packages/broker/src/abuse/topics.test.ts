/** Topic Names, Topic Filters and aliases made to hurt. */
import { describe, expect, test } from 'vitest';
import { connected, open, publish, published, subscribed } from '../broker-fixture.suite.js';
import { field, openAttackedBroker, packetOf } from './attacked-broker.suite.js';

const deepest = '/'.repeat(65_535);

describe('8 very deep topics (CVE-2019-11779, CVE-2026-95844, GHSA-xxqp-5qx8-gj5q)', () => {
  test.each([deepest, 'a/'.repeat(128), '/'.repeat(128)])('published', async (topicName) => {
    const { broker, bystander, assertServes } = await openAttackedBroker();
    await subscribed(bystander, '#');
    for (const retain of [false, true]) {
      const peer = await connected(broker);
      peer.send(publish(topicName, 'deep', { qos: 1, retain }));
      expect(await peer.closed()).toMatchObject([{ type: 'disconnect', reasonCode: 0x90 }]);
    }
    expect(broker.metrics().retainedMessages).toBe(0);
    await bystander.expectNothing();
    bystander.send({ type: 'unsubscribe', packetIdentifier: 9, topicFilters: ['#'], properties: {} });
    await bystander.receive('unsuback');
    await assertServes();
  });

  test('subscribed to: refused, the connection goes on', async () => {
    const { broker, assertServes } = await openAttackedBroker();
    const peer = await connected(broker);
    const filters = [
      deepest,
      '+/'.repeat(128),
      `${'+/'.repeat(128)}#`,
      `$share/group/${'+/'.repeat(128)}`,
      'fine',
    ];
    const suback = await subscribed(peer, filters, { qos: 1 });
    expect(suback.reasonCodes).toEqual([0x8f, 0x8f, 0x8f, 0x8f, 1]);
    expect(broker.metrics().subscriptions).toBe(2);
    peer.send({ type: 'unsubscribe', packetIdentifier: 2, topicFilters: [deepest], properties: {} });
    expect(await peer.receive('unsuback')).toMatchObject({ reasonCodes: [0x11] });
    await assertServes();
  });

  test('as deep as allowed: works, with all wildcards there can be', async () => {
    const { broker } = await openAttackedBroker();
    const topicName = '/'.repeat(127);
    const peer = await connected(broker);
    const filters = [topicName, Array(128).fill('+').join('/'), '#', `${'+/'.repeat(127)}#`];
    expect((await subscribed(peer, filters, { qos: 1 })).reasonCodes).toEqual([1, 1, 1, 1]);
    expect(await published(await connected(broker), topicName, 'deep', 1)).toBe(0);
    expect(await peer.receive('publish')).toMatchObject({ topicName });
  });

  test('left in a will: refused at CONNECT, before anybody has to publish it', async () => {
    const { broker, assertServes } = await openAttackedBroker();
    const peer = open(broker);
    const will = {
      topicName: deepest,
      payload: Buffer.from('x'),
      qos: 1,
      retain: true,
      properties: {},
    } as const;
    // Just within what a stranger may send.
    const { reasonCode } = await peer.connect({
      clientIdentifier: 'c',
      will: { ...will, topicName: '/'.repeat(60_000) },
    });
    expect(reasonCode).toBe(0x90);
    await peer.closed();
    await assertServes();
  });

  test('filters that branch at every level cost no more than there are of them', async () => {
    const { broker, assertServes } = await openAttackedBroker();
    const peer = await connected(broker);
    // All filters of 12 levels made of "a" and "+".
    const filters = Array.from({ length: 4_096 }, (_, bits) =>
      Array.from({ length: 12 }, (_level, at) => ((bits >> at) & 1 ? '+' : 'a')).join('/'),
    );
    for (let first = 0; first < filters.length; first += 512) {
      await subscribed(peer, filters.slice(first, first + 512));
    }
    const publisher = await connected(broker);
    for (let round = 0; round < 50; round++) {
      expect(await published(publisher, `a/a/a/a/a/a/a/a/a/a/a/${round}`, 'x', 1)).toBe(0);
    }
    await assertServes();
  });
});

describe('9 zero-length topic with alias 0 or over the maximum (CVE-2021-34432)', () => {
  const cases: [name: string, topicName: string, properties: number[], reasonCode: number][] = [
    ['no topic and no alias', '', [], 0x82],
    ['no topic and alias 0', '', [0x23, 0, 0], 0x94],
    ['no topic and an alias that was never set', '', [0x23, 0, 5], 0x82],
    ['no topic and an alias over the maximum', '', [0x23, 0xff, 0xff], 0x94],
    ['a topic and alias 0', 'a', [0x23, 0, 0], 0x94],
    ['a topic and an alias over the maximum', 'a', [0x23, 0, 11], 0x94],
    ['two aliases', 'a', [0x23, 0, 1, 0x23, 0, 1], 0x82],
  ];

  test.each(cases)('%s [MQTT-3.3.2-8] [MQTT-3.3.2-9]', async (_name, topicName, properties, reasonCode) => {
    const { broker, bystander, assertServes } = await openAttackedBroker({
      limits: { topicAliasMaximum: 10 },
    });
    await subscribed(bystander, ['', 'a'].filter(Boolean));
    const peer = await connected(broker);
    peer.send(packetOf(0x30, field(topicName), [properties.length, ...properties], [1, 2, 3]));
    expect(await peer.closed()).toMatchObject([{ type: 'disconnect', reasonCode }]);
    await bystander.expectNothing();
    await assertServes();
  });

  test('no topic on MQTT 3.1.1 [MQTT-4.7.3-1]', async () => {
    const { broker, assertServes } = await openAttackedBroker();
    const peer = await connected(broker, { protocolVersion: 4 });
    peer.send(packetOf(0x30, field(''), [1, 2, 3]));
    expect(await peer.closed()).toEqual([]);
    await assertServes();
  });

  test('an alias of another connection means nothing [MQTT-3.3.2-7]', async () => {
    const { broker, assertServes } = await openAttackedBroker();
    const owner = await connected(broker);
    owner.send(publish('a', 'x', { properties: { topicAlias: 1 } }));
    await owner.expectNothing();
    const peer = await connected(broker);
    peer.send(packetOf(0x30, field(''), [3, 0x23, 0, 1]));
    expect(await peer.closed()).toMatchObject([{ type: 'disconnect', reasonCode: 0x82 }]);
    await assertServes();
  });
});

describe('10 malformed $share (CVE-2026-95843)', () => {
  const malformed = [
    '$share',
    '$share/',
    '$share//a',
    '$share/group',
    '$share/group/',
    '$share/+/a',
    '$share/gr#up/a',
    '$share/g/a/#/b',
    '$share/g/a+',
  ];

  test.each([3, 4, 5] as const)(
    'MQTT level %i: refused, the connection goes on [MQTT-4.8.2-1] [MQTT-4.8.2-2]',
    async (protocolVersion) => {
      const { broker, bystander, assertServes } = await openAttackedBroker();
      const peer = await connected(broker, { protocolVersion });
      const properties = protocolVersion === 5 ? [0] : [];
      const filters = [...malformed, '$share/group/a'].map((filter) => [...field(filter), 1]);
      peer.send(packetOf(0x82, [0, 1], properties, ...filters));
      const { reasonCodes } = await peer.receive('suback');
      expect(reasonCodes.slice(0, -1).every((code) => code >= 0x80)).toBe(true);
      expect(reasonCodes.at(-1)).toBe(1);
      peer.send(packetOf(0xa2, [0, 2], properties, ...malformed.map(field)));
      await peer.receive('unsuback');
      expect(await published(bystander, 'a', 'for the group', 1)).toBe(0);
      await peer.receive('publish');
      await assertServes();
    },
  );

  test('published to: reserved', async () => {
    const { broker, assertServes } = await openAttackedBroker();
    const peer = await connected(broker);
    expect(await published(peer, '$share/group/a', 'x', 1)).toBe(0x87);
    await assertServes();
  });
});

describe('29 invalid UTF-8 relayed (CVE-2017-7653)', () => {
  const invalid: [name: string, bytes: number[]][] = [
    ['a byte that begins nothing', [0x61, 0x80]],
    ['a sequence cut short', [0xe2, 0x82]],
    ['an overlong slash', [0xc0, 0xaf]],
    ['an overlong NUL', [0xc0, 0x80]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['a code point above U+10FFFF', [0xf4, 0x90, 0x80, 0x80]],
    ['0xFF', [0xff, 0xfe]],
    ['U+0000', [0x61, 0x00]],
  ];
  const places: [name: string, packet: (bytes: number[]) => Uint8Array][] = [
    ['Topic Name', (bytes) => packetOf(0x30, field(bytes), [0], [1])],
    ['Topic Name of QoS 1', (bytes) => packetOf(0x32, field(bytes), [0, 1], [0], [1])],
    ['Topic Filter', (bytes) => packetOf(0x82, [0, 1], [0], field(bytes), [0])],
    ['Topic Filter of UNSUBSCRIBE', (bytes) => packetOf(0xa2, [0, 1], [0], field(bytes))],
    [
      'User Property',
      (bytes) => packetOf(0x30, field('utf8'), [5 + bytes.length, 0x26, ...field([]), ...field(bytes)]),
    ],
    ['Content Type', (bytes) => packetOf(0x30, field('utf8'), [3 + bytes.length, 0x03, ...field(bytes)])],
    ['Response Topic', (bytes) => packetOf(0x30, field('utf8'), [3 + bytes.length, 0x08, ...field(bytes)])],
    ['Reason String', (bytes) => packetOf(0xe0, [0], [3 + bytes.length, 0x1f, ...field(bytes)])],
  ];

  test.each(places)('in a %s [MQTT-1.5.4-1] [MQTT-1.5.4-2]', async (_name, packet) => {
    const { broker, bystander, assertServes } = await openAttackedBroker();
    await subscribed(bystander, ['utf8', '#']);
    for (const [, bytes] of invalid) {
      const peer = await connected(broker);
      peer.send(packet(bytes));
      const answers = await peer.closed();
      expect(answers.every((answer) => answer.type === 'disconnect' && answer.reasonCode >= 0x80)).toBe(true);
      await bystander.expectNothing();
    }
    bystander.send({ type: 'unsubscribe', packetIdentifier: 9, topicFilters: ['#'], properties: {} });
    await bystander.receive('unsuback');
    await assertServes();
  });

  test.each(invalid)('in a CONNECT: %s', async (_name, bytes) => {
    const { broker, assertServes } = await openAttackedBroker();
    const connects = [
      packetOf(0x10, field('MQTT'), [5, 2, 0, 0, 0], field(bytes)),
      packetOf(0x10, field('MQTT'), [5, 0x82, 0, 0, 0], field('id'), field(bytes)),
      packetOf(0x10, field('MQTT'), [5, 0x06, 0, 0, 0], field('id'), [0], field(bytes), field('payload')),
      packetOf(0x10, field('MQTT'), [4, 2, 0, 0], field(bytes)),
    ];
    for (const connect of connects) {
      const peer = open(broker);
      peer.send(connect);
      const answers = await peer.closed();
      expect(answers.every((answer) => answer.type === 'connack' && answer.reasonCode >= 0x80)).toBe(true);
    }
    expect(broker.sessions()).toHaveLength(1);
    await assertServes();
  });

  test('U+FEFF is a character like others, at the beginning too [MQTT-1.5.4-3]', async () => {
    const { broker } = await openAttackedBroker();
    const peer = await connected(broker);
    await subscribed(peer, '\ufefftopic');
    peer.send(publish('\ufefftopic', 'x'), publish('topic', 'y'));
    expect(await peer.receive('publish')).toMatchObject({ topicName: '\ufefftopic' });
    await peer.expectNothing();
  });
});
