/** Secrets where others read: 23. */
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { authenticationChain } from '../authentication/authentication-chain.js';
import { passwordAuthenticator } from '../authentication/password-authenticator.js';
import { hashPassword } from '../authentication/password-hash.js';
import { parsePasswordTable } from '../authentication/password-table.js';
import { deriveScramCredentials } from '../authentication/scram-credentials.js';
import { scramSha256 } from '../authentication/scram-sha-256.js';
import { webhookAuthenticator } from '../authentication/webhook-authenticator.js';
import { connected, open, openBroker, published, subscribed } from '../broker-fixture.suite.js';
import type { BrokerHooks } from '../hooks.js';

const secret = 'correct-horse-battery-staple';
const password = Buffer.from(secret);

/** Everything that a broker says of itself, at every level, with all causes. */
function recorder() {
  const said: unknown[] = [];
  const note = (message: unknown) => void said.push(message);
  return { said, logger: { debug: note, info: note, warn: note, error: note } };
}

function expectNoSecret(...values: unknown[]): void {
  const text = inspect(values, { depth: 20, maxStringLength: null, maxArrayLength: null, showHidden: true });
  for (const form of [
    secret,
    password.toString('hex'),
    password.toString('base64'),
    [...password].join(', '),
  ])
    expect(text).not.toContain(form);
}

async function authenticators() {
  const table = parsePasswordTable(`anna:${await hashPassword(secret, { logN: 10, r: 8, p: 1 })}`);
  return {
    passwords: passwordAuthenticator(table),
    // Nobody listens there.
    webhook: webhookAuthenticator({ url: new URL('http://127.0.0.1:1/'), token: secret }),
    broken: () => Promise.reject(new Error('the authenticator is broken')),
  };
}

describe('23 credentials in logs, metrics or the console (CVE-2026-33216, CVE-2025-50200)', () => {
  test.each([
    ['who is right', 'anna', secret],
    ['who is wrong', 'anna', `${secret}!`],
    ['who is nobody', 'nobody', secret],
  ])('%s', async (_, userName, given) => {
    const { passwords, webhook, broken } = await authenticators();
    for (const chain of [[passwords], [webhook], [broken], [passwords, webhook, broken]]) {
      const { said, logger } = recorder();
      const seen: unknown[] = [];
      const hooks: BrokerHooks = {
        authenticate: authenticationChain(chain),
        connect: (client, packet) => void seen.push(client, packet),
        connected: (client) => void seen.push(client),
        disconnected: (client, event) => void seen.push(client, event),
        publish: (client) => void seen.push(client),
      };
      const { broker } = await openBroker({ logger, hooks });
      const peer = open(broker);
      const connack = await peer.connect({ userName, password: Buffer.from(given) });
      if (connack.reasonCode === 0) {
        await subscribed(peer, '$SYS/#');
        await published(peer, 'a', 'x', 1);
      }
      peer.destroy();
      await peer.closed();
      expectNoSecret(said, seen, connack, broker.metrics(), broker.sessions());
    }
  });

  test('a CONNECT that is no MQTT, or too large, with a password in it', async () => {
    const { said, logger } = recorder();
    const { broker } = await openBroker({ logger, limits: { maximumPacketSizeBeforeConnectBytes: 128 } });
    for (const head of [
      '101f00044d5154540502003c00',
      '10ff7f00044d51545405c2003c00',
      '10800100044d51545405c2003c00',
    ]) {
      const peer = open(broker);
      peer.send(Buffer.concat([Buffer.from(head, 'hex'), password, Buffer.alloc(20)]));
      await peer.closed();
    }
    expect(said.length).toBeGreaterThan(0);
    expectNoSecret(said, broker.metrics());
  });

  test('SCRAM: neither password nor keys', async () => {
    const credentials = await deriveScramCredentials(secret, { iterations: 4_096 });
    const { said, logger } = recorder();
    const methods = [scramSha256({ lookup: () => credentials })];
    const { broker } = await openBroker({ logger, authenticationMethods: methods });
    const peer = open(broker);
    const first = {
      authenticationMethod: 'SCRAM-SHA-256',
      authenticationData: Buffer.from('n,,n=anna,r=abc'),
    };
    peer.send({
      type: 'connect',
      protocolVersion: 5,
      clientIdentifier: 'c',
      cleanStart: true,
      keepAlive: 0,
      properties: first,
    });
    const challenge = await peer.receive('auth');
    const proof = Buffer.from(`c=biws,r=${'x'.repeat(20)},p=${Buffer.alloc(32).toString('base64')}`);
    peer.send({ type: 'auth', reasonCode: 0x18, properties: { ...first, authenticationData: proof } });
    await peer.closed();
    expectNoSecret(said, challenge, broker.sessions());
    const text = inspect([said, challenge], { depth: 20 });
    for (const key of [credentials.storedKey, credentials.serverKey])
      expect(text).not.toContain(Buffer.from(key).toString('base64'));
  });
});

test('23 a password that waits in a table or a cache cannot be read out of it', async () => {
  const { passwords } = await authenticators();
  const { broker } = await openBroker({ hooks: { authenticate: authenticationChain([passwords]) } });
  await connected(broker, { userName: 'anna', password });
  await connected(broker, { userName: 'anna', password, clientIdentifier: 'again' });
  expectNoSecret(passwords, broker, broker.sessions());
});
