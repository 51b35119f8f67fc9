/** Enhanced authentication of the client against a server that does what the test says. */
import { AuthenticationError, type AuthPacket } from '@petrel/protocol';
import type { RawPeer } from '@petrel/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Client } from '../client.js';
import { connect } from '../index.js';
import { connack, nextEvent, publish, ScriptedServer, settled } from '../scripted-server.suite.js';
import type { AuthenticationExchange, AuthenticationMethod } from './authentication-method.js';

let server: ScriptedServer;
let client: Client | undefined;
beforeEach(() => {
  server = new ScriptedServer();
});
afterEach(() => client?.destroy());

function method(change: Partial<AuthenticationExchange> = {}): AuthenticationMethod {
  const bytes = (text: string) => new TextEncoder().encode(text);
  const begin = () => ({
    first: () => bytes('first'),
    answer: async (challenge: Uint8Array | undefined) => bytes(`answer to ${textOf(challenge)}`),
    complete: () => {},
    ...change,
  });
  return { name: 'method', begin };
}

function textOf(data: Uint8Array | undefined): string {
  return new TextDecoder().decode(data ?? new Uint8Array());
}

function auth(reasonCode = 0x18, data = 'challenge', authenticationMethod = 'method'): AuthPacket {
  return {
    type: 'auth',
    reasonCode,
    properties: { authenticationMethod, authenticationData: new TextEncoder().encode(data) },
  };
}

const accepted = connack({ properties: { authenticationMethod: 'method' } });

/** A client that has sent its CONNECT. */
async function begun(change: Partial<AuthenticationExchange> = {}) {
  client = server.client({ authentication: method(change), reconnect: false });
  const peer = await server.accept();
  return { client, peer, connect: await peer.receive('connect') };
}

/** A client that is connected. */
async function authenticated(change: Partial<AuthenticationExchange> = {}) {
  const started = await begun(change);
  started.peer.send(accepted);
  await started.client.connected();
  return started;
}

/** Why the attempt fails. */
async function failure(client: Client, peer: RawPeer): Promise<Error> {
  const error = await client.connected().then(
    () => expect.unreachable('connected'),
    (cause: Error) => cause,
  );
  await peer.closed();
  return error;
}

describe('CONNECT', () => {
  test('names the method, and each AUTH 0x18 is answered with 0x18 [MQTT-4.12.0-3] [MQTT-4.12.0-5]', async () => {
    const { client, peer, connect } = await begun();
    expect(connect.properties.authenticationMethod).toBe('method');
    expect(textOf(connect.properties.authenticationData)).toBe('first');
    for (const challenge of ['one', 'two']) {
      peer.send(auth(0x18, challenge));
      const answer = await peer.receive('auth');
      expect(answer).toMatchObject({ reasonCode: 0x18, properties: { authenticationMethod: 'method' } });
      expect(textOf(answer.properties.authenticationData)).toBe(`answer to ${challenge}`);
    }
    peer.send(accepted);
    await client.connected();
  });

  test('is followed by nothing but AUTH until CONNACK [MQTT-3.1.2-30]', async () => {
    const { client, peer } = await begun();
    const sent = client.publish('a', 'x', { qos: 1 });
    sent.catch(() => {});
    peer.send(auth());
    await peer.receive('auth');
    await settled();
    expect(peer.unread).toEqual([]);
    peer.send(accepted);
    expect((await peer.receive('publish')).topicName).toBe('a');
  });

  test('begins a new exchange with every connection', async () => {
    let begins = 0;
    const authentication = {
      name: 'method',
      begin: () => method({ first: () => new Uint8Array([++begins]) }).begin(),
    };
    const { client: made, peer } = await server.connected({ authentication }, accepted);
    client = made;
    const { connect } = await server.reconnected(made, peer, accepted);
    expect(connect.properties.authenticationData).toEqual(new Uint8Array([2]));
  });

  test.each([
    ['in AUTH', auth(0x18, '', 'another')],
    ['in CONNACK', connack({ properties: { authenticationMethod: 'another' } })],
    ['missing in CONNACK', connack()],
  ])('another method %s ends it [MQTT-4.12.0-5]', async (_, packet) => {
    const { client, peer } = await begun();
    peer.send(packet);
    const error = await failure(client, peer);
    expect(error).toMatchObject({ code: 'PETREL_CONNECT_BAD_ANSWER' });
    expect(error.message).toContain('[MQTT-4.12.0-5]');
  });

  test.each([
    ['AUTH', auth()],
    ['CONNACK', accepted],
  ])('%s before the answer to AUTH ends it', async (_, packet) => {
    const { client, peer } = await begun({ answer: () => new Promise(() => {}) });
    peer.send(auth(), packet);
    expect(await failure(client, peer)).toMatchObject({ code: 'PETREL_CONNECT_BAD_ANSWER' });
  });

  test('AUTH 0x00 instead of CONNACK ends it', async () => {
    const { client, peer } = await begun();
    peer.send(auth(0));
    expect(await failure(client, peer)).toMatchObject({ code: 'PETREL_CONNECT_BAD_ANSWER' });
  });

  test.each<[string, Partial<AuthenticationExchange>]>([
    ['a challenge', { answer: () => Promise.reject(new AuthenticationError('who are you')) }],
    [
      'the last data',
      {
        complete: () => {
          throw new AuthenticationError('who are you');
        },
      },
    ],
  ])('a server that fails to prove itself in %s is left', async (_, change) => {
    const { client, peer } = await begun(change);
    peer.send(auth());
    if (change.answer === undefined) {
      await peer.receive('auth');
      peer.send(accepted);
    }
    const error = await failure(client, peer);
    expect(error).toMatchObject({ code: 'PETREL_CONNECT_AUTHENTICATION' });
    expect(error.message).toBe('the given stream is not trusted: who are you');
  });

  test('a server that asks for ever is left', async () => {
    const { client, peer } = await begun();
    for (let round = 0; round < 20; round++) {
      peer.send(auth());
      await peer.receive('auth');
    }
    peer.send(auth());
    expect(await failure(client, peer)).toMatchObject({ code: 'PETREL_CONNECT_AUTHENTICATION' });
  });

  test('takes connectTimeoutMs with all its rounds', async () => {
    client = server.client({ authentication: method(), reconnect: false, connectTimeoutMs: 1000 });
    const peer = await server.accept();
    await peer.receive('connect');
    server.clock.advance(999);
    peer.send(auth());
    await peer.receive('auth');
    server.clock.advance(1);
    expect(await failure(client, peer)).toMatchObject({ code: 'PETREL_CONNECT_TIMEOUT' });
  });

  test('a method that has no first data to give is the reason of the failed attempt', async () => {
    const authentication = method({ first: () => Promise.reject(new Error('the vault is sealed')) });
    await expect(connect({ stream: server.stream, authentication })).rejects.toMatchObject({
      code: 'PETREL_CONNECT_CREDENTIALS',
    });
  });

  test('is never MQTT 3.x', async () => {
    const { client, peer } = await begun();
    peer.send(connack({ reasonCode: 0x84 }));
    expect(await failure(client, peer)).toMatchObject({ reasonCode: 0x84 });
    expect(server.waiting).toBe(0);
    await expect(
      connect({ stream: server.stream, authentication: method(), protocolVersion: 4 }),
    ).rejects.toThrow(`option "authentication" needs protocolVersion 5 or 'auto', got 4`);
  });

  test('options are checked', async () => {
    await expect(connect({ stream: server.stream, authentication: { name: 'x' } as never })).rejects.toThrow(
      'option "authentication" must be an object with name and begin',
    );
  });
});

describe('reauthenticate()', () => {
  test('keeps the method, goes on beside other traffic, and resolves with AUTH 0x00 [MQTT-4.12.1-1]', async () => {
    const { client, peer } = await authenticated();
    const done = client.reauthenticate();
    expect(client.reauthenticate()).toBeInstanceOf(Promise);
    const first = await peer.receive('auth');
    expect(first).toMatchObject({ reasonCode: 0x19, properties: { authenticationMethod: 'method' } });
    expect(textOf(first.properties.authenticationData)).toBe('first');
    const message = nextEvent(client, 'message');
    peer.send(publish({ topicName: 'in/between' }), auth());
    expect((await message)[0].topicName).toBe('in/between');
    expect(textOf((await peer.receive('auth')).properties.authenticationData)).toBe('answer to challenge');
    await client.publish('still/here');
    await peer.receive('publish');
    peer.send(auth(0));
    await done;
    expect(client.status).toBe('connected');
  });

  test('rejects with the reason of the server that ends the connection [MQTT-4.12.1-2]', async () => {
    const { client, peer } = await authenticated();
    const done = client.reauthenticate();
    await peer.receive('auth');
    peer.send({ type: 'disconnect', reasonCode: 0x87, properties: {} });
    await expect(done).rejects.toMatchObject({ code: 'PETREL_CONNECTION_ENDED', reasonCode: 0x87 });
  });

  test('tells a server that fails to prove itself, and leaves [MQTT-4.12.1-2]', async () => {
    let completions = 0;
    const { client, peer } = await authenticated({
      complete: () => {
        if (completions++ > 0) throw new AuthenticationError('who are you');
      },
    });
    const done = client.reauthenticate();
    await peer.receive('auth');
    peer.send(auth(0));
    await expect(done).rejects.toThrow('who are you');
    expect((await peer.receive('disconnect')).reasonCode).toBe(0x80);
    await peer.closed();
  });

  test('rejects when the client is closed', async () => {
    const { client, peer } = await authenticated();
    const done = client.reauthenticate();
    await peer.receive('auth');
    client.destroy();
    await expect(done).rejects.toMatchObject({ code: 'PETREL_CLIENT_CLOSED' });
    await expect(client.reauthenticate()).rejects.toMatchObject({ code: 'PETREL_CLIENT_CLOSED' });
  });

  test('waits for a connection, which authenticates by itself', async () => {
    const { client, peer } = await begun();
    const done = client.reauthenticate();
    peer.send(accepted);
    await done;
    await settled();
    expect(peer.unread).toEqual([]);
  });

  test('that the loss of the connection rejects may be called again at once, and waits for the next one', async () => {
    const authentication = method();
    const { client: made, peer } = await server.connected({ authentication }, accepted);
    client = made;
    const again = new Promise<void>((resolve, reject) => {
      made.reauthenticate().catch(() => made.reauthenticate().then(resolve, reject));
    });
    await peer.receive('auth');
    await server.reconnected(made, peer, accepted);
    await again;
  });

  test('needs the option [MQTT-4.12.0-7]', async () => {
    const { client: made } = await server.connected();
    client = made;
    await expect(made.reauthenticate()).rejects.toThrow('needs the option "authentication"');
  });

  test('AUTH that nobody asked for is a protocol error', async () => {
    const { client, peer } = await authenticated();
    const lost = nextEvent(client, 'disconnect');
    peer.send(auth());
    expect((await lost)[0].code).toBe('PETREL_PROTOCOL_ERROR');
    expect((await peer.receive('disconnect')).reasonCode).toBe(0x82);
  });
});
