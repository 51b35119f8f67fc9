/** Subscriptions as async iterables. */
import type { RawPeer } from '@petrel/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Client } from './client.js';
import { publish, ScriptedServer, settled, suback, unsuback } from './scripted-server.suite.js';
import type { SubscribeOptions } from './subscribe-options.js';

let server: ScriptedServer;
let client: Client;
let peer: RawPeer;
beforeEach(async () => {
  server = new ScriptedServer();
  ({ client, peer } = await server.connected());
});
afterEach(() => client.destroy());

async function subscribe(options: SubscribeOptions = {}) {
  const subscribed = client.subscribe('#', { qos: 1, ...options });
  peer.send(suback(await peer.receive('subscribe')));
  return subscribed;
}

const send = (...numbers: number[]) =>
  peer.send(
    ...numbers.map((number) => publish({ topicName: `t/${number}`, qos: 1, packetIdentifier: number })),
  );

test('gives the messages in order, and acknowledges each when the next is asked for', async () => {
  const subscription = await subscribe();
  const messages = subscription[Symbol.asyncIterator]();
  send(1, 2);
  expect((await messages.next()).value?.topicName).toBe('t/1');
  await settled();
  expect(peer.unread).toEqual([]);
  expect((await messages.next()).value?.topicName).toBe('t/2');
  expect(await peer.receive('puback')).toMatchObject({ packetIdentifier: 1 });
  const third = messages.next();
  expect(await peer.receive('puback')).toMatchObject({ packetIdentifier: 2 });
  send(3);
  expect((await third).value?.topicName).toBe('t/3');
});

test('leaving the loop unsubscribes and acknowledges what was buffered [MQTT-4.5.0-2]', async () => {
  const subscription = await subscribe();
  const loop = (async () => {
    for await (const message of subscription) return message.topicName;
    return undefined;
  })();
  send(1, 2);
  const packet = await peer.receive('puback');
  expect(packet.packetIdentifier).toBe(1);
  expect(await peer.receive('puback')).toMatchObject({ packetIdentifier: 2 });
  peer.send(unsuback(await peer.receive('unsubscribe')));
  expect(await loop).toBe('t/1');
});

test('a subscription that nobody iterates stops nothing', async () => {
  await subscribe();
  send(1, 2);
  await peer.receive('puback');
  await peer.receive('puback');
});

test.each([
  ['drop-oldest', ['t/2', 't/3']],
  ['drop-newest', ['t/1', 't/2']],
] as const)('a full buffer: %s, counted, and refused with 0x97', async (overflow, kept) => {
  const subscription = await subscribe({ bufferMessages: 2, overflow });
  const messages = subscription[Symbol.asyncIterator]();
  send(1, 2, 3);
  await settled();
  expect([(await messages.next()).value?.topicName, (await messages.next()).value?.topicName]).toEqual(kept);
  expect(subscription.dropped).toBe(1);
  void messages.next();
  const answers = [await peer.receive('puback'), await peer.receive('puback'), await peer.receive('puback')];
  expect(answers.filter(({ reasonCode }) => reasonCode === 0x97)).toHaveLength(1);
});

test('ends with unsubscribe(), after what is buffered', async () => {
  const subscription = await subscribe();
  send(1);
  await peer.receive('puback');
  const ended = subscription.unsubscribe();
  peer.send(unsuback(await peer.receive('unsubscribe')));
  await ended;
  const topics: string[] = [];
  for await (const message of subscription) topics.push(message.topicName);
  expect(topics).toEqual(['t/1']);
});

test('ends with the client', async () => {
  const subscription = await subscribe();
  const loop = (async () => {
    for await (const _ of subscription) expect.unreachable('no message was sent');
    return 'ended';
  })();
  await settled();
  client.destroy();
  expect(await loop).toBe('ended');
});

test('goes on over connections', async () => {
  const subscription = await subscribe();
  const messages = subscription[Symbol.asyncIterator]();
  const first = messages.next();
  send(1);
  await first;
  ({ peer } = await server.reconnected(client, peer, { sessionPresent: true }));
  peer.send(publish({ topicName: 't/1', qos: 1, packetIdentifier: 1, dup: true }));
  const second = messages.next();
  expect(await peer.receive('puback')).toMatchObject({ packetIdentifier: 1 });
  send(2);
  expect((await second).value?.topicName).toBe('t/2');
});

test('a subscription with a handler cannot be iterated', async () => {
  const subscribed = client.subscribe('a', () => {});
  peer.send(suback(await peer.receive('subscribe')));
  const subscription = await subscribed;
  expect(() => subscription[Symbol.asyncIterator]()).toThrow('cannot be iterated');
});
