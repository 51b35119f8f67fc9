/** Every way into a broker that a configuration can open: TLS with and without client certificates, tokens, SCRAM; and its renewal. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ClientOptions, connect, scramSha256 } from '@petrel/client';
import {
  houseAuthority,
  lampCertificate,
  mqttCertificate,
  revocationList,
  serverCertificate,
  stolenCertificate,
  testAuthority,
} from '@petrel/testing';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { run } from './run.js';
import { petrel, terminal } from './test-terminal.suite.js';

let folder = '';
const stops: (() => Promise<unknown>)[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'petrel-doors-'));
  const files = {
    'server.key': serverCertificate.key,
    'server.pem': serverCertificate.cert,
    'mqtt.key': mqttCertificate.key,
    'mqtt.pem': mqttCertificate.cert,
    'house.pem': houseAuthority,
    'house.crl': revocationList,
    token: 'a token of some length\n',
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
});
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
  await rm(folder, { recursive: true, force: true });
});

async function start(text: string) {
  const file = join(folder, 'petrel.yaml');
  await writeFile(file, text);
  const broker = terminal();
  const done = run(['broker', '--config', file], broker.terminal);
  stops.push(() => {
    broker.interrupt();
    return done;
  });
  const expectedLines = text.includes('admin:') ? 2 : 1;
  await broker.until(() => broker.lines.out.length >= expectedLines || broker.lines.err.length > 0);
  expect(broker.lines.err).toEqual([]);
  const [url = '', admin = ''] = broker.lines.out;
  return { ...broker, url, admin, file };
}

/** Comes in, publishes to a topic, and goes; the Reason Code of the broker. */
async function enter(url: string, options: ClientOptions, topicName: string): Promise<number | undefined> {
  try {
    const client = await connect({ url, reconnect: false, ...options });
    try {
      return (await client.publish(topicName, 'x', { qos: 1 })).reasonCode;
    } finally {
      await client.close();
    }
  } catch (error) {
    return (error as { reasonCode?: number }).reasonCode;
  }
}

const rules = `access:
  rules:
    - { allow: [publish], topics: ['users/%u/#'] }
    - { allow: [publish], topics: ['night'], groups: [night] }
    - { allow: [publish], topics: ['cert'], certificates: [lamp.local] }
`;
const ca = [testAuthority, houseAuthority];

describe('client certificates', () => {
  const configuration = (more = '') => `listeners:
  - type: tls
    port: 0
    key: server.key
    cert: server.pem
    ca: house.pem
    requestCert: true
${more}authentication:
  - { type: certificate, name: common-name }
${rules}`;

  test('are who a client is, and a rule may speak of their names', async () => {
    const { url } = await start(configuration());
    const tls = { ca, servername: 'localhost', ...lampCertificate };
    expect(await enter(url, { tls }, 'users/lamp/a')).toBe(0x10);
    expect(await enter(url, { tls }, 'cert')).toBe(0x10);
    expect(await enter(url, { tls }, 'users/stolen/a')).toBe(0x87);
    await expect(connect({ url, reconnect: false, tls: { ca, servername: 'localhost' } })).rejects.toThrow();
  });

  test('are refused once a revocation list has them, without a restart and without dropping others', async () => {
    const { url, hangup, until, lines, file } = await start(configuration());
    const lamp = await connect({ url, tls: { ca, servername: 'localhost', ...lampCertificate } });
    const stolen = { tls: { ca, servername: 'localhost', ...stolenCertificate } };
    expect(await enter(url, stolen, 'users/stolen/a')).toBe(0x10);
    const there = await connect({ url, reconnect: false, ...stolen });
    const ended = new Promise((resolve) => there.on('disconnect', resolve));
    await writeFile(file, configuration('    crl: house.crl\n'));
    hangup();
    await until(() => lines.err.includes('the configuration was read again'));
    expect(await enter(url, stolen, 'users/stolen/a')).toBeUndefined();
    expect(await ended).toMatchObject({ reasonCode: 0x87 });
    expect((await lamp.publish('users/lamp/a', 'x', { qos: 1 })).reasonCode).toBe(0x10);
    await lamp.close();
  });
});

test('a certificate by server name, and a new one through the admin API', async () => {
  const configuration = (pair: string) => `listeners:
  - type: tls
    port: 0
    key: ${pair}.key
    cert: ${pair}.pem
    certificates:
      - { serverNames: [mqtt.example.com], key: mqtt.key, cert: mqtt.pem }
authentication:
  - { type: module, file: own.mjs }
access: { default: allow }
admin: { port: 0, tokenFile: token }
`;
  await writeFile(join(folder, 'own.mjs'), 'export default () => ({ name: "anybody" });\n');
  const { url, admin, file } = await start(configuration('server'));
  const enterAs = (servername: string) => enter(url, { tls: { ca, servername } }, 'a');
  expect([await enterAs('localhost'), await enterAs('mqtt.example.com')]).toEqual([0x10, 0x10]);
  const reload = () =>
    fetch(`${admin}/api/v1/reload`, {
      method: 'POST',
      headers: { authorization: 'Bearer a token of some length' },
    });
  await writeFile(file, configuration('nothing'));
  const refused = await reload();
  expect([refused.status, await refused.text()]).toEqual([409, expect.stringContaining('petrel.yaml:4:5')]);
  expect(await enterAs('localhost')).toBe(0x10);
  await writeFile(file, configuration('mqtt'));
  expect((await reload()).status).toBe(204);
  expect([await enterAs('localhost'), await enterAs('lamp.home.example.com')]).toEqual([undefined, 0x10]);
});

test('tokens, with groups that rules speak of', async () => {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  const keys = { keys: [{ ...(await exportJWK(publicKey)), alg: 'ES256' }] };
  await writeFile(join(folder, 'keys.json'), JSON.stringify(keys));
  const { url } = await start(`listeners: [{ type: tcp, port: 0 }]
authentication:
  - { type: jwt, keysFile: keys.json, audience: mqtt, groupsClaim: groups }
${rules}`);
  const token = (claims: Record<string, unknown>) =>
    new SignJWT({ sub: 'anna', aud: 'mqtt', exp: Math.floor(Date.now() / 1000) + 3_600, ...claims })
      .setProtectedHeader({ alg: 'ES256' })
      .sign(privateKey);
  const watchman = { userName: 'x', password: await token({ groups: ['night'] }) };
  expect(await enter(url, watchman, 'users/anna/a')).toBe(0x10);
  expect(await enter(url, watchman, 'night')).toBe(0x10);
  expect(await enter(url, { userName: 'x', password: await token({}) }, 'night')).toBe(0x87);
  expect(await enter(url, { userName: 'x', password: await token({ aud: 'http' }) }, 'users/anna/a')).toBe(
    0x86,
  );
  expect(await enter(url, { userName: 'anna' }, 'users/anna/a')).toBe(0x86);
});

test('SCRAM beside passwords, from one file', async () => {
  await petrel(['passwd', '--scram', join(folder, 'passwords'), 'anna'], 'opensesame');
  const { url } = await start(`listeners: [{ type: tcp, port: 0 }]
authentication:
  - { type: scram, file: passwords }
  - { type: password-file, file: passwords }
${rules}`);
  const scram = (password: string) => ({ authentication: scramSha256({ userName: 'anna', password }) });
  expect(await enter(url, scram('opensesame'), 'users/anna/a')).toBe(0x10);
  expect(await enter(url, scram('guess'), 'users/anna/a')).toBe(0x87);
  expect(await enter(url, { userName: 'anna', password: 'opensesame' }, 'users/anna/a')).toBe(0x10);
});
