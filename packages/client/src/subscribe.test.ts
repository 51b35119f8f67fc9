/** Subscribing, unsubscribing, and which handler a message is for. */
import type { RawPeer } from '@petrel/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
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

/** Subscribes a handler that notes what it gets; returns the identifiers that the server was given. */
async function note(
  filters: string | string[],
  seen: string[],
  name = String(filters),
  options: SubscribeOptions = {},
) {
  const subscribed = client.subscribe(filters, options, (message) =>
    seen.push(`${name}: ${message.topicName}`),
  );
  const identifiers: number[] = [];
  for (const _ of [filters].flat()) {
    const packet = await peer.receive('subscribe');
    identifiers.push(packet.properties.subscriptionIdentifier ?? 0);
    peer.send(suback(packet));
  }
  return { subscription: await subscribed, identifiers };
}

describe('subscribe', () => {
  test('sends the options, and resolves with what is granted [MQTT-3.8.3-1] [MQTT-3.8.3-2]', async () => {
    const options = { qos: 2, noLocal: true, retainAsPublished: true, retainHandling: 2 } as const;
    const subscribed = client.subscribe('a/+', options, () => {});
    const packet = await peer.receive('subscribe');
    expect(packet).toMatchObject({
      subscriptions: [{ topicFilter: 'a/+', ...options }],
      properties: { subscriptionIdentifier: 1 },
    });
    peer.send(suback(packet, 1));
    const subscription = await subscribed;
    expect(subscription).toMatchObject({ topicFilters: ['a/+'], reasonCode: 1, reasonCodes: [1] });
  });

  test('a refused filter rejects, and its handler gets nothing', async () => {
    const seen: string[] = [];
    const subscribed = client.subscribe('secret/#', (message) => seen.push(message.topicName));
    const packet = await peer.receive('subscribe');
    peer.send(
      { ...suback(packet, 0x87), properties: { reasonString: 'not for you' } },
      publish({ topicName: 'secret/a' }),
    );
    await expect(subscribed).rejects.toMatchObject({
      code: 'PETREL_SUBSCRIBE_REFUSED',
      reasonCode: 0x87,
      message: 'the server answered 0x87 not authorized in SUBACK for "secret/#": not for you',
    });
    peer.send(publish({ topicName: 'secret/b' }));
    await settled();
    expect(seen).not.toContain('secret/b');
  });

  test('of several filters: all or none', async () => {
    const subscribed = client.subscribe(['a', 'b'], () => {});
    peer.send(suback(await peer.receive('subscribe')));
    peer.send(suback(await peer.receive('subscribe'), 0x80));
    await expect(subscribed).rejects.toMatchObject({ reasonCode: 0x80 });
    expect((await peer.receive('unsubscribe')).topicFilters).toEqual(['a']);
  });

  test('offline waits for the connection, with the handler in place before it', async () => {
    const seen: string[] = [];
    const later = new ScriptedServer();
    const offline = later.client();
    const subscribed = offline.subscribe('#', (message) => seen.push(message.topicName));
    const { peer: first } = await later.handshake();
    first.send(publish({ topicName: 'at once' }));
    first.send(suback(await first.receive('subscribe')));
    await subscribed;
    expect(seen).toEqual(['at once']);
    offline.destroy();
  });

  test('can be aborted, which undoes it', async () => {
    const controller = new AbortController();
    const subscribed = client.subscribe('a', { signal: controller.signal }, () => {});
    await peer.receive('subscribe');
    controller.abort(new Error('enough'));
    await expect(subscribed).rejects.toThrow('enough');
    expect((await peer.receive('unsubscribe')).topicFilters).toEqual(['a']);
    await expect(client.subscribe('b', { signal: controller.signal })).rejects.toThrow('enough');
  });

  test.each([
    ['a bad filter [MQTT-4.7.1-1]', 'a/#/b', {}, '[MQTT-4.7.1-1]'],
    ['"+" beside others [MQTT-4.7.1-2]', 'a+', {}, '[MQTT-4.7.1-2]'],
    ['an empty filter [MQTT-4.7.3-1]', '', {}, '[MQTT-4.7.3-1]'],
    ['no filter [MQTT-3.8.3-2]', [], {}, '[MQTT-3.8.3-2]'],
    ['a ShareName that is none [MQTT-4.8.2-1]', '$share//a', {}, '[MQTT-4.8.2-1]'],
    ['a ShareName with a wildcard [MQTT-4.8.2-2]', '$share/+/a', {}, '[MQTT-4.8.2-2]'],
    ['noLocal on a Shared Subscription [MQTT-3.8.3-4]', '$share/g/a', { noLocal: true }, '[MQTT-3.8.3-4]'],
    ['QoS 3', 'a', { qos: 3 }, 'option "qos" must be one of 0, 1, 2, got 3'],
    ['a wrong name', 'a', { QoS: 1 }, 'option "QoS" is unknown; did you mean "qos"?'],
    ['a buffer of nothing', 'a', { bufferMessages: 0 }, 'must be an integer of at least 1 (messages), got 0'],
  ])('refuses %s', async (_, filter, options, message) => {
    await expect(client.subscribe(filter, options as SubscribeOptions)).rejects.toThrow(message);
    await settled();
    expect(peer.unread).toEqual([]);
  });
});

test('a handler that cannot be called is refused, and nothing is asked for', async () => {
  await expect(client.subscribe('a', {}, 'print' as never)).rejects.toThrow(
    'the handler must be a function, got "print"',
  );
  await settled();
  expect(peer.unread).toEqual([]);
});

describe('unsubscribe', () => {
  test('ends the handler at once and resolves with UNSUBACK [MQTT-3.10.3-1] [MQTT-3.10.3-2]', async () => {
    const seen: string[] = [];
    const { subscription } = await note('a', seen);
    const ended = subscription.unsubscribe();
    const packet = await peer.receive('unsubscribe');
    expect(packet.topicFilters).toEqual(['a']);
    peer.send(publish({ topicName: 'a' }), unsuback(packet));
    await ended;
    await subscription.unsubscribe();
    expect(seen).toEqual([]);
  });

  test('rejects when the server refuses, and takes 0x11 for done', async () => {
    const { subscription } = await note('a', []);
    const refused = expect(subscription.unsubscribe()).rejects.toMatchObject({
      code: 'PETREL_UNSUBSCRIBE_REFUSED',
    });
    peer.send(unsuback(await peer.receive('unsubscribe'), 0x87));
    await refused;
    const unknown = client.unsubscribe('b');
    peer.send(unsuback(await peer.receive('unsubscribe'), 0x11));
    await unknown;
  });

  test('keeps the filter while somebody else has it', async () => {
    const seen: string[] = [];
    const first = await note('a', seen, 'first');
    const second = await note('a', seen, 'second', { qos: 1 });
    await first.subscription.unsubscribe();
    peer.send(publish({ topicName: 'a' }));
    await settled();
    expect([peer.unread, seen]).toEqual([[], ['second: a']]);
    void second.subscription.unsubscribe();
    expect((await peer.receive('unsubscribe')).topicFilters).toEqual(['a']);
  });

  test('by filter ends it for everybody', async () => {
    const seen: string[] = [];
    await note('a', seen, 'first');
    await note('a', seen, 'second');
    const ended = client.unsubscribe('a');
    peer.send(unsuback(await peer.receive('unsubscribe')), publish({ topicName: 'a' }));
    await ended;
    await settled();
    expect(seen).toEqual([]);
  });

  test('filter by filter ends a loop over several with the last of them', async () => {
    const subscribed = client.subscribe(['a', 'b']);
    for (let filter = 0; filter < 2; filter++) peer.send(suback(await peer.receive('subscribe')));
    const subscription = await subscribed;
    const loop = subscription[Symbol.asyncIterator]();
    const first = loop.next();
    const endedA = client.unsubscribe('a');
    peer.send(unsuback(await peer.receive('unsubscribe')), publish({ topicName: 'b' }));
    await endedA;
    expect((await first).value?.topicName).toBe('b');
    const last = loop.next();
    const endedB = client.unsubscribe('b');
    peer.send(unsuback(await peer.receive('unsubscribe')));
    await endedB;
    expect(await last).toEqual({ done: true, value: undefined });
  });

  test('of what was never asked asks nothing', async () => {
    const later = new ScriptedServer();
    const offline = later.client();
    const subscribed = offline.subscribe('a', () => {});
    const ended = offline.unsubscribe('a');
    await subscribed;
    const { peer: first } = await later.handshake();
    await ended;
    await settled();
    expect(first.unread).toEqual([]);
    offline.destroy();
  });
});

describe('a second subscription to the same filter', () => {
  test('asks for what serves both', async () => {
    await note('a', [], 'first', { qos: 2, noLocal: true });
    const subscribed = client.subscribe('a', { qos: 0, retainAsPublished: true }, () => {});
    const packet = await peer.receive('subscribe');
    expect(packet.subscriptions).toMatchObject([{ qos: 2, noLocal: false, retainAsPublished: true }]);
    peer.send(suback(packet));
    await subscribed;
  });
});

describe('each handler runs once for each message', () => {
  test('when the server sends one message for all matching filters', async () => {
    const seen: string[] = [];
    const all = await note('a/#', seen);
    const one = await note('a/b', seen);
    const both = await note(['a/+', '+/b'], seen, 'both');
    const subscriptionIdentifiers = [all, one, both].flatMap(({ identifiers }) => identifiers);
    peer.send(publish({ topicName: 'a/b', properties: { subscriptionIdentifiers } }));
    await settled();
    expect(seen.toSorted()).toEqual(['a/#: a/b', 'a/b: a/b', 'both: a/b']);
  });

  test('when the server sends a copy for each', async () => {
    const seen: string[] = [];
    const all = await note('a/#', seen);
    const one = await note('a/b', seen);
    const both = await note(['a/+', '+/b'], seen, 'both');
    for (const identifier of [all, one, both].flatMap(({ identifiers }) => identifiers)) {
      peer.send(publish({ topicName: 'a/b', properties: { subscriptionIdentifiers: [identifier] } }));
    }
    await settled();
    expect(seen.toSorted()).toEqual(['a/#: a/b', 'a/b: a/b', 'both: a/b']);
  });

  test('when there are no identifiers', async () => {
    const seen: string[] = [];
    await note('a/#', seen);
    await note(['a/+', '+/b'], seen, 'both');
    peer.send(publish({ topicName: 'a/b' }));
    await settled();
    expect(seen.toSorted()).toEqual(['a/#: a/b', 'both: a/b']);
  });

  test('identifiers of somebody else change nothing', async () => {
    const seen: string[] = [];
    await note('a/#', seen);
    await note('a/b', seen);
    peer.send(publish({ topicName: 'a/b', properties: { subscriptionIdentifiers: [4711] } }));
    await settled();
    expect(seen.toSorted()).toEqual(['a/#: a/b', 'a/b: a/b']);
  });

  test('a Shared Subscription is told from the same filter unshared', async () => {
    const seen: string[] = [];
    const shared = await note('$share/g/a/#', seen, 'shared');
    const own = await note('a/#', seen, 'own');
    peer.send(publish({ topicName: 'a/x', properties: { subscriptionIdentifiers: own.identifiers } }));
    await settled();
    expect(seen).toEqual(['own: a/x']);
    peer.send(publish({ topicName: 'a/y', properties: { subscriptionIdentifiers: shared.identifiers } }));
    await settled();
    expect(seen).toEqual(['own: a/x', 'shared: a/y']);
  });

  test('a message that waits for two handlers is acknowledged with the worst they say', async () => {
    client.on('error', () => {});
    let finish = () => {};
    const slow = client.subscribe('a/#', () => new Promise<void>((resolve) => (finish = resolve)));
    const failing = client.subscribe('a/b', () => Promise.reject(new Error('broken')));
    for (const _ of [slow, failing]) peer.send(suback(await peer.receive('subscribe')));
    await Promise.all([slow, failing]);
    peer.send(publish({ topicName: 'a/b', qos: 1, packetIdentifier: 3 }));
    await settled();
    expect(peer.unread).toEqual([]);
    finish();
    expect(await peer.receive('puback')).toMatchObject({ packetIdentifier: 3, reasonCode: 0x80 });
  });
});
