import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connected, openBroker } from '../broker-fixture.suite.js';
import { authenticationChain } from './authentication-chain.js';
import { request } from './authenticators.suite.js';
import { type TokenAuthenticatorOptions, tokenAuthenticator } from './token-authenticator.js';

type Keys = Extract<TokenAuthenticatorOptions['keys'], object & { keys: unknown }>;
let ours: CryptoKey;
let foreign: CryptoKey;
let keys: Keys;

beforeAll(async () => {
  const pair = await generateKeyPair('ES256');
  ours = pair.privateKey;
  foreign = (await generateKeyPair('ES256')).privateKey;
  keys = { keys: [{ ...(await exportJWK(pair.publicKey)), kid: 'k1', alg: 'ES256' }] };
});

const now = () => Math.floor(Date.now() / 1000);

function sign(claims: JWTPayload, { key = ours, kid = 'k1' } = {}): Promise<string> {
  const all = { sub: 'anna', iss: 'house', aud: 'mqtt', exp: now() + 3_600, ...claims };
  return new SignJWT(all).setProtectedHeader({ alg: 'ES256', kid }).sign(key);
}

describe('a token', () => {
  const ask = (password: string, options: Partial<TokenAuthenticatorOptions> = {}) =>
    tokenAuthenticator({ keys, issuer: 'house', audience: 'mqtt', ...options })(
      request({ userName: 'any', password }),
    );

  test('tells who a client is, and until when', async () => {
    const exp = now() + 100;
    expect(await ask(await sign({ exp }))).toMatchObject({
      name: 'anna',
      groups: undefined,
      expiresAt: exp * 1_000,
    });
    const claims = await sign({ exp, device: 'lamp', roles: ['a', 'b'] });
    expect(await ask(claims, { nameClaim: 'device', groupsClaim: 'roles' })).toMatchObject({
      name: 'lamp',
      groups: ['a', 'b'],
      expiresAt: exp * 1_000,
    });
  });

  test('that is not good is refused', async () => {
    const good = await sign({});
    const [header, payload, signature] = good.split('.') as [string, string, string];
    const none = Buffer.from('{"alg":"none"}').toString('base64url');
    const hmac = Buffer.from('{"alg":"HS256"}').toString('base64url');
    const bad = {
      expired: await sign({ exp: now() - 60 }),
      'without end': await sign({ exp: undefined as never }),
      'not valid yet': await sign({ nbf: now() + 600 }),
      'for somebody else': await sign({ aud: 'http' }),
      'from somebody else': await sign({ iss: 'other' }),
      'without name': await sign({ sub: undefined as never }),
      'with a name that is none': await sign({ sub: 7 as never }),
      'with an empty name': await sign({ sub: '' }),
      'signed by another key': await sign({}, { key: foreign }),
      'of an unknown key': await sign({}, { kid: 'k2' }),
      'without signature': `${header}.${payload}.`,
      'with alg none': `${none}.${payload}.`,
      'with alg none and a signature': `${none}.${payload}.${signature}`,
      'with a symmetric alg': `${hmac}.${payload}.${signature}`,
      'with another payload': `${header}.${Buffer.from('{"sub":"admin","aud":"mqtt","iss":"house","exp":9999999999}').toString('base64url')}.${signature}`,
      garbage: 'a.b.c',
    };
    for (const [what, token] of Object.entries(bad)) expect([what, await ask(token)]).toEqual([what, false]);
    expect(await ask(await sign({ roles: 'admin' }), { groupsClaim: 'roles' })).toBe(false);
  });

  test('is not what just looks unlike one: that is left to the next authenticator', async () => {
    expect(await ask('opensesame')).toBeUndefined();
    expect(await tokenAuthenticator({ keys, audience: 'mqtt' })(request())).toBeUndefined();
  });

  test('needs an audience and public keys', () => {
    const plain = new URL('http://keys.example.com/jwks.json');
    expect(() => tokenAuthenticator({ keys: plain, audience: 'mqtt' })).toThrow('must be https');
    expect(() => tokenAuthenticator({ keys, audience: '' })).toThrow('"audience"');
    expect(() => tokenAuthenticator({ keys, audience: 'mqtt', algorithms: ['HS256'] })).toThrow(
      '"algorithms"',
    );
    expect(() => tokenAuthenticator({ keys, audience: 'mqtt', algorithms: ['none'] })).toThrow(
      '"algorithms"',
    );
  });

  test('ends the connection when it ends', async () => {
    const authenticate = authenticationChain([tokenAuthenticator({ keys, audience: 'mqtt' })]);
    const { broker, clock } = await openBroker({ hooks: { authenticate } });
    const exp = now() + 3_600;
    const peer = await connected(broker, { userName: 'x', password: Buffer.from(await sign({ exp })) });
    expect(broker.sessions().map(({ principalName }) => principalName)).toEqual(['anna']);
    clock.advance(exp * 1_000 - clock.now() - 1);
    await peer.expectNothing();
    clock.advance(1);
    expect(await peer.receive('disconnect')).toMatchObject({ reasonCode: 0xa0 });
    await peer.closed();
  });
});

describe('keys behind a URL', () => {
  let answer: { status: number; body: string } = { status: 200, body: '' };
  let asked = 0;
  const server = createServer((_, response) => {
    asked += 1;
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body);
  });
  let url: URL;
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`);
  });
  afterAll(() => server.close());

  test('are read once, and again for a key that is new', async () => {
    answer = { status: 200, body: JSON.stringify(keys) };
    const authenticate = tokenAuthenticator({ keys: url, audience: 'mqtt' });
    expect(await authenticate(request({ password: await sign({}) }))).toMatchObject({ name: 'anna' });
    expect(await authenticate(request({ password: await sign({}) }))).toMatchObject({ name: 'anna' });
    expect(asked).toBe(1);
  });

  test('that cannot be had refuse with 0x88, and open nothing', async () => {
    for (const each of [
      { status: 500, body: '' },
      { status: 200, body: 'no JSON' },
      { status: 200, body: '{"keys":7}' },
    ]) {
      answer = each;
      const authenticate = tokenAuthenticator({ keys: url, audience: 'mqtt' });
      const asked = Promise.resolve(authenticate(request({ password: await sign({}) })));
      await expect(asked).rejects.toMatchObject({ code: 'PETREL_AUTHENTICATOR_FAILED', reasonCode: 0x88 });
    }
  });
});
