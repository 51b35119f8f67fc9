/** Publishing on a connection that holds. */
import { noProperties } from '@petrel/protocol';
import type { RawPeer } from '@petrel/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Client } from './client.js';
import type { ClientOptions } from './options.js';
import { answer, ScriptedServer, settled } from './scripted-server.suite.js';

let server: ScriptedServer;
let client: Client;
let peer: RawPeer;
beforeEach(() => {
  server = new ScriptedServer();
});
afterEach(() => client?.destroy());

async function start(options: Partial<ClientOptions> = {}, properties = {}): Promise<void> {
  ({ client, peer } = await server.connected(options, { properties }));
}

describe('QoS', () => {
  test('0 ends when it is written, without identifier and DUP [MQTT-4.3.1-1] [MQTT-2.2.1-2] [MQTT-3.3.1-2]', async () => {
    await start();
    await expect(client.publish('a/b', 'x')).resolves.toEqual({ reasonCode: 0, properties: {} });
    expect(await peer.receive('publish')).toMatchObject({
      qos: 0,
      packetIdentifier: 0,
      dup: false,
      topicName: 'a/b',
    });
  });

  test('1 ends with PUBACK, with its Reason Code and properties [MQTT-4.3.2-1] [MQTT-4.3.2-2] [MQTT-4.3.2-3]', async () => {
    await start();
    const published = client.publish('a', 'x', {
      qos: 1,
      retain: true,
      properties: { contentType: 'text/plain' },
    });
    const packet = await peer.receive('publish');
    expect(packet).toMatchObject({
      qos: 1,
      dup: false,
      retain: true,
      properties: { contentType: 'text/plain' },
    });
    expect(client.pending).toEqual({ waiting: 0, inFlight: 1 });
    peer.send({ ...answer('puback', packet.packetIdentifier, 0x10), properties: { reasonString: 'nobody' } });
    expect(await published).toEqual({ reasonCode: 0x10, properties: { reasonString: 'nobody' } });
    expect(client.pending).toEqual({ waiting: 0, inFlight: 0 });
  });

  test('2 ends with PUBCOMP; PUBRELs go out in the order of the PUBRECs [MQTT-4.3.3-1] [MQTT-4.3.3-4] [MQTT-4.3.3-5] [MQTT-4.6.0-4]', async () => {
    await start();
    const published = ['a', 'b'].map((topic) => client.publish(topic, 'x', { qos: 2 }));
    const [a, b] = [await peer.receive('publish'), await peer.receive('publish')];
    peer.send(answer('pubrec', b.packetIdentifier), answer('pubrec', a.packetIdentifier, 0x10));
    expect(await peer.receive('pubrel')).toMatchObject({ packetIdentifier: b.packetIdentifier });
    expect(await peer.receive('pubrel')).toMatchObject({ packetIdentifier: a.packetIdentifier });
    peer.send(answer('pubcomp', a.packetIdentifier), answer('pubcomp', b.packetIdentifier));
    expect((await Promise.all(published)).map((result) => result.reasonCode)).toEqual([0x10, 0]);
  });

  test.each([
    ['puback', 1],
    ['pubrec', 2],
  ] as const)('a %s of 0x80 or more rejects and ends the exchange [MQTT-4.4.0-2]', async (type, qos) => {
    await start();
    const published = client.publish('a', 'x', { qos });
    const { packetIdentifier } = await peer.receive('publish');
    peer.send({ ...answer(type, packetIdentifier, 0x87), properties: { reasonString: 'not you' } });
    await expect(published).rejects.toMatchObject({
      code: 'PETREL_PUBLISH_REFUSED',
      reasonCode: 0x87,
      message: 'the server refused the message to "a": 0x87 not authorized: not you',
    });
    expect(client.pending.inFlight).toBe(0);
    const again = client.publish('a', 'y', { qos: 1 });
    const second = await peer.receive('publish');
    peer.send(answer('puback', second.packetIdentifier));
    await again;
  });

  test('PUBREC for an unknown identifier gets PUBREL 0x92', async () => {
    await start();
    peer.send(answer('pubrec', 9));
    expect(await peer.receive('pubrel')).toMatchObject({ packetIdentifier: 9, reasonCode: 0x92 });
  });

  test.each([
    ['puback', 2],
    ['pubrec', 1],
    ['pubcomp', 2],
  ] as const)(
    'a %s that no QoS %i message gets ends the connection and fails the message: it met the same answer on every connection, for ever',
    async (type, qos) => {
      await start();
      peer.send(answer('puback', 9));
      const published = client.publish('a', 'x', { qos });
      const { packetIdentifier } = await peer.receive('publish');
      const other = client.publish('b', 'y', { qos: 1 });
      await peer.receive('publish');
      peer.send(answer(type, packetIdentifier));
      await expect(published).rejects.toMatchObject({ code: 'PETREL_ACKNOWLEDGEMENT_INVALID' });
      expect(await peer.receive('disconnect')).toMatchObject({ reasonCode: 0x82 });
      ({ peer } = await server.reconnected(client, peer, { sessionPresent: true }));
      const again = await peer.receive('publish');
      expect(again).toMatchObject({ topicName: 'b', dup: true });
      peer.send(answer('puback', again.packetIdentifier));
      await other;
    },
  );
});

describe('Receive Maximum', () => {
  test('holds further messages back, all QoS in their order, and no other packet [MQTT-3.3.4-7] [MQTT-3.3.4-8] [MQTT-4.9.0-1] [MQTT-4.9.0-2] [MQTT-4.9.0-3]', async () => {
    await start({}, { receiveMaximum: 2 });
    const published = [1, 2, 1, 0].map((qos, index) =>
      client.publish(`t${index}`, 'x', { qos: qos as 0 | 1 | 2 }),
    );
    const first = await peer.receive('publish');
    const second = await peer.receive('publish');
    client.subscribe('s').catch(() => {});
    expect((await peer.receive('subscribe')).subscriptions[0]?.topicFilter).toBe('s');
    await settled();
    expect(peer.unread).toEqual([]);
    expect(client.pending).toEqual({ waiting: 2, inFlight: 2 });
    peer.send(answer('puback', first.packetIdentifier));
    const third = await peer.receive('publish');
    expect([third.topicName, (await peer.receive('publish')).topicName]).toEqual(['t2', 't3']);
    peer.send(answer('pubrec', second.packetIdentifier), answer('puback', third.packetIdentifier));
    await peer.receive('pubrel');
    peer.send(answer('pubcomp', second.packetIdentifier));
    await Promise.all(published);
  });

  test('identifiers in use are never taken twice [MQTT-2.2.1-3] [MQTT-4.3.2-1] [MQTT-4.3.3-1]', async () => {
    await start();
    const published = Array.from({ length: 300 }, (_, index) =>
      client.publish('a', String(index), { qos: (1 + (index % 2)) as 1 | 2 }),
    );
    client.subscribe('s').catch(() => {});
    const seen = new Set<number>();
    for (let count = 0; count < 300; count++) seen.add((await peer.receive('publish')).packetIdentifier);
    seen.add((await peer.receive('subscribe')).packetIdentifier);
    expect(seen.size).toBe(301);
    expect(seen.has(0)).toBe(false);
    client.destroy();
    await Promise.allSettled(published);
  });
});

test('what is published in one turn leaves in one write, in the order of the calls', async () => {
  await start();
  const chunks: number[] = [];
  peer.stream.on('data', (chunk: Uint8Array) => chunks.push(chunk.length));
  const published = Array.from({ length: 50 }, (_, index) =>
    client.publish(`t/${index}`, 'x', { qos: index % 2 ? 1 : 0 }),
  );
  for (let index = 0; index < 50; index++) {
    const packet = await peer.receive('publish');
    expect(packet.topicName).toBe(`t/${index}`);
    if (packet.qos === 1) peer.send(answer('puback', packet.packetIdentifier));
  }
  await Promise.all(published);
  expect(chunks).toHaveLength(1);
});

test('payloads larger than the slab arrive whole, between small ones', async () => {
  await start();
  const large = new Uint8Array(300_000).map((_, index) => index % 251);
  const published = [
    client.publish('s', 'before'),
    client.publish('l', large, { qos: 1 }),
    client.publish('s', 'after'),
  ];
  expect((await peer.receive('publish')).topicName).toBe('s');
  const packet = await peer.receive('publish');
  expect(packet.payload).toEqual(large);
  peer.send(answer('puback', packet.packetIdentifier));
  expect((await peer.receive('publish')).topicName).toBe('s');
  await Promise.all(published);
});

describe('Topic Aliases', () => {
  test('are used when asked for, within what the server takes, and start anew with each connection [MQTT-3.2.2-17] [MQTT-3.3.2-7] [MQTT-3.3.2-8] [MQTT-3.3.2-9]', async () => {
    await start({ automaticTopicAliases: true }, { topicAliasMaximum: 1 });
    for (const topic of ['a', 'a', 'b']) void client.publish(topic, 'x');
    expect(await peer.receive('publish')).toMatchObject({ topicName: 'a', properties: { topicAlias: 1 } });
    expect(await peer.receive('publish')).toMatchObject({ topicName: '', properties: { topicAlias: 1 } });
    expect(await peer.receive('publish')).toMatchObject({ topicName: 'b', properties: noProperties });
    ({ peer } = await server.reconnected(client, peer, { properties: { topicAliasMaximum: 1 } }));
    void client.publish('b', 'x');
    expect(await peer.receive('publish')).toMatchObject({ topicName: 'b', properties: { topicAlias: 1 } });
  });

  test('are not used without a Topic Alias Maximum [MQTT-3.2.2-18]', async () => {
    await start({ automaticTopicAliases: true });
    await client.publish('a', 'x');
    expect((await peer.receive('publish')).properties.topicAlias).toBeUndefined();
  });
});

describe('abort', () => {
  test('takes a waiting message out of the queue', async () => {
    await start({}, { receiveMaximum: 1 });
    const controller = new AbortController();
    const first = client.publish('first', 'x', { qos: 1 });
    const second = client.publish('second', 'x', { qos: 1, signal: controller.signal });
    const third = client.publish('third', 'x', { qos: 1 });
    controller.abort(new Error('never mind'));
    await expect(second).rejects.toThrow('never mind');
    peer.send(answer('puback', (await peer.receive('publish')).packetIdentifier));
    const packet = await peer.receive('publish');
    expect(packet.topicName).toBe('third');
    peer.send(answer('puback', packet.packetIdentifier));
    await Promise.all([first, third]);
  });

  test('of a message in flight ends the wait, not the exchange', async () => {
    await start();
    const controller = new AbortController();
    const published = client.publish('a', 'x', { qos: 2, signal: controller.signal });
    const { packetIdentifier } = await peer.receive('publish');
    controller.abort(new Error('too slow'));
    await expect(published).rejects.toThrow('too slow');
    peer.send(answer('pubrec', packetIdentifier));
    await peer.receive('pubrel');
    peer.send(answer('pubcomp', packetIdentifier));
  });

  test('before the call publishes nothing', async () => {
    await start();
    const signal = AbortSignal.abort(new Error('no'));
    await expect(client.publish('a', 'x', { qos: 1, signal })).rejects.toThrow('no');
    await settled();
    expect(peer.unread).toEqual([]);
  });
});

describe('bad arguments', () => {
  test.each([
    [
      'a wildcard [MQTT-3.3.2-2] [MQTT-4.7.0-1]',
      ['a/+', 'x', {}],
      'Topic Name "a/+" contains a wildcard [MQTT-3.3.2-2]',
    ],
    ['an empty topic [MQTT-4.7.3-1]', ['', 'x', {}], 'Topic Name is empty [MQTT-4.7.3-1]'],
    ['U+0000 [MQTT-4.7.3-2]', ['a\0', 'x', {}], 'U+0000'],
    ['a long topic [MQTT-4.7.3-3]', ['a'.repeat(65_536), 'x', {}], 'at most 65535 fit'],
    ['no topic', [undefined, 'x', {}], 'Topic Name must be a string, got undefined'],
    ['QoS 3 [MQTT-3.3.1-4]', ['a', 'x', { qos: 3 }], 'publish option "qos" must be 0, 1 or 2, got 3'],
    ['an object', ['a', { x: 1 }, {}], 'payload must be a string or a Uint8Array, got Object'],
    ['an unknown option', ['a', 'x', { quality: 1 }], 'publish option "quality" is unknown'],
    [
      'an unknown property',
      ['a', 'x', { properties: { messageExpiry: 1 } }],
      'property "messageExpiry" is unknown; those of PUBLISH are',
    ],
    ['a wrong retain', ['a', 'x', { retain: 1 }], 'publish option "retain" must be true or false, got 1'],
    ['a bad property', ['a', 'x', { properties: { messageExpiryInterval: -1 } }], 'messageExpiryInterval'],
    ['a Topic Alias', ['a', 'x', { properties: { topicAlias: 1 } }], 'automaticTopicAliases'],
    [
      'a Subscription Identifier [MQTT-3.3.4-6]',
      ['a', 'x', { properties: { subscriptionIdentifiers: [1] } }],
      '[MQTT-3.3.4-6]',
    ],
    [
      'a Response Topic with a wildcard [MQTT-3.3.2-14]',
      ['a', 'x', { properties: { responseTopic: 'r/#' } }],
      'Response Topic "r/#"',
    ],
  ])('%s is refused before anything is sent', async (_, args, message) => {
    await start();
    await expect(client.publish(...(args as Parameters<Client['publish']>))).rejects.toThrow(message);
    await settled();
    expect(peer.unread).toEqual([]);
    expect(client.status).toBe('connected');
  });
});
