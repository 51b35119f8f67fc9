/** What the WebSocket library assembles for clients that are in counts towards `maximumUnfinishedBytes`: of each a message is allowed, of thousands halves of one are not. */
import { once } from 'node:events';
import { encodePacket } from '@petrel/protocol';
import { eventually, RawPeer } from '@petrel/testing';
import { afterEach, expect, test } from 'vitest';
import { createWebSocketStream, WebSocket } from 'ws';
import { type Broker, createBroker } from '../broker.js';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function openBroker(): Promise<Broker> {
  const broker = await createBroker({
    listeners: [{ type: 'websocket', port: 0 }],
    limits: { maximumUnfinishedBytes: 100_000 },
    sysTopicsIntervalMs: 0,
  });
  cleanups.push(() => broker.destroy());
  return broker;
}

async function connected(broker: Broker, clientIdentifier: string) {
  const socket = new WebSocket(`ws://127.0.0.1:${broker.addresses[0]?.port}`, ['mqtt']);
  cleanups.push(() => socket.terminate());
  await once(socket, 'open');
  const peer = new RawPeer(createWebSocketStream(socket));
  expect((await peer.connect({ clientIdentifier })).reasonCode).toBe(0);
  return { socket, peer };
}

const half = Buffer.alloc(40_000);
const unfinished = (broker: Broker) => broker.metrics().unfinishedBytes;

test('the one whose message has been on its way for longest goes, with 0x97, and what it sent is given back', async () => {
  const broker = await openBroker();
  const first = await connected(broker, 'first');
  const second = await connected(broker, 'second');
  const third = await connected(broker, 'third');
  first.socket.send(half, { fin: false });
  await eventually(() => expect(unfinished(broker)).toBeGreaterThanOrEqual(40_000));
  second.socket.send(half, { fin: false });
  await eventually(() => expect(unfinished(broker)).toBeGreaterThanOrEqual(80_000));
  third.socket.send(half, { fin: false });
  expect(await first.peer.receive('disconnect')).toMatchObject({ reasonCode: 0x97 });
  await first.peer.closed();
  await eventually(() => expect(unfinished(broker)).toBeLessThan(100_000));
  expect([second, third].map(({ socket }) => socket.readyState)).toEqual([WebSocket.OPEN, WebSocket.OPEN]);
});

test('a message that comes to its end counts no more, and neither does a client that is gone', async () => {
  const broker = await openBroker();
  const client = await connected(broker, 'client');
  const ping = encodePacket({ type: 'pingreq' }, 5);
  const pings = Buffer.concat(Array.from({ length: 20_000 }, () => ping));
  client.socket.send(pings, { fin: false });
  await eventually(() => expect(unfinished(broker)).toBeGreaterThanOrEqual(40_000));
  client.socket.send(ping, { fin: true });
  await eventually(() => expect(unfinished(broker)).toBe(0));
  client.socket.send(half, { fin: false });
  await eventually(() => expect(unfinished(broker)).toBeGreaterThanOrEqual(40_000));
  client.socket.terminate();
  await eventually(() => expect(unfinished(broker)).toBe(0));
});
