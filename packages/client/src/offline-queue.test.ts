/** Messages that wait: bounds, policies, expiry. */
import { noProperties } from '@petrel/protocol';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Client } from './client.js';
import { MessageQueue } from './message-queue.js';
import { OutboundMessage } from './outbound-message.js';
import { answer, nextEvent, ScriptedServer } from './scripted-server.suite.js';

let server: ScriptedServer;
let client: Client;
beforeEach(() => {
  server = new ScriptedServer();
});
afterEach(() => client?.destroy());

describe('offline', () => {
  test('messages of all QoS wait and leave in their order', async () => {
    client = server.client();
    const published = [0, 1, 2].map((qos) => client.publish(`t${qos}`, 'x', { qos: qos as 0 | 1 | 2 }));
    expect(client.pending).toEqual({ waiting: 3, inFlight: 0 });
    const { peer } = await server.handshake();
    const packets = [
      await peer.receive('publish'),
      await peer.receive('publish'),
      await peer.receive('publish'),
    ];
    expect(packets.map(({ topicName, dup }) => [topicName, dup])).toEqual([
      ['t0', false],
      ['t1', false],
      ['t2', false],
    ]);
    peer.send(
      answer('puback', packets[1]?.packetIdentifier ?? 0),
      answer('pubrec', packets[2]?.packetIdentifier ?? 0),
    );
    await peer.receive('pubrel');
    peer.send(answer('pubcomp', packets[2]?.packetIdentifier ?? 0));
    await Promise.all(published);
  });

  test('QoS 0 can be refused instead', async () => {
    client = server.client({ offlineQueue: { qos0: false } });
    await expect(client.publish('a', 'x')).rejects.toMatchObject({ code: 'PETREL_NOT_CONNECTED' });
  });

  test('without room the new message is rejected', async () => {
    client = server.client({ offlineQueue: { maximumMessages: 1 } });
    const kept = client.publish('a', 'x');
    await expect(client.publish('b', 'x', { qos: 1 })).rejects.toMatchObject({
      code: 'PETREL_QUEUE_FULL',
      reasonCode: 0x97,
      message: 'no room for the message to "b": 1 messages, 5 bytes wait (option "offlineQueue")'.replace(
        '5',
        '7',
      ),
    });
    await server.handshake();
    await kept;
  });

  test('drop-oldest gives the oldest up, and says so', async () => {
    client = server.client({ offlineQueue: { maximumMessages: 2, overflow: 'drop-oldest' } });
    const drop = nextEvent(client, 'drop');
    const [first, ...rest] = ['a', 'b', 'c'].map((topic) => client.publish(topic, 'x'));
    expect(await first).toMatchObject({ reasonCode: 0x97 });
    expect((await drop)[0].topicName).toBe('a');
    const { peer } = await server.handshake();
    expect((await peer.receive('publish')).topicName).toBe('b');
    expect((await peer.receive('publish')).topicName).toBe('c');
    await Promise.all(rest);
  });

  test('drop-newest gives the new one up', async () => {
    client = server.client({ offlineQueue: { maximumMessages: 1, overflow: 'drop-newest' } });
    const kept = client.publish('a', 'x');
    expect(await client.publish('b', 'x')).toMatchObject({ reasonCode: 0x97 });
    await server.handshake();
    expect(await kept).toMatchObject({ reasonCode: 0 });
  });

  test('a queue of nothing does not stop what can be sent at once', async () => {
    client = server.client({ offlineQueue: { maximumMessages: 0 } });
    await expect(client.publish('a', 'x')).rejects.toMatchObject({ code: 'PETREL_QUEUE_FULL' });
    const { peer } = await server.handshake();
    await client.connected();
    const published = client.publish('a', 'x', { qos: 1 });
    peer.send(answer('puback', (await peer.receive('publish')).packetIdentifier));
    await published;
  });

  test('a message that expired while it waited is rejected; the others are sent with what is left', async () => {
    client = server.client();
    const short = client.publish('a', 'x', { qos: 1, properties: { messageExpiryInterval: 5 } });
    const long = client.publish('b', 'x', { properties: { messageExpiryInterval: 60 } });
    const rejected = expect(short).rejects.toMatchObject({ code: 'PETREL_MESSAGE_EXPIRED' });
    const accepted = server.accept();
    server.clock.advance(7_500);
    const peer = await accepted;
    await peer.receive('connect');
    peer.send({ type: 'connack', sessionPresent: false, reasonCode: 0, properties: noProperties });
    expect(await peer.receive('publish')).toMatchObject({
      topicName: 'b',
      properties: { messageExpiryInterval: 53 },
    });
    await Promise.all([rejected, long]);
  });
});

describe('MessageQueue', () => {
  const message = (topicName: string) =>
    new OutboundMessage(topicName, new Uint8Array(0), 0, false, noProperties);
  const bounds = {
    maximumMessages: 10_000,
    maximumBytes: 1_000_000,
    overflow: 'reject',
    qos0: true,
  } as const;

  test('stays a queue over many comings and goings', () => {
    const queue = new MessageQueue(bounds);
    let pushed = 0;
    let shifted = 0;
    for (let round = 0; round < 100; round++) {
      for (let count = 0; count < 100; count++) queue.push(message(String(pushed++)));
      for (let count = 0; count < 60; count++) expect(queue.shift()?.topicName).toBe(String(shifted++));
    }
    expect(queue.length).toBe(4_000);
    while (queue.length > 0) expect(queue.shift()?.topicName).toBe(String(shifted++));
    expect([queue.length, queue.bytes, queue.peek()]).toEqual([0, 0, undefined]);
  });

  test('takes messages out of the middle, and others in before all', () => {
    const queue = new MessageQueue(bounds);
    const [a, b, c] = ['a', 'b', 'c'].map(message) as [OutboundMessage, OutboundMessage, OutboundMessage];
    for (const each of [a, b, c]) queue.push(each);
    expect(queue.remove(b)).toBe(true);
    expect(queue.remove(b)).toBe(false);
    queue.unshift([b]);
    expect(queue.clear().map(({ topicName }) => topicName)).toEqual(['b', 'a', 'c']);
  });

  test('counts bytes; a message larger than the whole queue drops nothing else', () => {
    const queue = new MessageQueue({ ...bounds, maximumBytes: 20, overflow: 'drop-oldest' });
    for (const name of ['a', 'b']) expect(queue.push(message(name))).toEqual([]);
    const large = new OutboundMessage('l', new Uint8Array(30), 0, false, noProperties);
    expect(queue.push(large)).toEqual([large]);
    const medium = new OutboundMessage('m', new Uint8Array(6), 0, false, noProperties);
    expect(queue.push(medium).map(({ topicName }) => topicName)).toEqual(['a']);
    expect(queue.bytes).toBeLessThanOrEqual(20);
  });
});
