/** What an operator does: users, rules, and a broker that reads them again. */
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, scramSha256 } from '@petrel/client';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { run } from './run.js';
import { petrel, terminal } from './test-terminal.suite.js';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'petrel-operator-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const inFolder = (name: string) => join(folder, name);

async function writeConfiguration(text: string): Promise<string> {
  await writeFile(inFolder('petrel.yaml'), text);
  return inFolder('petrel.yaml');
}

describe('petrel passwd', () => {
  test('adds, changes and deletes users, in a file that only its owner reads', async () => {
    const file = inFolder('passwords');
    expect(await petrel(['passwd', file, 'anna'], 'opensesame\n')).toEqual({
      code: 0,
      out: 'anna is added',
      err: '',
    });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    await petrel(['passwd', '--scram', file, 'bob'], 'secret');
    const before = await readFile(file, 'utf8');
    expect(before).toMatch(
      /^anna:\$scrypt\$ln=14,r=8,p=5\$\S+\nbob:\$scrypt\$\S+:\$scram-sha-256\$i=15000\$\S+\n$/,
    );
    expect(before).not.toMatch(/opensesame|secret/);
    expect((await petrel(['passwd', file, 'anna'], 'other')).out).toBe('anna is changed');
    expect(await readFile(file, 'utf8')).not.toBe(before);
    expect((await petrel(['passwd', '-D', file, 'anna'])).out).toBe('anna is deleted');
    expect(await readFile(file, 'utf8')).toMatch(/^bob:\S+\n$/);
  });

  test('refuses what would lock somebody out or damage the file', async () => {
    const file = inFolder('passwords');
    expect((await petrel(['passwd', file, 'a:b'], 'x')).code).toBe(2);
    expect((await petrel(['passwd', file, 'anna'], '')).err).toContain('must not be empty');
    expect((await petrel(['passwd', '-D', file, 'anna'])).err).toContain('has no user "anna"');
    await writeFile(file, 'anna:plain\n');
    const { code, err } = await petrel(['passwd', file, 'bob'], 'x');
    expect([code, err]).toEqual([2, expect.stringContaining('line 1 must be name:$scrypt$')]);
    expect(await readFile(file, 'utf8')).toBe('anna:plain\n');
  });
});

describe('petrel acl test', () => {
  const text = `access:
  groups: { staff: [anna] }
  rules:
    - { allow: [publish, subscribe], topics: ['users/%u/#'] }
    - { allow: [subscribe], topics: ['#'], groups: [staff] }
    - { deny: [receive], topics: ['secret/#'] }
`;

  test.each([
    [['--user', 'bob', 'publish', 'users/bob/a'], 0, 'allowed: petrel.yaml:4: rule 0 allows users/bob/#'],
    [['--user', 'bob', 'publish', 'users/anna/a'], 1, 'denied: no rule is about it, and the default is deny'],
    [['--user', 'anna', 'subscribe', '#'], 0, 'allowed: petrel.yaml:5: rule 1 allows #'],
    [['--user', 'bob', '--group', 'staff', 'subscribe', '#'], 0, 'allowed: petrel.yaml:5: rule 1 allows #'],
    [['--user', 'anna', 'subscribe', '$share/g/#'], 1, 'denied: petrel.yaml:6: rule 2 denies secret/#'],
    [['--user', 'anna', 'receive', 'secret/a'], 1, 'denied: petrel.yaml:6: rule 2 denies secret/#'],
    [['--user', 'anna', 'publish', '$SYS/a'], 1, 'denied: the topic is reserved for the broker'],
    [['subscribe', 'users/+/#'], 1, 'denied: no rule is about it, and the default is deny'],
  ] as const)('%j', async (args, code, out) => {
    const file = await writeConfiguration(text);
    const answer = await petrel(['acl', 'test', '-c', file, ...args]);
    expect([answer.code, answer.out.replace(`${folder}/`, '')]).toEqual([code, out]);
  });

  test('answers in JSON, and says what is wrong with a question', async () => {
    const file = await writeConfiguration(text);
    const { out } = await petrel([
      'acl',
      'test',
      '--json',
      '-c',
      file,
      '--user',
      'bob',
      'publish',
      'users/bob',
    ]);
    expect(JSON.parse(out)).toEqual({ allowed: true, reason: 'rule 0 allows users/bob/#', rule: 0, line: 4 });
    expect((await petrel(['acl', 'test', '-c', file, 'read', 'a'])).err).toContain('must be one of publish');
    expect((await petrel(['acl', 'test', '-c', file, '--group', 'x', 'publish', 'a'])).code).toBe(2);
    expect((await petrel(['acl', 'test', '-c', inFolder('none.yaml'), 'publish', 'a'])).code).toBe(1);
  });
});

describe('petrel config check', () => {
  test('says that all is right, or all that is wrong', async () => {
    const good = await writeConfiguration('allowAnonymous: false\n');
    expect(await petrel(['config', 'check', good])).toEqual({ code: 0, out: `${good} is right`, err: '' });
    expect(JSON.parse((await petrel(['config', 'check', '--json', good])).out)).toEqual({
      ok: true,
      problems: [],
    });
    const bad = await writeConfiguration('access:\n  rules:\n    - { allow: [publish], topics: [a/%x] }\n');
    const { code, err } = await petrel(['config', 'check', bad]);
    expect([code, err]).toEqual([
      1,
      expect.stringMatching(/petrel\.yaml:3:27: "access\.rules\[0\]\.topics": "a\/%x" has "%x"/),
    ]);
    const { out } = await petrel(['config', 'check', '--json', bad]);
    expect(JSON.parse(out)).toMatchObject({
      ok: false,
      problems: [{ path: 'access.rules[0].topics', line: 3 }],
    });
    expect((await petrel(['config', 'chek'])).code).toBe(2);
  });

  test.each([
    [
      'a password file that is not there',
      'authentication:\n  - { type: password-file, file: none }\n',
      'petrel.yaml:2:28: "authentication[0].file" cannot be read',
    ],
    [
      'a token without keys',
      'authentication:\n  - { type: jwt, audience: a }\n',
      'petrel.yaml:2:5: "authentication[0]" cannot be used: it needs either "keysFile" or "keysUrl"',
    ],
    [
      'a webhook in the clear',
      'authentication:\n  - { type: webhook, url: "http://example.com" }\n',
      'must be https',
    ],
    [
      'a client certificate of anybody',
      'listeners:\n  - { type: tls, port: 0, key: k, cert: c, requestCert: true }\n',
      'needs "ca": without it every authority',
    ],
    [
      'a certificate that nobody asks for',
      'authentication:\n  - { type: certificate }\n',
      'needs a listener with "requestCert: true"',
    ],
    [
      '33 an open door without rules',
      'listeners: [{ type: tcp, port: 0, host: 0.0.0.0 }]\nauthentication: []\n',
      'say in "access" who may do what',
    ],
    [
      'a module without function',
      'authentication:\n  - { type: module, file: empty.mjs }\n',
      'has no function as its default export',
    ],
  ])('%s', async (_, text, message) => {
    await writeFile(inFolder('empty.mjs'), 'export const nothing = 1;\n');
    const { code, err } = await petrel(['config', 'check', await writeConfiguration(text)]);
    expect([code, err]).toEqual([1, expect.stringContaining(message)]);
  });
});

describe('petrel broker --config', () => {
  const rules = (topic: string) => `listeners: [{ type: tcp, port: 0 }]
authentication:
  - { type: password-file, file: passwords }
  - { type: module, file: own.mjs }
  - { type: scram, file: passwords }
access:
  rules:
    - { allow: [publish, subscribe], topics: ['${topic}/#'] }
`;

  async function start(text: string) {
    await writeFile(
      inFolder('own.mjs'),
      "export default ({ userName }) => (userName === 'robot' ? true : undefined);\n",
    );
    await petrel(['passwd', '--scram', inFolder('passwords'), 'anna'], 'opensesame');
    const broker = terminal();
    const done = run(['broker', '--config', await writeConfiguration(text)], broker.terminal);
    await broker.until(() => broker.lines.out.length > 0 || broker.lines.err.length > 0);
    const stop = async () => {
      broker.interrupt();
      await done;
    };
    return { ...broker, url: broker.lines.out[0] ?? '', stop };
  }

  test('lets in who is known, by file and by function, to what the rules allow', async () => {
    const { url, stop } = await start(rules('a'));
    const anna = await connect({ url, userName: 'anna', password: 'opensesame' });
    expect((await anna.publish('a/b', 'x', { qos: 1 })).reasonCode).toBe(0x10);
    await expect(anna.publish('b', 'x', { qos: 1 })).rejects.toMatchObject({ reasonCode: 0x87 });
    await anna.close();
    await (await connect({ url, userName: 'robot' })).close();
    await expect(
      connect({ url, userName: 'anna', password: 'wrong', reconnect: false }),
    ).rejects.toMatchObject({ reasonCode: 0x86 });
    await expect(connect({ url, reconnect: false })).rejects.toMatchObject({ reasonCode: 0x86 });
    await stop();
  });

  test('SIGHUP sends a user away who was deleted, and nobody else', async () => {
    const { url, lines, until, hangup, stop } = await start(rules('a'));
    await petrel(['passwd', inFolder('passwords'), 'carl'], 'letmein');
    hangup();
    await until(() => lines.err.length === 1);
    const anna = await connect({ url, userName: 'anna', password: 'opensesame' });
    const carl = await connect({ url, userName: 'carl', password: 'letmein', reconnect: false });
    const sentAway = new Promise((resolve) => carl.on('disconnect', resolve));
    await petrel(['passwd', '-D', inFolder('passwords'), 'carl']);
    hangup();
    await sentAway;
    await expect(
      connect({ url, userName: 'carl', password: 'letmein', reconnect: false }),
    ).rejects.toMatchObject({ reasonCode: 0x86 });
    expect((await anna.publish('a/b', 'x', { qos: 1 })).reasonCode).toBe(0x10);
    await anna.close();
    carl.destroy();
    await stop();
  });

  test('SIGHUP takes new rules and passwords while clients stay; what is bad changes nothing', async () => {
    const { url, lines, until, hangup, stop } = await start(rules('a'));
    const anna = await connect({ url, userName: 'anna', password: 'opensesame' });
    const again = async (text: string) => {
      await writeConfiguration(text);
      const { length } = lines.err;
      hangup();
      await until(() => lines.err.length > length);
      return lines.err.at(-1);
    };
    expect(await again('access: { rules: 7 }\n')).toContain('the configuration stays as it was');
    expect(await again(rules('%x'))).toContain('has "%x"');
    expect(await again(`${rules('a')}dataFolder: x\n`)).toContain('"dataFolder" changes with a restart only');
    expect(await again('listeners: [{ type: tcp, port: 0 }]\n')).toContain(
      '"authentication" changes with a restart only',
    );
    expect((await anna.publish('a/b', 'x', { qos: 1 })).reasonCode).toBe(0x10);
    await petrel(['passwd', inFolder('passwords'), 'carl'], 'letmein');
    const robot = await connect({ url, userName: 'robot' });
    expect(await again(rules('b'))).toBe('the configuration was read again');
    for (const stays of [anna, robot]) {
      expect((await stays.publish('b/b', 'x', { qos: 1 })).reasonCode).toBe(0x10);
      await expect(stays.publish('a/b', 'x', { qos: 1 })).rejects.toMatchObject({ reasonCode: 0x87 });
    }
    await petrel(['passwd', '--scram', inFolder('passwords'), 'anna'], 'changed');
    const ended = new Promise((resolve) => anna.on('disconnect', resolve));
    expect(await again(rules('b'))).toBe('the configuration was read again');
    await ended;
    expect((await robot.publish('b/b', 'x', { qos: 1 })).reasonCode).toBe(0x10);
    await robot.close();
    await (await connect({ url, userName: 'carl', password: 'letmein' })).close();
    await expect(
      connect({ url, userName: 'anna', password: 'opensesame', reconnect: false }),
    ).rejects.toMatchObject({ reasonCode: 0x86 });
    anna.destroy();
    await stop();
  });

  test('SIGHUP ends who logged in by SCRAM with a password that was changed, and nobody else', async () => {
    await petrel(['passwd', '--scram', inFolder('passwords'), 'bob'], 'letmein');
    const { url, hangup, stop } = await start(rules('a'));
    const by = (userName: string, password: string) =>
      connect({ url, reconnect: false, authentication: scramSha256({ userName, password }) });
    const [anna, bob] = [await by('anna', 'opensesame'), await by('bob', 'letmein')];
    const ended = new Promise<{ reasonCode?: number | undefined }>((resolve) =>
      anna.on('disconnect', resolve),
    );
    await petrel(['passwd', '--scram', inFolder('passwords'), 'anna'], 'changed');
    hangup();
    expect(await ended).toMatchObject({ reasonCode: 0x87 });
    expect((await bob.publish('a/b', 'x', { qos: 1 })).reasonCode).toBe(0x10);
    await bob.close();
    await stop();
  });
});
