/** Bridges of a configuration file: between two brokers that this test runs as an operator would. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Broker, createBroker, hashPassword } from '@petrel/broker';
import { connect } from '@petrel/client';
import { eventually } from '@petrel/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { run } from './run.js';
import { petrel, terminal } from './test-terminal.suite.js';

let folder: string;
let cloud: Broker;
let cloudUrl: string;
let stop: () => Promise<unknown> = async () => {};

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'petrel-bridges-'));
  cloud = await createBroker({
    listeners: [{ type: 'tcp', port: 0 }],
    hooks: { authenticate: ({ userName }) => userName === 'home-7' && { name: userName } },
  });
  cloudUrl = cloud.addresses[0]?.url ?? '';
});
afterEach(async () => {
  await stop();
  stop = async () => {};
  await cloud.close();
  rmSync(folder, { recursive: true, force: true });
});

function configure(bridge: string, more = ''): string {
  const file = join(folder, 'petrel.yaml');
  writeFileSync(file, `listeners: [{ type: tcp, port: 0 }]\n${more}\nbridges:\n${bridge}`);
  return file;
}

/** Starts `petrel broker`; gives its URL. */
async function start(file: string): Promise<string> {
  const { terminal: given, lines, until, interrupt } = terminal();
  const done = run(['broker', '--config', file], given);
  stop = async () => {
    interrupt();
    expect(await done).toBe(0);
  };
  await until(() => lines.out.length > 0);
  return lines.out[0] as string;
}

const bridge = (topics: string) => `  - name: home-7
    url: ${cloudUrl}
    userName: home-7
    topics:
${topics}`;

test('carries what the file says, without authentication and with', async () => {
  const topics = `      - { filter: 'sensors/#', remotePrefix: homes/7/ }
      - { filter: 'commands/#', direction: in, remotePrefix: homes/7/ }`;
  writeFileSync(join(folder, 'passwords'), `anna:${await hashPassword('opensesame')}\n`);
  const closed = `authentication: [{ type: password-file, file: passwords }]
access: { rules: [{ allow: [publish, subscribe], topics: ['#'], users: [anna] }] }`;
  for (const more of ['', closed]) {
    const url = await start(configure(bridge(topics), more));
    const here = await connect({ url, userName: 'anna', password: 'opensesame' });
    const there = await connect({ url: cloudUrl, userName: 'home-7' });
    const seen: string[] = [];
    await there.subscribe('homes/#', { qos: 1 }, (message) => {
      seen.push(`${message.topicName} ${message.text()}`);
    });
    await here.subscribe('commands/#', { qos: 1 }, (message) => {
      seen.push(`${message.topicName} ${message.text()}`);
    });
    await here.publish('sensors/kitchen', '21', { qos: 1 });
    await eventually(() => expect(seen).toContain('homes/7/sensors/kitchen 21'));
    await there.publish('homes/7/commands/heating', 'on', { qos: 1 });
    await eventually(() => expect(seen).toContain('commands/heating on'));
    await Promise.all([here.close(), there.close()]);
    await stop();
    stop = async () => {};
  }
});

test('a bridge whose other side was away until the end has not failed: nothing of the kind is said', async () => {
  const file = configure(`  - name: home-7
    url: mqtt://127.0.0.1:1
    topics: [{ filter: a }]
`);
  const { terminal: given, lines, until, interrupt } = terminal();
  const done = run(['broker', '--config', file], given);
  await until(() => lines.err.some((line) => line.includes('cannot be reached')));
  interrupt();
  expect(await done).toBe(0);
  expect(lines.err.filter((line) => line.includes('cannot work'))).toEqual([]);
});

test('the name of a bridge is nobody else’s', async () => {
  // Somebody who vouches for any name, as a careless webhook would.
  writeFileSync(join(folder, 'anybody.mjs'), 'export default ({ userName }) => ({ name: userName });\n');
  const file = configure(
    bridge(`      - { filter: 'sensors/#' }`),
    'authentication: [{ type: module, file: anybody.mjs }]\naccess: { default: allow }',
  );
  const url = await start(file);
  const anna = await connect({ url, userName: 'anna' });
  await anna.close();
  await expect(connect({ url, userName: 'bridge:home-7' })).rejects.toMatchObject({
    code: 'PETREL_CONNECT_REFUSED',
  });
  await expect(connect({ url, userName: 'bridge:home-7', password: 'x'.repeat(32) })).rejects.toMatchObject({
    code: 'PETREL_CONNECT_REFUSED',
  });
});

describe('config check', () => {
  const check = async (text: string) => (await petrel(['config', 'check', configure(text)])).err;

  test('names what is wrong with a bridge', async () => {
    expect(await check(bridge(`      - { filter: 'a/b#' }`))).toMatch(
      /bridges\[0\]" cannot be used: .*\[MQTT-4\.7\.1-1\]/,
    );
    expect(await check(bridge(`      - { filter: a, direction: up }`))).toContain(
      'bridges[0].topics[0].direction',
    );
    const twice = bridge(`      - { filter: a }`);
    expect(await check(`${twice}\n${twice}`)).toContain('is the name of another bridge too');
    expect(
      await check(`  - { name: a, url: 'mqtt://localhost', cert: a.pem, topics: [{ filter: a }] }`),
    ).toContain('needs "key"');
    expect(await check(`  - { name: a/b, url: 'mqtt://localhost', topics: [{ filter: a }] }`)).toContain(
      '1–64 characters',
    );
  });
});
