/** Connections after their credentials were taken back: broker.update() ends those, and leaves all others alone. */
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import { type Authenticator, authenticationChain } from './authentication/authentication-chain.js';
import type { AuthenticationMethod } from './authentication/authentication-method.js';
import { certificate } from './authentication/authenticators.suite.js';
import { certificateAuthenticator } from './authentication/certificate-authenticator.js';
import { passwordAuthenticator } from './authentication/password-authenticator.js';
import { hashPassword } from './authentication/password-hash.js';
import { parsePasswordTable } from './authentication/password-table.js';
import { deriveScramCredentials } from './authentication/scram-credentials.js';
import { credentialFor, scramSha256 } from './authentication/scram-sha-256.js';
import { tokenAuthenticator } from './authentication/token-authenticator.js';
import { webhookAuthenticator } from './authentication/webhook-authenticator.js';
import { connected, open, openBroker } from './broker-fixture.suite.js';
import type { AuthenticationRequest, BrokerHooks, Client, Principal } from './hooks.js';
import { recordingLogger } from './recording-logger.suite.js';

const cost = { logN: 10, r: 8, p: 1 };
const line = async (name: string, password: string) => `${name}:${await hashPassword(password, cost)}`;
const revoked = { type: 'disconnect', reasonCode: 0x87 };

/** A client as hooks see it. */
function clientOf(principal: Principal | undefined, fields: Partial<Client> = {}): Client {
  const { password: _, ...request } = requestOf('');
  return { ...request, principal, ...fields };
}

function requestOf(password: string, fields: Partial<AuthenticationRequest> = {}): AuthenticationRequest {
  return {
    clientIdentifier: 'c',
    userName: 'anna',
    password: Buffer.from(password),
    protocolVersion: 5,
    transport: 'tcp',
    remoteAddress: undefined,
    peerCertificate: undefined,
    ...fields,
  };
}

/** Who an authenticator says that somebody is. */
async function principalOf(authenticator: Authenticator, request: AuthenticationRequest): Promise<Principal> {
  const answer = await authenticator(request);
  if (typeof answer !== 'object' || !('name' in answer)) throw new Error('nobody');
  return answer;
}

/** Hooks over a chain that a test replaces. */
function changeable(first: readonly Authenticator[], options = {}) {
  let chain = authenticationChain(first, options);
  const hooks: BrokerHooks = {
    authenticate: (request) => chain(request),
    stillValid: (client) => chain.stillValid(client),
  };
  const change = (next: readonly Authenticator[], more = {}) => {
    chain = authenticationChain(next, more);
  };
  return { hooks, change };
}

describe('broker.update()', () => {
  test('ends who has a changed password or was deleted, and leaves the others and all sessions alone', async () => {
    const anna = await line('anna', 'a');
    const table = async (...lines: string[]) => passwordAuthenticator(parsePasswordTable(lines.join('\n')));
    const { hooks, change } = changeable([
      await table(anna, await line('bob', 'b'), await line('carl', 'c')),
    ]);
    const { broker } = await openBroker({ hooks });
    const enter = (userName: string, password: string, protocolVersion: 4 | 5 = 5) =>
      connected(broker, {
        clientIdentifier: `of ${userName} ${protocolVersion}`,
        userName,
        password: Buffer.from(password),
        protocolVersion,
        cleanStart: false,
        properties: protocolVersion === 5 ? { sessionExpiryInterval: 100 } : {},
      });
    const [stays, bob, old, carl] = [
      await enter('anna', 'a'),
      await enter('bob', 'b'),
      await enter('bob', 'b', 4),
      await enter('carl', 'c'),
    ];
    change([await table(anna, await line('bob', 'b'))]);
    broker.update({});
    expect(await bob.receive('disconnect')).toMatchObject(revoked);
    expect(await carl.receive('disconnect')).toMatchObject(revoked);
    await Promise.all([bob.closed(), carl.closed(), old.closed()]);
    await stays.expectNothing();
    expect(broker.sessions().map((each) => [each.principalName, each.connected])).toEqual([
      ['anna', true],
      ['bob', false],
      ['bob', false],
      ['carl', false],
    ]);
  });

  test('looks at a thousand connections, and ends every second', async () => {
    const gone = new Set<string>();
    const { broker } = await openBroker({
      hooks: { authenticate: () => true, stillValid: ({ userName }) => !gone.has(userName ?? '') },
    });
    const peers = await Promise.all(
      Array.from({ length: 1_000 }, (_, index) =>
        connected(broker, { clientIdentifier: `c${index}`, userName: `user ${index}` }),
      ),
    );
    for (let index = 0; index < 1_000; index += 2) gone.add(`user ${index}`);
    broker.update({});
    await Promise.all(peers.filter((_, index) => index % 2 === 0).map((peer) => peer.closed()));
    await Promise.all(peers.filter((_, index) => index % 2 === 1).map((peer) => peer.expectNothing()));
    expect(broker.metrics()).toMatchObject({ connections: 500 });
  });

  test('a login that began before it is asked about again when it is in', async () => {
    let decide: (isRight: boolean) => void = () => {};
    const { broker } = await openBroker({
      hooks: {
        authenticate: () => new Promise<boolean>((resolve) => (decide = resolve)),
        stillValid: () => false,
      },
    });
    const peer = open(broker);
    const connack = peer.connect({ userName: 'anna' });
    await expect.poll(() => decide.length).toBe(1);
    broker.update({});
    decide(true);
    expect((await connack).reasonCode).toBe(0);
    expect(await peer.receive('disconnect')).toMatchObject(revoked);
  });

  test('an answer may come later; one that fails lets clients stay, and is told once', async () => {
    const logger = recordingLogger();
    const { broker } = await openBroker({
      logger,
      hooks: {
        authenticate: () => true,
        stillValid: async ({ userName }) => {
          if (userName !== 'later') throw new Error('the database is away');
          return false;
        },
      },
    });
    const enter = (userName: string) => connected(broker, { clientIdentifier: userName, userName });
    const [later, one, two] = [await enter('later'), await enter('one'), await enter('two')];
    broker.update({});
    expect(await later.receive('disconnect')).toMatchObject(revoked);
    await Promise.all([one.expectNothing(), two.expectNothing()]);
    expect(logger.errors).toEqual([expect.objectContaining({ code: 'PETREL_HOOK_FAILED' })]);
  });

  test('ends who came by a method that is gone, or whose new users are without him', async () => {
    const method = (name: string, valid: boolean): AuthenticationMethod => ({
      name,
      begin: () => ({ next: () => ({ principal: { name: 'anna' } }) }),
      stillValid: () => valid,
    });
    const { broker } = await openBroker({
      authenticationMethods: ['A', 'B', 'C'].map((each) => method(each, true)),
    });
    const enter = (authenticationMethod: string) =>
      connected(broker, { clientIdentifier: authenticationMethod, properties: { authenticationMethod } });
    const [a, b, c] = [await enter('A'), await enter('B'), await enter('C')];
    broker.update({ authenticationMethods: [method('A', true), method('B', false)] });
    expect(await b.receive('disconnect')).toMatchObject(revoked);
    expect(await c.receive('disconnect')).toMatchObject(revoked);
    await a.expectNothing();
  });

  test('re-authentication goes by the users of now, not by those of CONNECT', async () => {
    const method = (isKnown: boolean): AuthenticationMethod => ({
      name: 'A',
      begin: () => ({ next: () => (isKnown ? { principal: { name: 'anna' } } : { reasonCode: 0x87 }) }),
    });
    const { broker } = await openBroker({ authenticationMethods: [method(true)] });
    const peer = await connected(broker, { properties: { authenticationMethod: 'A' } });
    broker.update({ authenticationMethods: [method(false)] });
    peer.send({ type: 'auth', reasonCode: 0x19, properties: { authenticationMethod: 'A' } });
    expect(await peer.receive('disconnect')).toMatchObject(revoked);
  });
});

describe('a chain', () => {
  test('asks all of them, and has nothing against who says nothing of his credentials', async () => {
    const says = (valid: boolean): Authenticator =>
      Object.assign(() => undefined, { stillValid: () => valid });
    const known = clientOf({ name: 'anna', credential: 'x' });
    expect(authenticationChain([says(false), says(true)]).stillValid(known)).toBe(true);
    expect(authenticationChain([says(false), () => true]).stillValid(known)).toBe(false);
    expect(authenticationChain([says(false)]).stillValid(clientOf({ name: 'anna' }))).toBe(true);
    expect(authenticationChain([], { allowAnonymous: true }).stillValid(clientOf(undefined))).toBe(true);
    expect(authenticationChain([]).stillValid(clientOf(undefined))).toBe(false);
  });
});

describe('credentials of a kind', () => {
  test('certificate: the name is still among those that are let in', async () => {
    const peerCertificate = certificate({ CN: 'lamp' });
    const principal = await principalOf(certificateAuthenticator(), requestOf('', { peerCertificate }));
    const lamp = clientOf(principal, { peerCertificate });
    expect(certificateAuthenticator({ names: ['lamp'] }).stillValid?.(lamp)).toBe(true);
    expect(certificateAuthenticator({ names: ['door'] }).stillValid?.(lamp)).toBe(false);
    expect(certificateAuthenticator({ name: 'dns' }).stillValid?.(lamp)).toBe(false);
  });

  test('SCRAM: the stored key is the same', async () => {
    const stored = await deriveScramCredentials('pencil', { iterations: 4_096 });
    const other = await deriveScramCredentials('pencil', { iterations: 4_096 });
    const anna = clientOf({ name: 'anna', credential: credentialFor('anna', stored) });
    expect(await scramSha256({ lookup: () => stored }).stillValid?.(anna)).toBe(true);
    expect(await scramSha256({ lookup: () => other }).stillValid?.(anna)).toBe(false);
    expect(await scramSha256({ lookup: () => undefined }).stillValid?.(anna)).toBe(false);
  });

  test('token: its key is in the set, whatever its name, and it is meant for us', async () => {
    const [one, two] = [await generateKeyPair('ES256'), await generateKeyPair('ES256')];
    const jwk = async (key: CryptoKey) => ({ ...(await exportJWK(key)), kid: 'k', alg: 'ES256' });
    const keys = { keys: [await jwk(one.publicKey)] };
    const token = await new SignJWT({ sub: 'anna', iss: 'house', aud: 'mqtt' })
      .setProtectedHeader({ alg: 'ES256', kid: 'k' })
      .setExpirationTime('1h')
      .sign(one.privateKey);
    const principal = await principalOf(tokenAuthenticator({ keys, audience: 'mqtt' }), requestOf(token));
    expect(principal.credential).not.toContain(token.slice(0, 20));
    const asked = (options: Partial<Parameters<typeof tokenAuthenticator>[0]>) =>
      tokenAuthenticator({ keys, audience: 'mqtt', ...options }).stillValid?.(clientOf(principal));
    expect(await asked({ issuer: 'house' })).toBe(true);
    expect(await asked({ issuer: 'other' })).toBe(false);
    expect(await asked({ audience: 'http' })).toBe(false);
    expect(await asked({ algorithms: ['RS256'] })).toBe(false);
    expect(await asked({ keys: { keys: [await jwk(two.publicKey)] } })).toBe(false);
  });

  test('webhook: nobody can be asked without the password, so a client stays while there is a webhook', async () => {
    const url = new URL('http://127.0.0.1:1/');
    const anna = clientOf({ name: 'anna', credential: 'webhook:' });
    expect(authenticationChain([webhookAuthenticator({ url })]).stillValid(anna)).toBe(true);
    expect(authenticationChain([certificateAuthenticator()]).stillValid(anna)).toBe(false);
  });
});
