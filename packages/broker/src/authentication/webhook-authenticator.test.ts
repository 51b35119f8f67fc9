import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { open, openBroker } from '../broker-fixture.suite.js';
import { recordingLogger } from '../recording-logger.suite.js';
import { authenticationChain } from './authentication-chain.js';
import { certificate, request } from './authenticators.suite.js';
import { type WebhookAuthenticatorOptions, webhookAuthenticator } from './webhook-authenticator.js';

interface Asked {
  readonly body: Record<string, unknown>;
  readonly authorization: string | undefined;
}

const asked: Asked[] = [];
let answer: (body: Record<string, unknown>) => {
  status?: number;
  headers?: Record<string, string>;
  body: string;
};

async function readAll(message: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of message) text += String(chunk);
  return text;
}

async function respond(message: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = JSON.parse(await readAll(message)) as Record<string, unknown>;
  asked.push({ body, authorization: message.headers.authorization });
  const { status = 200, headers = {}, body: text } = answer(body);
  response.writeHead(status, headers).end(text);
}

const server = createServer((message, response) => void respond(message, response));
let url: URL;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/login`);
});
afterAll(() => server.close());
beforeEach(() => {
  asked.length = 0;
});

/** Told to the logger, and to the client as 0x88. */
const away = { code: 'PETREL_AUTHENTICATOR_FAILED', reasonCode: 0x88 };

const says = (value: object) => () => ({ body: JSON.stringify(value) });
const hook = (options: Partial<WebhookAuthenticatorOptions> = {}) =>
  webhookAuthenticator({ url, ...options });

describe('a webhook', () => {
  test('is told who asks, and says who that is', async () => {
    answer = says({ result: 'allow', name: 'anna', groups: ['staff'], expiresAt: 99 });
    const peerCertificate = certificate({ CN: 'device-1' });
    const who = request({ userName: 'u', password: 'päss', peerCertificate });
    expect(await hook({ token: 'secret' })(who)).toMatchObject({
      name: 'anna',
      groups: ['staff'],
      expiresAt: 99,
    });
    expect(asked).toEqual([
      {
        authorization: 'Bearer secret',
        body: {
          clientIdentifier: 'c',
          userName: 'u',
          password: 'päss',
          protocolVersion: 5,
          transport: 'tcp',
          remoteAddress: '127.0.0.1',
          certificateNames: ['device-1'],
        },
      },
    ]);
  });

  test('may refuse, or leave a client to the next authenticator', async () => {
    answer = says({ result: 'deny' });
    expect(await hook()(request())).toBe(false);
    answer = says({ result: 'next' });
    expect(await hook()(request())).toBeUndefined();
  });

  test('is not asked again for the same credentials while its answer is good', async () => {
    answer = ({ password }) =>
      says(password === 'right' ? { result: 'allow', name: 'a' } : { result: 'deny' })();
    const authenticate = hook();
    const ask = (password: string, fields = {}) =>
      authenticate(request({ userName: 'u', password, ...fields }));
    expect([await ask('right'), await ask('right')]).toEqual(
      [{ name: 'a' }, { name: 'a' }].map((each) => expect.objectContaining(each)),
    );
    expect(asked.length).toBe(1);
    expect([await ask('wrong'), await ask('wrong')]).toEqual([false, false]);
    expect(asked.length).toBe(2);
    // Another address, another client: another question.
    await ask('right', { remoteAddress: '10.0.0.1' });
    await ask('right', { clientIdentifier: 'd' });
    expect(asked.length).toBe(4);
    const forgetful = hook({ cacheMs: 0 });
    await forgetful(request());
    await forgetful(request());
    expect(asked.length).toBe(6);
  });

  test('that lets a client in over TLS is asked again when it comes without', async () => {
    answer = ({ transport, protocolVersion }) =>
      says(
        transport === 'tls' && protocolVersion === 5 ? { result: 'allow', name: 'a' } : { result: 'deny' },
      )();
    const authenticate = hook();
    const ask = (fields: object) => authenticate(request({ userName: 'u', password: 'right', ...fields }));
    expect(await ask({ transport: 'tls' })).toMatchObject({ name: 'a' });
    expect(await ask({ transport: 'tcp' })).toBe(false);
    expect(await ask({ transport: 'tls', protocolVersion: 4 })).toBe(false);
  });

  test('33 that fails opens nothing, and is left alone for a while (CVE-2018-12550)', async () => {
    const bad = [
      { status: 500, body: '' },
      { status: 204, body: '' },
      { status: 401, body: '{"result":"allow","name":"a"}' },
      { status: 302, headers: { location: 'http://127.0.0.1:1/' }, body: '' },
      { body: 'no JSON' },
      { body: '{}' },
      { body: 'true' },
      { body: '{"result":"allow"}' },
      { body: '{"result":"allow","name":7}' },
      { body: '{"result":"allow","name":"a","groups":"admin"}' },
      { body: `{"result":"allow","name":"${'a'.repeat(70_000)}"}` },
    ];
    for (const each of bad) {
      answer = () => each;
      await expect(Promise.resolve(hook()(request())), JSON.stringify(each)).rejects.toMatchObject(away);
    }
    asked.length = 0;
    const authenticate = hook({ maximumFailures: 2, openForMs: 60_000 });
    for (let index = 0; index < 2; index++)
      await expect(Promise.resolve(authenticate(request()))).rejects.toMatchObject(away);
    for (let index = 0; index < 3; index++)
      expect(await authenticate(request())).toEqual({ reasonCode: 0x88 });
    expect(asked.length).toBe(2);
  });

  test('that is away is told to the operator, and to the client as 0x88', async () => {
    answer = () => ({ status: 500, body: '' });
    const logger = recordingLogger();
    const { broker } = await openBroker({ logger, hooks: { authenticate: authenticationChain([hook()]) } });
    const peer = open(broker);
    expect((await peer.connect({ userName: 'u' })).reasonCode).toBe(0x88);
    await peer.closed();
    expect(logger.errors).toEqual([expect.objectContaining({ cause: expect.objectContaining(away) })]);
  });

  test('that does not answer in time is no friend', async () => {
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    const authenticate = hook({ url: new URL(`http://127.0.0.1:${port}/`), timeoutMs: 50 });
    await expect(Promise.resolve(authenticate(request()))).rejects.toMatchObject(away);
    silent.closeAllConnections();
    silent.close();
  });

  test.each(['http://example.com/login', 'ftp://127.0.0.1/', 'http://0.0.0.0/'])(
    'at %s would show passwords to others',
    (bad) => {
      expect(() => hook({ url: new URL(bad) })).toThrow('must be https');
    },
  );
});
