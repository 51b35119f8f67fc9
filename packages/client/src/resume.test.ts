/** Over lost connections: sessions resumed and lost, backoff, status. */
import type { RawPeer } from '@petrel/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Client } from './client.js';
import type { ClientOptions } from './options.js';
import { backoffDelayMs } from './reconnect.js';
import {
  answer,
  connack,
  nextEvent,
  ScriptedServer,
  settled,
  suback,
  unsuback,
  whenStatus,
} from './scripted-server.suite.js';

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

/** Three messages in flight: QoS 1, QoS 2, and QoS 2 that is released; returns their identifiers. */
async function threeInFlight() {
  const published = ([1, 2, 2] as const).map((qos, index) => client.publish(`t${index}`, 'x', { qos }));
  const packets = [
    await peer.receive('publish'),
    await peer.receive('publish'),
    await peer.receive('publish'),
  ];
  const [one, two, released] = packets.map((packet) => packet.packetIdentifier) as [number, number, number];
  peer.send(answer('pubrec', released));
  await peer.receive('pubrel');
  return { published, one, two, released };
}

describe('a resumed session', () => {
  test('gets PUBLISH with DUP and PUBREL again, same identifiers, original order [MQTT-4.4.0-1] [MQTT-4.6.0-1] [MQTT-3.3.1-1] [MQTT-4.3.3-6] [MQTT-2.3.1-3]', async () => {
    await start();
    const { published, one, two, released } = await threeInFlight();
    const later = client.publish('later', 'x', { qos: 1 });
    const { packetIdentifier: last } = await peer.receive('publish');
    ({ peer } = await server.reconnected(client, peer, { sessionPresent: true }));
    expect(await peer.receive('pubrel')).toMatchObject({ packetIdentifier: released });
    expect(await peer.receive('publish')).toMatchObject({
      topicName: 't0',
      dup: true,
      packetIdentifier: one,
    });
    expect(await peer.receive('publish')).toMatchObject({
      topicName: 't1',
      dup: true,
      packetIdentifier: two,
    });
    expect(await peer.receive('publish')).toMatchObject({
      topicName: 'later',
      dup: true,
      packetIdentifier: last,
    });
    peer.send(
      answer('puback', one),
      answer('pubrec', two),
      answer('pubcomp', released, 0x92),
      answer('puback', last),
    );
    await peer.receive('pubrel');
    peer.send(answer('pubcomp', two));
    expect((await Promise.all([...published, later])).map(({ reasonCode }) => reasonCode)).toEqual([
      0, 0, 0, 0,
    ]);
  });

  test('is asked for with Clean Start 0, and not subscribed to again [MQTT-3.1.2-23]', async () => {
    await start();
    const subscribed = client.subscribe('a/#', { qos: 1 }, () => {});
    peer.send(suback(await peer.receive('subscribe')));
    await subscribed;
    const again = await server.reconnected(client, peer, { sessionPresent: true });
    expect(again.connect).toMatchObject({ cleanStart: false, properties: { sessionExpiryInterval: 60 } });
    await settled();
    expect(again.peer.unread).toEqual([]);
  });

  test('what was published meanwhile follows what is resent', async () => {
    await start({}, { receiveMaximum: 1 });
    const first = client.publish('first', 'x', { qos: 1 });
    await peer.receive('publish');
    peer.destroy();
    await whenStatus(client, 'offline');
    const second = client.publish('second', 'x', { qos: 1 });
    server.clock.advance(60_000);
    ({ peer } = await server.handshake({ sessionPresent: true, properties: { receiveMaximum: 1 } }));
    for (const topicName of ['first', 'second']) {
      const packet = await peer.receive('publish');
      expect(packet).toMatchObject({ topicName, dup: topicName === 'first' });
      peer.send(answer('puback', packet.packetIdentifier));
    }
    await Promise.all([first, second]);
  });

  test('a SUBSCRIBE or UNSUBSCRIBE without its answer is asked again', async () => {
    await start();
    const kept = client.subscribe('kept', () => {});
    peer.send(suback(await peer.receive('subscribe')));
    const ending = (await kept).unsubscribe();
    await peer.receive('unsubscribe');
    const asked = client.subscribe('a', () => {});
    await peer.receive('subscribe');
    ({ peer } = await server.reconnected(client, peer, { sessionPresent: true }));
    const unsubscribe = await peer.receive('unsubscribe');
    expect(unsubscribe.topicFilters).toEqual(['kept']);
    const subscribe = await peer.receive('subscribe');
    expect(subscribe.subscriptions[0]?.topicFilter).toBe('a');
    peer.send(unsuback(unsubscribe), suback(subscribe));
    await Promise.all([ending, asked]);
  });
});

describe('a lost session', () => {
  test('messages are sent as new, in order, before what waits; what PUBREC had confirmed is done [MQTT-3.2.2-5] [MQTT-4.4.0-1]', async () => {
    await start();
    const { published } = await threeInFlight();
    peer.destroy();
    await whenStatus(client, 'offline');
    const later = client.publish('later', 'x');
    server.clock.advance(60_000);
    ({ peer } = await server.handshake());
    expect((await published[2])?.reasonCode).toBe(0);
    const [a, b] = [await peer.receive('publish'), await peer.receive('publish')];
    expect([a, b]).toMatchObject([
      { topicName: 't0', qos: 1, dup: false },
      { topicName: 't1', qos: 2, dup: false },
    ]);
    expect((await peer.receive('publish')).topicName).toBe('later');
    peer.send(answer('puback', a.packetIdentifier), answer('pubrec', b.packetIdentifier));
    await peer.receive('pubrel');
    peer.send(answer('pubcomp', b.packetIdentifier));
    await Promise.all([...published, later]);
  });

  test('messages are rejected where the options say so', async () => {
    await start({ onSessionLost: 'reject' });
    const { published } = await threeInFlight();
    const outcome = Promise.allSettled(published);
    await server.reconnected(client, peer);
    expect(await outcome).toMatchObject([
      { reason: { code: 'PETREL_SESSION_LOST' } },
      { reason: { code: 'PETREL_SESSION_LOST' } },
      { value: { reasonCode: 0 } },
    ]);
  });

  test('everything is subscribed to again, in order and with its options; ended ones are not', async () => {
    await start();
    const filters = ['a', 'b', 'c'];
    const subscribed = filters.map((filter) =>
      client.subscribe(filter, { qos: 1, retainHandling: 1 }, () => {}),
    );
    for (const _ of filters) peer.send(suback(await peer.receive('subscribe')));
    const [, b] = await Promise.all(subscribed);
    peer.destroy();
    await whenStatus(client, 'offline');
    const ended = b?.unsubscribe();
    server.clock.advance(60_000);
    ({ peer } = await server.handshake());
    for (const topicFilter of ['a', 'c']) {
      const packet = await peer.receive('subscribe');
      expect(packet.subscriptions).toMatchObject([{ topicFilter, qos: 1, retainHandling: 1 }]);
      peer.send(suback(packet));
    }
    await ended;
    expect(peer.unread).toEqual([]);
  });

  test('a renewed subscription that is refused is an error event', async () => {
    await start();
    const subscribed = client.subscribe('a', () => {});
    peer.send(suback(await peer.receive('subscribe')));
    await subscribed;
    const failed = nextEvent(client, 'error');
    ({ peer } = await server.reconnected(client, peer));
    peer.send(suback(await peer.receive('subscribe'), 0x87));
    expect((await failed)[0]).toMatchObject({ code: 'PETREL_SUBSCRIBE_REFUSED', reasonCode: 0x87 });
  });

  test('MQTT 3.1.1 with Clean Session starts anew every time [MQTT-3.1.2-6]', async () => {
    await start({ protocolVersion: 4 });
    const published = client.publish('a', 'x', { qos: 1 });
    await peer.receive('publish');
    const again = await server.reconnected(client, peer);
    expect(again.connect.cleanStart).toBe(true);
    const packet = await again.peer.receive('publish');
    expect(packet.dup).toBe(false);
    again.peer.send(answer('puback', packet.packetIdentifier));
    await published;
  });

  test('MQTT 3.1.1 without Clean Session resumes [MQTT-3.1.2-4]', async () => {
    await start({ protocolVersion: 4, cleanStart: false, clientIdentifier: 'probe' });
    const published = client.publish('a', 'x', { qos: 1 });
    await peer.receive('publish');
    const again = await server.reconnected(client, peer, { sessionPresent: true });
    expect(again.connect.cleanStart).toBe(false);
    const packet = await again.peer.receive('publish');
    expect(packet.dup).toBe(true);
    again.peer.send(answer('puback', packet.packetIdentifier));
    await published;
  });
});

describe('status', () => {
  test('is replayed to a new listener and follows the connection', async () => {
    client = server.client();
    const seen: string[] = [];
    client.on('status', (status) => seen.push(status));
    ({ peer } = await server.handshake());
    await client.connected();
    ({ peer } = await server.reconnected(client, peer));
    const closed = client.close();
    await peer.closed();
    peer.end();
    await closed;
    expect(seen).toEqual(['connecting', 'connected', 'offline', 'reconnecting', 'connected', 'closed']);
    const late: string[] = [];
    client.on('status', (status) => late.push(status));
    expect(late).toEqual(['closed']);
  });

  test('the reason of a lost connection is told', async () => {
    await start();
    const lost = nextEvent(client, 'disconnect');
    peer.send({ type: 'disconnect', reasonCode: 0x8b, properties: { reasonString: 'nightly restart' } });
    expect((await lost)[0]).toMatchObject({
      code: 'PETREL_CONNECTION_ENDED',
      reasonCode: 0x8b,
      message: 'the server disconnected: 0x8B server shutting down: nightly restart',
    });
    await peer.closed(); // [MQTT-4.13.2-1]
  });

  test('reconnect: false closes with the first loss', async () => {
    await start({ reconnect: false });
    const pending = client.publish('a', 'x', { qos: 1 });
    await peer.receive('publish');
    const rejected = expect(pending).rejects.toMatchObject({ code: 'PETREL_CONNECTION_LOST' });
    peer.destroy();
    await whenStatus(client, 'closed');
    await rejected;
  });
});

describe('backoff', () => {
  test('doubles up to the maximum, with full jitter', () => {
    const policy = { minDelayMs: 100, maxDelayMs: 1000 };
    const bounds = [0, 1, 2, 3, 4, 100].map((failures) => backoffDelayMs(failures, policy, () => 0.999999));
    expect(bounds).toEqual([99, 199, 399, 799, 999, 999]);
    expect(backoffDelayMs(3, policy, () => 0)).toBe(0);
  });

  test('grows while a server accepts and throws out at once, and starts over after a connection that held', async () => {
    await start({ random: () => 0.5, reconnect: { minDelayMs: 1000, maxDelayMs: 60_000 } });
    const delays: number[] = [];
    for (const heldMs of [0, 0, 10_000]) {
      server.clock.advance(heldMs);
      peer.destroy();
      await whenStatus(client, 'offline');
      const before = server.clock.now();
      server.clock.advanceToNext();
      delays.push(server.clock.now() - before);
      const next = await server.accept();
      await next.receive('connect');
      next.send(connack());
      await client.connected();
      peer = next;
    }
    expect(delays).toEqual([500, 1000, 500]);
  });
});
