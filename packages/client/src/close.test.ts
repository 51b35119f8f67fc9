/** close() finishes, destroy() stops; both may be called twice. */
import type { RawPeer } from '@petrel/testing';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Client } from './client.js';
import type { ClientOptions } from './options.js';
import { answer, publish, ScriptedServer, settled, suback, whenStatus } from './scripted-server.suite.js';

let server: ScriptedServer;
let client: Client;
let peer: RawPeer;
beforeEach(() => {
  server = new ScriptedServer();
});

async function start(options: Partial<ClientOptions> = {}): Promise<void> {
  ({ client, peer } = await server.connected(options));
}

/** The server's part of a close: DISCONNECT, then the end of the stream. */
async function disconnected() {
  const packet = await peer.receive('disconnect');
  peer.end();
  return packet;
}

describe('close', () => {
  test('with the Will says so: DISCONNECT 0x04', async () => {
    await start({ sessionExpiryInterval: 60 });
    const closed = client.close({ withWill: true });
    expect(await disconnected()).toMatchObject({ reasonCode: 4, properties: { sessionExpiryInterval: 0 } });
    await closed;
  });

  test('with the Will just ends the connection on MQTT 3.x, whose DISCONNECT would delete it [MQTT-3.14.4-3]', async () => {
    await start({ protocolVersion: 4 });
    const closed = client.close({ withWill: true });
    expect(await peer.closed()).toEqual([]);
    peer.end();
    await closed;
  });

  test('waits for messages in flight, then sends DISCONNECT as the last packet and closes [MQTT-3.14.4-1] [MQTT-3.14.4-2]', async () => {
    await start();
    const published = client.publish('a', 'x', { qos: 2 });
    const { packetIdentifier } = await peer.receive('publish');
    const closed = client.close();
    peer.send(answer('pubrec', packetIdentifier));
    await peer.receive('pubrel');
    peer.send(answer('pubcomp', packetIdentifier));
    expect(await disconnected()).toMatchObject({ reasonCode: 0 });
    await Promise.all([closed, published]);
    expect(await peer.closed()).toEqual([]);
    expect(client.status).toBe('closed');
    await client.close();
    client.destroy();
  });

  test('waits for running handlers, whose publishes still go out, and for their acknowledgements', async () => {
    await start();
    let finish = () => {};
    const subscribed = client.subscribe('a/b', { qos: 1 }, async () => {
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
      await client.publish('reply', 'x', { qos: 1 });
    });
    peer.send(suback(await peer.receive('subscribe')), publish({ qos: 1, packetIdentifier: 4 }));
    await subscribed;
    await settled();
    const closed = client.close();
    finish();
    const reply = await peer.receive('publish');
    peer.send(answer('puback', reply.packetIdentifier));
    expect(await peer.receive('puback')).toMatchObject({ packetIdentifier: 4 });
    await disconnected();
    await closed;
  });

  test('takes no new messages: they stay with the server', async () => {
    await start();
    const seen: string[] = [];
    client.subscribe('#', { qos: 1 }, (message) => seen.push(message.topicName)).catch(() => {});
    peer.send(suback(await peer.receive('subscribe')));
    client.publish('a', 'x', { qos: 1 }).catch(() => {});
    await peer.receive('publish');
    void client.close();
    peer.send(publish({ topicName: 'late', qos: 1, packetIdentifier: 1 }));
    await settled();
    expect([seen, peer.unread]).toEqual([[], []]);
    client.destroy();
  });

  test('gives up on what is left when its time is over', async () => {
    await start();
    const stuck = client.publish('a', 'x', { qos: 1 });
    const rejected = expect(stuck).rejects.toMatchObject({ code: 'PETREL_CLIENT_CLOSED' });
    await peer.receive('publish');
    const closed = client.close({ graceMs: 1_000 });
    server.clock.advance(1_000);
    await disconnected();
    await Promise.all([closed, rejected]);
  });

  test('takes no time that a timer cannot hold', async () => {
    await start();
    await expect(client.close({ graceMs: Number.POSITIVE_INFINITY })).rejects.toThrow(
      'option "graceMs" must be 0–2147483647 (milliseconds), got Infinity',
    );
    client.destroy();
  });

  test('a server that does not close its side is cut off', async () => {
    await start();
    const closed = client.close();
    await peer.receive('disconnect');
    server.clock.advance(2_000);
    await closed;
    await peer.closed();
  });

  test('ends the session of a client that began it with Clean Start, and of no other [MQTT-3.1.2-23]', async () => {
    await start();
    void client.close();
    expect((await disconnected()).properties).toEqual({ sessionExpiryInterval: 0 });
    await start({ cleanStart: false, clientIdentifier: 'stays' });
    void client.close();
    expect((await disconnected()).properties).toEqual({});
  });

  test('without a connection: what waits gets its time, nothing waits for nothing', async () => {
    client = server.client();
    await client.close();
    expect(client.status).toBe('closed');
    client = server.client();
    const published = client.publish('a', 'x');
    const closed = client.close();
    ({ peer } = await server.handshake());
    await peer.receive('publish');
    await disconnected();
    await Promise.all([published, closed]);
  });

  test('afterwards every call is refused', async () => {
    await start();
    const closed = client.close();
    await disconnected();
    await closed;
    const refused = { code: 'PETREL_CLIENT_CLOSED' };
    await expect(client.publish('a')).rejects.toMatchObject(refused);
    await expect(client.subscribe('a')).rejects.toMatchObject(refused);
    await expect(client.unsubscribe('a')).rejects.toMatchObject(refused);
    await expect(client.connected()).rejects.toMatchObject(refused);
  });
});

describe('destroy', () => {
  test('stops now: no DISCONNECT, everything pending is rejected', async () => {
    await start();
    const rejected = [
      client.publish('a', 'x', { qos: 1 }),
      client.publish('a', 'x', { qos: 2 }),
      client.subscribe('a', () => {}),
    ].map((each) => expect(each).rejects.toMatchObject({ code: 'PETREL_CLIENT_CLOSED' }));
    await peer.receive('publish');
    client.destroy();
    client.destroy();
    await Promise.all(rejected);
    expect((await peer.closed()).map(({ type }) => type)).not.toContain('disconnect');
    expect(client.status).toBe('closed');
    await client.close();
  });

  test('while waiting to reconnect leaves no timer behind', async () => {
    await start();
    peer.destroy();
    await whenStatus(client, 'offline');
    expect(server.clock.pending).toBe(1);
    client.destroy();
    expect(server.clock.pending).toBe(0);
  });

  test('while connecting leaves no timer behind', async () => {
    client = server.client();
    await (await server.accept()).receive('connect');
    client.destroy();
    expect(server.clock.pending).toBe(0);
  });

  test('during close() ends it', async () => {
    await start();
    client.publish('a', 'x', { qos: 1 }).catch(() => {});
    await peer.receive('publish');
    const closed = client.close();
    client.destroy();
    await closed;
    expect(server.clock.pending).toBe(0);
  });
});
