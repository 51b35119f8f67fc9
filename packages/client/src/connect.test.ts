import { createServer } from 'node:net';
import { PassThrough } from 'node:stream';
import { startRawServer } from '@petrel/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Client } from './client.js';
import { ConnectError } from './errors.js';
import { connect, createClient } from './index.js';
import { connack, nextEvent, publish, ScriptedServer, settled, whenStatus } from './scripted-server.suite.js';

let server: ScriptedServer;
let client: Client | undefined;
beforeEach(() => {
  server = new ScriptedServer();
});
afterEach(() => client?.destroy());

/** connect() to the scripted server, with what it was refused with. */
function failure(promise: Promise<Client>): Promise<ConnectError> {
  return promise.then(
    () => expect.unreachable('connected'),
    (error: unknown) => {
      expect(error).toBeInstanceOf(ConnectError);
      return error as ConnectError;
    },
  );
}

describe('CONNECT', () => {
  test('is the first packet and says what the options say [MQTT-3.1.0-1] [MQTT-3.1.2-9] [MQTT-3.1.2-17] [MQTT-3.1.2-19]', async () => {
    client = server.client({
      clientIdentifier: 'probe',
      cleanStart: false,
      keepAlive: 30,
      sessionExpiryInterval: 3600,
      receiveMaximum: 10,
      maximumPacketSize: 1000,
      topicAliasMaximum: 5,
      userName: 'anna',
      password: 'secret',
      properties: { requestResponseInformation: true, userProperties: [['a', 'b']] },
      will: { topicName: 'gone', payload: 'bye', qos: 1, retain: true, properties: { willDelayInterval: 7 } },
    });
    const peer = await server.accept();
    const packet = await peer.receive('connect');
    expect(packet).toEqual({
      type: 'connect',
      protocolVersion: 5,
      clientIdentifier: 'probe',
      cleanStart: false,
      keepAlive: 30,
      userName: 'anna',
      password: new TextEncoder().encode('secret'),
      properties: {
        sessionExpiryInterval: 3600,
        receiveMaximum: 10,
        maximumPacketSize: 1000,
        topicAliasMaximum: 5,
        requestResponseInformation: true,
        userProperties: [['a', 'b']],
      },
      will: {
        topicName: 'gone',
        payload: new TextEncoder().encode('bye'),
        qos: 1,
        retain: true,
        properties: { willDelayInterval: 7 },
      },
    });
  });

  test('has a Client Identifier that every server accepts when none is given [MQTT-3.1.3-3] [MQTT-3.1.3-4]', async () => {
    const { client: made, connect } = await server.connected();
    client = made;
    expect(connect.clientIdentifier).toMatch(/^[0-9a-zA-Z]{1,23}$/);
    expect(connect.cleanStart).toBe(true);
    expect(connect).not.toHaveProperty('will.topicName');
    expect(connect.userName).toBeUndefined();
    expect(connect.password).toBeUndefined();
  });

  test('carries no User Name and no Password unless they are given [MQTT-3.1.2-16] [MQTT-3.1.2-18] [MQTT-3.1.2-11] [MQTT-3.1.2-13]', async () => {
    const peerPromise = server.accept();
    client = server.client();
    const { userName, password, will } = await (await peerPromise).receive('connect');
    expect({ userName, password, will }).toEqual({
      userName: undefined,
      password: undefined,
      will: undefined,
    });
  });
});

describe('credentials', () => {
  test('functions are asked before every attempt', async () => {
    let asked = 0;
    client = server.client({
      userName: async () => `user${++asked}`,
      password: () => new Uint8Array([asked]),
    });
    const first = await server.handshake();
    await client.connected();
    const second = await server.reconnected(client, first.peer);
    expect([first.connect.userName, second.connect.userName]).toEqual(['user1', 'user2']);
    expect(second.connect.password).toEqual(new Uint8Array([2]));
  });

  test('a function that fails is the reason of the failed attempt', async () => {
    const error = await failure(
      connect({
        stream: server.stream,
        userName: () => {
          throw new Error('vault is sealed');
        },
      }),
    );
    expect(error).toMatchObject({ code: 'PETREL_CONNECT_CREDENTIALS', cause: new Error('vault is sealed') });
  });

  test('come from the URL where the options have none, and do not show in messages', async () => {
    const refusing = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => refusing.listen(0, '127.0.0.1', resolve));
    const { port } = refusing.address() as { port: number };
    const error = await failure(connect(`mqtt://anna:secret@127.0.0.1:${port}`));
    refusing.close();
    expect(error.code).toBe('PETREL_CONNECT_CLOSED');
    expect(error.message).toContain(`mqtt://127.0.0.1:${port}`);
    expect(error.message).not.toMatch(/anna|secret/);
  });
});

describe('CONNACK', () => {
  test('accepts, and packets behind it in the same chunk are not lost', async () => {
    client = server.client();
    const message = nextEvent(client, 'message');
    const peer = await server.accept();
    await peer.receive('connect');
    peer.send(connack(), publish({ topicName: 'early' }));
    expect((await message)[0].topicName).toBe('early');
    expect(client.status).toBe('connected');
  });

  test('says what the server can do', async () => {
    const { client: made } = await server.connected(
      { keepAlive: 60 },
      {
        properties: {
          receiveMaximum: 3,
          maximumQoS: 1,
          retainAvailable: false,
          serverKeepAlive: 5,
          maximumPacketSize: 99,
        },
      },
    );
    client = made;
    expect(made.server).toMatchObject({
      protocolVersion: 5,
      receiveMaximum: 3,
      maximumQoS: 1,
      retainAvailable: false,
      keepAlive: 5,
      maximumPacketSize: 99,
      wildcardSubscriptionAvailable: true,
    });
  });

  test('assigns a Client Identifier, which the client keeps', async () => {
    const { client: made, peer } = await server.connected(
      { clientIdentifier: '' },
      { properties: { assignedClientIdentifier: 'given' } },
    );
    client = made;
    expect(made.clientIdentifier).toBe('given');
    const { connect } = await server.reconnected(made, peer);
    expect(connect.clientIdentifier).toBe('given');
  });

  test('refuses: the error has the Reason Code and the words of the server [MQTT-4.13.2-1]', async () => {
    const attempt = failure(connect({ stream: server.stream }));
    const peer = await server.accept();
    await peer.receive('connect');
    peer.send(connack({ reasonCode: 0x86, properties: { reasonString: 'who are you' } }));
    const error = await attempt;
    expect(error).toMatchObject({ code: 'PETREL_CONNECT_REFUSED', reasonCode: 0x86 });
    expect(error.message).toBe('the given stream refused: 0x86 bad user name or password: who are you');
    await peer.closed();
  });

  test.each([
    ['a number', () => 5, 'must open a Duplex, got 5'],
    ['nothing', () => undefined, 'must open a Duplex, got undefined'],
    [
      'a stream that it gave before',
      () => new PassThrough().destroy(),
      'gave a stream that is closed already',
    ],
  ])('cannot come when the option "stream" opens %s', async (_, stream, message) => {
    const error = await failure(connect({ stream: stream as never }));
    expect(error).toMatchObject({ code: 'PETREL_CONNECT_UNREACHABLE' });
    expect(error.message).toContain(message);
  });

  test.each([
    [{ userName: () => 7 }, 'the function given as option "userName" must give a string, got number'],
    [
      { password: async () => ({}) },
      'the function given as option "password" must give a string or a Uint8Array, got object',
    ],
  ])('is not tried with what is no user name or password: %j', async (options, message) => {
    const error = await failure(connect({ stream: server.stream, ...(options as object) }));
    expect(error).toMatchObject({ code: 'PETREL_CONNECT_CREDENTIALS', message });
  });

  test('with Session Present after Clean Start closes the connection [MQTT-3.2.2-4]', async () => {
    const attempt = failure(connect({ stream: server.stream, protocolVersion: 5 }));
    const peer = await server.accept();
    await peer.receive('connect');
    peer.send(connack({ sessionPresent: true }));
    expect((await attempt).message).toContain('[MQTT-3.2.2-4]');
    await peer.closed();
  });

  test('must come before anything else', async () => {
    const attempt = failure(connect({ stream: server.stream, protocolVersion: 5 }));
    const peer = await server.accept();
    await peer.receive('connect');
    peer.send(publish());
    expect(await attempt).toMatchObject({ code: 'PETREL_CONNECT_BAD_ANSWER' });
  });

  test('a second one ends the connection', async () => {
    const { client: made, peer } = await server.connected();
    client = made;
    const lost = nextEvent(made, 'disconnect');
    peer.send(connack());
    expect((await lost)[0].message).toContain('second CONNACK');
    expect(await peer.receive('disconnect')).toMatchObject({ reasonCode: 0x82 });
  });

  test('AUTH that nobody asked for is a protocol error [MQTT-4.12.0-7]', async () => {
    const attempt = failure(connect({ stream: server.stream, protocolVersion: 5 }));
    const peer = await server.accept();
    await peer.receive('connect');
    peer.send({ type: 'auth', reasonCode: 0x18, properties: { authenticationMethod: 'SCRAM' } });
    expect((await attempt).message).toContain('[MQTT-4.12.0-7]');
  });
});

describe('failing', () => {
  test('an unreachable server: connect() rejects with the cause', async () => {
    const probe = createServer();
    await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
    const { port } = probe.address() as { port: number };
    await new Promise((resolve) => probe.close(resolve));
    const error = await failure(connect(`mqtt://127.0.0.1:${port}`));
    expect(error).toMatchObject({ code: 'PETREL_CONNECT_UNREACHABLE', cause: { code: 'ECONNREFUSED' } });
    expect(error.message).toBe(
      `mqtt://127.0.0.1:${port} cannot be reached: connect ECONNREFUSED 127.0.0.1:${port}`,
    );
  });

  test('a stream option that throws is an unreachable server', async () => {
    const open = () => {
      throw new Error('no stream today');
    };
    expect(await failure(connect({ stream: open }))).toMatchObject({
      code: 'PETREL_CONNECT_UNREACHABLE',
      cause: new Error('no stream today'),
    });
  });

  test('a server that says nothing: connectTimeoutMs', async () => {
    const attempt = failure(connect({ stream: server.stream, clock: server.clock, connectTimeoutMs: 1000 }));
    const peer = await server.accept();
    await peer.receive('connect');
    server.clock.advance(999);
    await settled();
    expect(peer.isClosed).toBe(false);
    server.clock.advance(1);
    expect(await attempt).toMatchObject({ code: 'PETREL_CONNECT_TIMEOUT' });
    await peer.closed();
  });

  test('an aborted connect() rejects with the reason and leaves nothing behind', async () => {
    const controller = new AbortController();
    const attempt = connect({ stream: server.stream }, { signal: controller.signal });
    const peer = await server.accept();
    await peer.receive('connect');
    controller.abort(new Error('changed my mind'));
    await expect(attempt).rejects.toThrow('changed my mind');
    await peer.closed();
    await expect(connect({ stream: server.stream }, { signal: controller.signal })).rejects.toThrow(
      'changed my mind',
    );
    expect(server.waiting).toBe(0);
  });

  test('initialConnectAttempts rounds are tried before connect() rejects', async () => {
    let opened = 0;
    const open = () => {
      opened++;
      throw new Error('down');
    };
    const attempt = failure(connect({ stream: open, clock: server.clock, initialConnectAttempts: 3 }));
    while (opened < 3) {
      await settled();
      server.clock.advance(60_000);
    }
    expect(await attempt).toMatchObject({ code: 'PETREL_CONNECT_UNREACHABLE' });
    expect(opened).toBe(3);
  });

  test('a client that gives up is closed, and what waited is rejected', async () => {
    const open = () => {
      throw new Error('down');
    };
    client = createClient({ stream: open, clock: server.clock, reconnect: { attempts: 2 } });
    const waiting = client.publish('a', 'b', { qos: 1 });
    const rejected = expect(waiting).rejects.toMatchObject({ code: 'PETREL_CONNECT_UNREACHABLE' });
    await nextEvent(client, 'error');
    server.clock.advance(60_000);
    await whenStatus(client, 'closed');
    await rejected;
    await expect(client.publish('a')).rejects.toMatchObject({ code: 'PETREL_CONNECT_UNREACHABLE' });
  });

  test('a server that is no MQTT server at all', async () => {
    const web = createServer((socket) => socket.end(`HTTP/1.1 400 Bad Request\r\n\r\n${' '.repeat(100)}`));
    await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
    const { port } = web.address() as { port: number };
    expect(await failure(connect(`mqtt://127.0.0.1:${port}`))).toMatchObject({
      code: 'PETREL_CONNECT_BAD_ANSWER',
    });
    web.close();
  });
});

test('several servers are tried in turn, the one that worked first next time', async () => {
  const [bad, good] = [await startRawServer(), await startRawServer()];
  client = createClient({ urls: [bad.url, good.url], protocolVersion: 5, keepAlive: 0, random: () => 0 });
  (await bad.accept()).destroy();
  const first = await good.accept();
  await first.receive('connect');
  first.send(connack());
  expect((await client.connected()).url).toBe(good.url);
  first.destroy();
  const second = await good.accept();
  await second.receive('connect');
  second.destroy();
  expect(await (await bad.accept()).receive('connect')).toBeDefined();
  await Promise.all([bad.close(), good.close()]);
});
