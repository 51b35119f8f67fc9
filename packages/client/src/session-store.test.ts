/** Sessions that outlive the client object. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Client } from './client.js';
import { SessionStoreError } from './errors.js';
import { answer, nextEvent, publish, ScriptedServer, settled, suback } from './scripted-server.suite.js';
import type { SessionStore, StoredSession } from './session-store.js';
import { MemorySessionStore } from './stores/memory-session-store.js';

let server: ScriptedServer;
let client: Client | undefined;
beforeEach(() => {
  server = new ScriptedServer();
});
afterEach(() => client?.destroy());

const kept = { clientIdentifier: 'device', cleanStart: false } as const;

test('the next client sends what was open, with DUP and PUBREL, then what waited [MQTT-4.4.0-1] [MQTT-3.1.3-2]', async () => {
  const sessionStore = new MemorySessionStore();
  const first = await server.connected({ ...kept, sessionStore }, { properties: { receiveMaximum: 2 } });
  const open = [
    first.client.publish('one', '1', { qos: 1 }),
    first.client.publish('two', '2', { qos: 2 }),
    first.client.publish('waiting', '3', { qos: 1 }),
    first.client.publish('done', '4', { qos: 1 }),
  ];
  const outcome = Promise.allSettled(open);
  const one = await first.peer.receive('publish');
  const two = await first.peer.receive('publish');
  first.peer.send(answer('pubrec', two.packetIdentifier));
  await first.peer.receive('pubrel');
  first.client.destroy();
  await outcome;

  const second = await server.connected({ ...kept, sessionStore }, { sessionPresent: true });
  client = second.client;
  expect(await second.peer.receive()).toMatchObject({
    type: 'pubrel',
    packetIdentifier: two.packetIdentifier,
  });
  expect(await second.peer.receive()).toMatchObject({
    topicName: 'one',
    dup: true,
    packetIdentifier: one.packetIdentifier,
  });
  for (const topicName of ['waiting', 'done']) {
    const packet = await second.peer.receive('publish');
    expect(packet).toMatchObject({ topicName, dup: false });
    second.peer.send(answer('puback', packet.packetIdentifier));
  }
  second.peer.send(answer('pubcomp', two.packetIdentifier), answer('puback', one.packetIdentifier));
  await settled();
  expect(second.client.pending).toEqual({ waiting: 0, inFlight: 0 });
  expect(sessionStore.open('device').messages).toEqual([]);
});

test('a QoS 2 message that the last client took is not handled again [MQTT-4.3.3-10]', async () => {
  const sessionStore = new MemorySessionStore();
  const first = await server.connected({ ...kept, sessionStore });
  first.peer.send(publish({ qos: 2, packetIdentifier: 5 }));
  await first.peer.receive('pubrec');
  first.client.destroy();
  const seen: string[] = [];
  client = server.client({ ...kept, sessionStore });
  const subscribed = client.subscribe('#', (message) => seen.push(message.topicName));
  const { peer } = await server.handshake({ sessionPresent: true });
  peer.send(suback(await peer.receive('subscribe')), publish({ qos: 2, packetIdentifier: 5, dup: true }));
  await subscribed;
  expect(await peer.receive('pubrec')).toMatchObject({ packetIdentifier: 5 });
  peer.send(answer('pubrel', 5));
  await peer.receive('pubcomp');
  expect(seen).toEqual([]);
  expect(sessionStore.open('device').received).toEqual([]);
});

/** A store whose commits the test settles. */
function slowStore() {
  const commits: { resolve: () => void; reject: (error: Error) => void }[] = [];
  const memory = new MemorySessionStore();
  let changed = false;
  const noting = <A extends unknown[]>(change: (...args: A) => void) => {
    return (...args: A) => {
      changed = true;
      change(...args);
    };
  };
  const store: SessionStore = {
    open(clientIdentifier) {
      const session = memory.open(clientIdentifier);
      const slow: StoredSession = {
        ...session,
        put: noting(session.put),
        putReceived: noting(session.putReceived),
        commit() {
          if (!changed) return undefined;
          changed = false;
          return new Promise<void>((resolve, reject) => commits.push({ resolve, reject }));
        },
      };
      return Promise.resolve(slow);
    },
  };
  return { store, commits };
}

test('nothing leaves before the store holds it: neither PUBLISH nor PUBREC', async () => {
  const { store, commits } = slowStore();
  const made = await server.connected({ ...kept, sessionStore: store });
  client = made.client;
  const published = client.publish('a', 'x', { qos: 1 });
  await settled();
  expect([commits.length, made.peer.unread]).toEqual([1, []]);
  commits.shift()?.resolve();
  const packet = await made.peer.receive('publish');
  made.peer.send(answer('puback', packet.packetIdentifier), publish({ qos: 2, packetIdentifier: 9 }));
  await published;
  await settled();
  expect([commits.length, made.peer.unread]).toEqual([1, []]);
  commits.shift()?.resolve();
  expect(await made.peer.receive('pubrec')).toMatchObject({ packetIdentifier: 9 });
});

test('what is sent while the store commits waits for a commit of its own', async () => {
  const { store, commits } = slowStore();
  const made = await server.connected({ ...kept, sessionStore: store });
  client = made.client;
  client.publish('first', 'x', { qos: 1 }).catch(() => {});
  await settled();
  client.publish('second', 'x', { qos: 1 }).catch(() => {});
  await settled();
  commits.shift()?.resolve();
  expect(await made.peer.receive('publish')).toMatchObject({ topicName: 'first' });
  await settled();
  expect([commits.length, made.peer.unread]).toEqual([1, []]);
  commits.shift()?.resolve();
  expect(await made.peer.receive('publish')).toMatchObject({ topicName: 'second' });
});

test('nothing is lost when more is sent during a commit than one buffer holds', async () => {
  const { store, commits } = slowStore();
  const made = await server.connected({ ...kept, sessionStore: store });
  client = made.client;
  const payload = 'x'.repeat(40_000);
  const published = ['a', 'b', 'c', 'd'].map((topicName) =>
    made.client.publish(topicName, payload, { qos: 1 }),
  );
  const seen: string[] = [];
  while (seen.length < published.length) {
    await settled();
    commits.shift()?.resolve();
    const packet = await made.peer.receive('publish');
    expect(packet.payload).toHaveLength(payload.length);
    seen.push(packet.topicName);
    made.peer.send(answer('puback', packet.packetIdentifier));
  }
  expect(seen).toEqual(['a', 'b', 'c', 'd']);
  await Promise.all(published);
});

test('a store that fails ends the connection', async () => {
  const { store, commits } = slowStore();
  const made = await server.connected({ ...kept, sessionStore: store });
  client = made.client;
  client.publish('a', 'x', { qos: 1 }).catch(() => {});
  await settled();
  commits.shift()?.reject(new Error('disk full'));
  await made.peer.closed();
  expect(client.status).toBe('offline');
});

test('a store that fails with an error of its own lets the server know, and nothing else', async () => {
  const { store, commits } = slowStore();
  const made = await server.connected({ ...kept, sessionStore: store });
  client = made.client;
  client.publish('a', 'x', { qos: 1 }).catch(() => {});
  await settled();
  client.publish('b', 'x', { qos: 1 }).catch(() => {});
  await settled();
  commits.shift()?.reject(new SessionStoreError('PETREL_SESSION_STORE_UNAVAILABLE', 'disk full'));
  expect(await made.peer.receive()).toMatchObject({ type: 'disconnect', reasonCode: 0x80 });
  await made.peer.closed();
});

test('a store that cannot be opened closes the client with the cause', async () => {
  const store: SessionStore = { open: () => Promise.reject(new Error('locked')) };
  client = server.client({ ...kept, sessionStore: store });
  await expect(client.connected()).rejects.toMatchObject({
    code: 'PETREL_CLIENT_CLOSED',
    cause: new Error('locked'),
  });
});

test('a store that opens after the client was destroyed is closed', async () => {
  let closed = 0;
  let opened = (_: StoredSession) => {};
  const store: SessionStore = {
    open: () =>
      new Promise((resolve) => {
        opened = resolve;
      }),
  };
  client = server.client({ ...kept, sessionStore: store });
  await settled();
  client.destroy();
  opened({ ...new MemorySessionStore().open('device'), close: () => void closed++ });
  await settled();
  expect([closed, server.waiting]).toEqual([1, 0]);
});

test('a message published before the store is open is in it once it is', async () => {
  const sessionStore = new MemorySessionStore();
  client = server.client({ ...kept, sessionStore });
  client.publish('early', '1', { qos: 1 }).catch(() => {});
  await settled();
  expect(sessionStore.open('device').messages).toMatchObject([{ topicName: 'early', packetIdentifier: 0 }]);
});

test('until stored: publish() resolves when the store owns the message, without any server', async () => {
  const { store, commits } = slowStore();
  client = server.client({ ...kept, sessionStore: store });
  let isStored = false;
  const stored = client.publish('a', 'x', { qos: 2, until: 'stored' }).then((result) => {
    isStored = true;
    return result;
  });
  await settled();
  expect([commits.length, isStored]).toEqual([1, false]);
  commits.shift()?.resolve();
  expect(await stored).toEqual({ reasonCode: 0, properties: {} });
  expect(client.pending).toEqual({ waiting: 1, inFlight: 0 });
});

test('until stored: rejects when the store cannot, or when nothing was stored', async () => {
  const { store, commits } = slowStore();
  client = server.client({ ...kept, sessionStore: store, offlineQueue: { maximumMessages: 1 } });
  const failed = client.publish('a', 'x', { qos: 1, until: 'stored' });
  const refused = client.publish('b', 'x', { qos: 1, until: 'stored' });
  await expect(refused).rejects.toMatchObject({ code: 'PETREL_QUEUE_FULL' });
  await settled();
  commits.shift()?.reject(new Error('disk full'));
  await expect(failed).rejects.toThrow('disk full');
});

test('until stored: what becomes of the message later is told by the error event', async () => {
  const sessionStore = new MemorySessionStore();
  const made = await server.connected({ ...kept, sessionStore });
  client = made.client;
  await client.publish('a', 'x', { qos: 1, until: 'stored' });
  const reported = nextEvent(client, 'error');
  const packet = await made.peer.receive('publish');
  made.peer.send(answer('puback', packet.packetIdentifier, 0x87));
  expect(await reported).toMatchObject([{ code: 'PETREL_PUBLISH_REFUSED', reasonCode: 0x87 }]);
  expect(sessionStore.open('device').messages).toEqual([]);
});

test('until stored: needs a store, and a QoS that is stored', async () => {
  const made = await server.connected();
  client = made.client;
  const usage = (message: string) => expect.objectContaining({ code: 'PETREL_INVALID_ARGUMENT', message });
  await expect(client.publish('a', 'x', { qos: 1, until: 'stored' })).rejects.toEqual(
    usage('publish option "until" can be "stored" only with the option "sessionStore"'),
  );
  const stored = server.client({ ...kept, sessionStore: new MemorySessionStore() });
  await expect(stored.publish('a', 'x', { until: 'stored' })).rejects.toEqual(
    usage('publish option "until" can be "stored" only at QoS 1 and 2, got QoS 0'),
  );
  await expect(stored.publish('a', 'x', { until: 'sent' as 'stored' })).rejects.toEqual(
    usage('publish option "until" must be "complete" or "stored", got "sent"'),
  );
  stored.destroy();
});
