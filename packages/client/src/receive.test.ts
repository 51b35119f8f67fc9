/** Received messages: handlers, acknowledgements in order, failures, duplicates. */
import type { PetrelError } from '@petrel/protocol';
import type { RawPeer } from '@petrel/testing';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Client } from './client.js';
import type { MessageHandler } from './handler-runner.js';
import type { Message } from './message.js';
import type { ClientOptions } from './options.js';
import {
  answer,
  nextEvent,
  publish,
  ScriptedServer,
  settled,
  suback,
  whenStatus,
} from './scripted-server.suite.js';

let server: ScriptedServer;
let client: Client;
let peer: RawPeer;
beforeEach(() => {
  server = new ScriptedServer();
});
afterEach(() => client?.destroy());

/** A client whose handler is subscribed to everything. */
async function start(handler: MessageHandler, options: Partial<ClientOptions> = {}): Promise<void> {
  ({ client, peer } = await server.connected(options));
  client.on('error', () => {});
  const subscribed = client.subscribe('#', { qos: 2 }, handler);
  peer.send(suback(await peer.receive('subscribe')));
  await subscribed;
}

/** A handler whose promises the test settles, by payload text. */
function manual() {
  const waiting = new Map<string, { resolve: () => void; reject: (error: Error) => void }>();
  const seen: string[] = [];
  const handler = (message: Message) => {
    seen.push(message.text());
    return new Promise<void>((resolve, reject) => waiting.set(message.text(), { resolve, reject }));
  };
  return { handler, seen, waiting };
}

const text = (value: string) => new TextEncoder().encode(value);
const message = (value: string, qos: 0 | 1 | 2, packetIdentifier: number, dup = false) =>
  publish({ payload: text(value), qos, packetIdentifier, dup });

describe('acknowledgements', () => {
  test('follow the QoS: none, PUBACK, PUBREC and PUBCOMP [MQTT-3.3.4-1] [MQTT-2.2.1-5] [MQTT-4.3.2-4] [MQTT-4.3.3-8] [MQTT-4.3.3-11]', async () => {
    const seen: string[] = [];
    await start((received) => seen.push(received.text()));
    peer.send(message('zero', 0, 0), message('one', 1, 7), message('two', 2, 8));
    expect(await peer.receive()).toMatchObject({ type: 'puback', packetIdentifier: 7, reasonCode: 0 });
    expect(await peer.receive()).toMatchObject({ type: 'pubrec', packetIdentifier: 8, reasonCode: 0 });
    peer.send(answer('pubrel', 8));
    expect(await peer.receive()).toMatchObject({ type: 'pubcomp', packetIdentifier: 8, reasonCode: 0 });
    expect(seen).toEqual(['zero', 'one', 'two']);
  });

  test('are sent although nobody listens [MQTT-4.5.0-2]', async () => {
    ({ client, peer } = await server.connected());
    peer.send(message('one', 1, 1), message('two', 2, 2));
    await peer.receive('puback');
    await peer.receive('pubrec');
  });

  test('wait for the handler, and go out in the order of the messages [MQTT-4.6.0-2] [MQTT-4.6.0-3]', async () => {
    const { handler, seen, waiting } = manual();
    await start(handler);
    peer.send(message('a', 1, 1), message('b', 2, 2), message('c', 1, 3), message('d', 2, 4));
    await settled();
    expect(seen).toEqual(['a', 'b', 'c', 'd']);
    waiting.get('c')?.resolve();
    waiting.get('d')?.resolve();
    await settled();
    expect(peer.unread).toEqual([]);
    waiting.get('b')?.resolve();
    expect(await peer.receive('pubrec')).toMatchObject({ packetIdentifier: 2 });
    expect(await peer.receive('pubrec')).toMatchObject({ packetIdentifier: 4 });
    waiting.get('a')?.resolve();
    expect(await peer.receive('puback')).toMatchObject({ packetIdentifier: 1 });
    expect(await peer.receive('puback')).toMatchObject({ packetIdentifier: 3 });
  });

  test('can be given by the handler before its promise, once', async () => {
    const { handler, waiting } = manual();
    await start((received, delivery) => {
      delivery.acknowledge(0x97);
      delivery.acknowledge(0x80);
      return handler(received);
    });
    peer.send(message('a', 1, 1));
    expect(await peer.receive('puback')).toMatchObject({ reasonCode: 0x97 });
    waiting.get('a')?.resolve();
    await settled();
    expect(peer.unread).toEqual([]);
  });

  test('take only Reason Codes that PUBACK and PUBREC know [MQTT-3.4.2-1] [MQTT-3.5.2-1]', async () => {
    const failed: unknown[] = [];
    await start((_, delivery) => {
      try {
        delivery.acknowledge(0x82);
      } catch (error) {
        failed.push(error);
      }
    });
    peer.send(message('a', 1, 1));
    expect(await peer.receive('puback')).toMatchObject({ reasonCode: 0 });
    expect(failed).toMatchObject([{ code: 'PETREL_INVALID_ARGUMENT' }]);
  });

  test('a handler that waits for its own QoS 1 publish does not block it', async () => {
    await start((received) =>
      received.topicName === 'a/b' ? client.publish('reply', 'x', { qos: 1 }) : undefined,
    );
    peer.send(message('a', 1, 1));
    const reply = await peer.receive('publish');
    peer.send(answer('puback', reply.packetIdentifier));
    expect(await peer.receive('puback')).toMatchObject({ packetIdentifier: 1 });
  });

  test('PUBREL for an unknown identifier gets PUBCOMP 0x92 [MQTT-3.7.2-1]', async () => {
    ({ client, peer } = await server.connected());
    peer.send(answer('pubrel', 5));
    expect(await peer.receive('pubcomp')).toMatchObject({ packetIdentifier: 5, reasonCode: 0x92 });
  });
});

describe('a handler that throws', () => {
  const failing = () => {
    throw new Error('broken');
  };

  test.each([
    ['throws', failing, 0x80],
    ['rejects', () => Promise.reject(new Error('broken')), 0x80],
    [
      'throws an error with a Reason Code',
      () => Promise.reject(Object.assign(new Error('broken'), { reasonCode: 0x97 })),
      0x97,
    ],
    [
      'throws an error with a code that PUBACK does not know',
      () => Promise.reject(Object.assign(new Error('broken'), { reasonCode: 0x82 })),
      0x80,
    ],
    ['gets a payload that is not JSON', (received: Message) => received.json(), 0x99],
  ])('%s: is reported, and the message refused [MQTT-4.3.3-9]', async (_, handler, reasonCode) => {
    await start(handler);
    const reported = nextEvent(client, 'error');
    peer.send(
      publish({ payload: text('{'), qos: 1, packetIdentifier: 1 }),
      publish({ payload: text('{'), qos: 2, packetIdentifier: 2 }),
    );
    expect(await peer.receive('puback')).toMatchObject({ packetIdentifier: 1, reasonCode });
    expect(await peer.receive('pubrec')).toMatchObject({ packetIdentifier: 2, reasonCode });
    expect((await reported)[0]).toMatchObject({ code: 'PETREL_HANDLER_FAILED', reasonCode });
    peer.send(message('again', 2, 2));
    expect(await peer.receive('pubrec')).toMatchObject({ packetIdentifier: 2 });
  });

  test('is printed where nobody listens for errors', async () => {
    const printed = vi.spyOn(console, 'error').mockImplementation(() => {});
    ({ client, peer } = await server.connected());
    client.subscribe('#', failing).catch(() => {});
    peer.send(message('a', 0, 0));
    await settled();
    expect(printed).toHaveBeenCalledWith(expect.objectContaining({ code: 'PETREL_HANDLER_FAILED' }));
    printed.mockRestore();
  });

  test('on MQTT 3.1.1 the message is acknowledged: there is no other word', async () => {
    await start(failing, { protocolVersion: 4 });
    peer.send(message('a', 1, 1), message('b', 2, 2));
    expect(await peer.receive('puback')).toMatchObject({ packetIdentifier: 1 });
    expect(await peer.receive('pubrec')).toMatchObject({ packetIdentifier: 2 });
  });

  test("onHandlerError 'acknowledge' acknowledges", async () => {
    await start(failing, { onHandlerError: 'acknowledge' });
    peer.send(message('a', 1, 1));
    expect(await peer.receive('puback')).toMatchObject({ reasonCode: 0 });
  });

  test("onHandlerError 'disconnect' leaves it to the server to send it again", async () => {
    let failures = 0;
    const seen: string[] = [];
    await start(
      (received) => {
        seen.push(received.text());
        if (failures++ === 0) failing();
      },
      { onHandlerError: 'disconnect' },
    );
    peer.send(message('a', 2, 1));
    expect(await peer.receive('disconnect')).toMatchObject({ reasonCode: 0x80 });
    ({ peer } = await server.reconnected(client, peer, { sessionPresent: true }));
    peer.send(message('a', 2, 1, true));
    expect(await peer.receive('pubrec')).toMatchObject({ packetIdentifier: 1, reasonCode: 0 });
    expect(seen).toEqual(['a', 'a']);
  });
});

describe('a message sent again', () => {
  test('at QoS 2 never reaches the handler twice: before PUBREC, after it, and over connections [MQTT-4.3.3-10] [MQTT-4.3.3-12]', async () => {
    const { handler, seen, waiting } = manual();
    await start(handler);
    peer.send(message('a', 2, 1));
    await settled();
    ({ peer } = await server.reconnected(client, peer, { sessionPresent: true }));
    peer.send(message('a', 2, 1, true));
    await settled();
    expect(peer.unread).toEqual([]);
    waiting.get('a')?.resolve();
    await peer.receive('pubrec');
    ({ peer } = await server.reconnected(client, peer, { sessionPresent: true }));
    peer.send(message('a', 2, 1, true));
    await peer.receive('pubrec');
    expect(seen).toEqual(['a']);
    peer.send(answer('pubrel', 1), message('b', 2, 1));
    await peer.receive('pubcomp');
    await settled();
    expect(seen).toEqual(['a', 'b']);
  });

  test('whose handler finished while there was no connection is acknowledged at once, at QoS 1 too', async () => {
    const { handler, seen, waiting } = manual();
    await start(handler);
    peer.send(message('a', 1, 1), message('b', 2, 2));
    await settled();
    peer.destroy();
    await whenStatus(client, 'offline');
    waiting.get('a')?.resolve();
    waiting.get('b')?.resolve();
    await settled();
    server.clock.advance(60_000);
    ({ peer } = await server.handshake({ sessionPresent: true }));
    peer.send(message('a', 1, 1, true), message('b', 2, 2, true));
    expect(await peer.receive('puback')).toMatchObject({ packetIdentifier: 1 });
    expect(await peer.receive('pubrec')).toMatchObject({ packetIdentifier: 2 });
    expect(seen).toEqual(['a', 'b']);
  });

  test('after PUBACK the identifier means a new message, whatever DUP says [MQTT-4.3.2-5]', async () => {
    const seen: string[] = [];
    await start((received) => seen.push(received.text()));
    peer.send(message('a', 1, 1));
    await peer.receive('puback');
    peer.send(message('b', 1, 1, true));
    await peer.receive('puback');
    expect(seen).toEqual(['a', 'b']);
  });

  test('in a new session is a new message [MQTT-3.2.2-5]', async () => {
    const seen: string[] = [];
    await start((received) => seen.push(received.text()));
    peer.send(message('a', 2, 1));
    await peer.receive('pubrec');
    ({ peer } = await server.reconnected(client, peer));
    peer.send(suback(await peer.receive('subscribe')), message('b', 2, 1));
    await peer.receive('pubrec');
    expect(seen).toEqual(['a', 'b']);
  });
});

describe('a session that an earlier process left', () => {
  const left = { cleanStart: false, clientIdentifier: 'durable' } as const;

  test('messages wait for the subscribe() they are for, others for the end of the wait', async () => {
    ({ client, peer } = await server.connected(left, { sessionPresent: true }));
    peer.send(
      publish({ topicName: 'x', qos: 1, packetIdentifier: 1 }),
      publish({ topicName: 'a', qos: 2, packetIdentifier: 2 }),
      publish({ topicName: 'nobody', qos: 1, packetIdentifier: 3 }),
    );
    await settled();
    expect(peer.unread).toEqual([]);
    const seen: string[] = [];
    for (const filter of ['a', 'x']) {
      const subscribed = client.subscribe(filter, { qos: 2 }, (received) => seen.push(received.topicName));
      expect((await peer.receive()).type).toBe('subscribe');
      await peer.receive(filter === 'a' ? 'pubrec' : 'puback');
      subscribed.catch(() => {});
    }
    expect(seen).toEqual(['a', 'x']);
    server.clock.advance(5_000);
    expect(await peer.receive('puback')).toMatchObject({ packetIdentifier: 3 });
    peer.send(publish({ topicName: 'nobody', qos: 1, packetIdentifier: 4 }));
    expect(await peer.receive('puback')).toMatchObject({ packetIdentifier: 4 });
  });

  test('messages that wait are not lost with the connection, nor with the session', async () => {
    ({ client, peer } = await server.connected(left, { sessionPresent: true }));
    peer.send(publish({ topicName: 'a', qos: 2, packetIdentifier: 2 }));
    await settled();
    peer.destroy();
    await whenStatus(client, 'offline');
    server.clock.advance(1_000);
    ({ peer } = await server.handshake());
    await client.connected();
    const seen: string[] = [];
    client.subscribe('#', (received) => seen.push(received.topicName)).catch(() => {});
    await peer.receive('subscribe');
    expect([seen, peer.unread]).toEqual([['a'], []]);
  });
});

describe('limits of ours', () => {
  test('a server that passes the Receive Maximum is served, and told of once for each connection (Mosquitto 2.0)', async () => {
    const { handler, seen, waiting } = manual();
    await start(handler, { receiveMaximum: 2 });
    const errors: PetrelError[] = [];
    client.on('error', (error) => errors.push(error));
    peer.send(message('a', 1, 1), message('b', 2, 2), message('c', 1, 3), message('d', 1, 4));
    await settled();
    expect(errors.map(({ reasonCode }) => reasonCode)).toEqual([0x93]);
    expect(seen).toEqual(['a', 'b', 'c', 'd']);
    for (const { resolve } of waiting.values()) resolve();
    expect(await peer.receive('puback')).toMatchObject({ packetIdentifier: 1 });
    expect(await peer.receive('pubrec')).toMatchObject({ packetIdentifier: 2 });
    expect(await peer.receive('puback')).toMatchObject({ packetIdentifier: 3 });
    expect(await peer.receive('puback')).toMatchObject({ packetIdentifier: 4 });
    expect(client.status).toBe('connected');
  });

  test('a server that passes the Receive Maximum is disconnected with 0x93 where the options say so [MQTT-3.3.4-9]', async () => {
    await start(manual().handler, { receiveMaximum: 2, onReceiveMaximumExceeded: 'disconnect' });
    peer.send(message('a', 1, 1), message('b', 2, 2), message('c', 1, 3));
    expect(await peer.receive('disconnect')).toMatchObject({ reasonCode: 0x93 });
  });

  test('Topic Aliases up to our maximum are resolved, per connection [MQTT-3.3.2-7] [MQTT-3.3.2-10]', async () => {
    const seen: string[] = [];
    await start((received) => seen.push(received.topicName), { topicAliasMaximum: 2 });
    peer.send(
      publish({ topicName: 'long', properties: { topicAlias: 2 } }),
      publish({ topicName: '', properties: { topicAlias: 2 } }),
    );
    await settled();
    expect(seen).toEqual(['long', 'long']);
    peer.send(publish({ topicName: 'x', properties: { topicAlias: 3 } }));
    expect(await peer.receive('disconnect')).toMatchObject({ reasonCode: 0x94 });
  });

  test('a packet above our Maximum Packet Size is refused from its header [MQTT-3.1.2-24]', async () => {
    await start(() => {}, { maximumPacketSize: 100 });
    peer.send([0x30, 0xff, 0x7f]);
    expect(await peer.receive('disconnect')).toMatchObject({ reasonCode: 0x95 });
  });

  test('bytes that are no MQTT end the connection [MQTT-4.8.0-1]', async () => {
    await start(() => {});
    const lost = nextEvent(client, 'disconnect');
    peer.send([0xf7, 0x00]);
    expect((await lost)[0].code).toBe('PETREL_MALFORMED_PACKET');
    expect(await peer.receive('disconnect')).toMatchObject({ reasonCode: 0x81 });
  });
});

test('a message knows its topic, payload, flags and properties', async () => {
  ({ client, peer } = await server.connected());
  const received = nextEvent(client, 'message');
  peer.send(
    publish({
      payload: text('{"n":1}'),
      qos: 1,
      packetIdentifier: 9,
      retain: true,
      properties: { contentType: 'application/json' },
    }),
  );
  const [got] = await received;
  expect(got).toMatchObject({
    topicName: 'a/b',
    qos: 1,
    retain: true,
    dup: false,
    packetIdentifier: 9,
    properties: { contentType: 'application/json' },
  });
  expect([got.text(), got.json()]).toEqual(['{"n":1}', { n: 1 }]);
});
