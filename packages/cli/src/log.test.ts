/** What a broker of a configuration file says, and writes down about who came. */
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashPassword } from '@petrel/broker';
import { connect } from '@petrel/client';
import { PetrelError } from '@petrel/protocol';
import { eventually } from '@petrel/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createLog } from './log.js';
import { run } from './run.js';
import { petrel, terminal } from './test-terminal.suite.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'petrel-log-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('the log', () => {
  const collect = (format: 'text' | 'json') => {
    const lines: string[] = [];
    let level: 'warn' | 'debug' = 'warn';
    const log = createLog({ level: () => level, format, say: (line) => lines.push(line) });
    return { lines, log, setLevel: (next: 'warn' | 'debug') => (level = next) };
  };

  test('has levels that change while it is in use', () => {
    const { lines, log, setLevel } = collect('text');
    log.debug('not said');
    setLevel('debug');
    log.debug('said');
    log.error(new Error('bad'));
    expect(lines).toEqual(['said', 'bad']);
  });

  test('tells what an error comes from', () => {
    const { lines, log } = collect('text');
    log.warn(
      new Error('the hook failed', { cause: new Error('HTTP status 500', { cause: 'not an error' }) }),
    );
    log.warn(new Error('the key is bad: no PEM', { cause: new Error('no PEM') }));
    expect(lines).toEqual(['the hook failed: HTTP status 500', 'the key is bad: no PEM']);
  });

  test('as text is one line for each, whatever a client calls itself', () => {
    const { lines, log } = collect('text');
    log.warn(new Error('of "a\n2026 the configuration was read again\r\u001b[2J\u009b\u202e" b'));
    expect(lines).toEqual([
      'of "a\\u000a2026 the configuration was read again\\u000d\\u001b[2J\\u009b\\u202e" b',
    ]);
  });

  test('answers an operator at every level, in the same form as everything else', () => {
    const { lines, log } = collect('json');
    log.info('not said');
    log.answer('info', 'the configuration was read again');
    expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
      { level: 'info', msg: 'the configuration was read again' },
    ]);
  });

  test('as JSON has time, level, message, and of an error its code', () => {
    const { lines, log } = collect('json');
    log.warn('careful');
    log.error(new PetrelError('PETREL_STORE_FAILED', 'the store failed'));
    const [first = {}, second = {}] = lines.map((line) => JSON.parse(line) as object);
    expect(first).toEqual({ level: 'warn', time: expect.stringMatching(/^\d{4}-.*Z$/), msg: 'careful' });
    expect(second).toMatchObject({ level: 'error', msg: 'the store failed', code: 'PETREL_STORE_FAILED' });
  });
});

describe('the audit file', () => {
  async function start() {
    writeFileSync(join(folder, 'passwords'), `anna:${await hashPassword('opensesame')}\n`);
    writeFileSync(
      join(folder, 'petrel.yaml'),
      `listeners: [{ type: tcp, port: 0 }]
authentication: [{ type: password-file, file: passwords }]
access: { rules: [{ allow: [publish, subscribe], topics: ['anna/#'], users: [anna] }] }
log: { auditFile: audit.log }
`,
    );
    const { terminal: given, lines, until, interrupt, hangup } = terminal();
    const done = run(['broker', '--config', join(folder, 'petrel.yaml')], given);
    await until(() => lines.out.length > 0);
    const stopped = () => {
      interrupt();
      return done;
    };
    return { url: lines.out[0] as string, hangup, lines, until, stop: stopped };
  }

  const entries = (file = 'audit.log') =>
    readFileSync(join(folder, file), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>);

  test('has logins, refusals and logouts, and neither password nor payload', async () => {
    const { url, stop } = await start();
    const options = { url, clientIdentifier: 'phone', userName: 'anna' };
    await expect(connect({ ...options, password: 'a wrong secret' })).rejects.toThrow();
    const anna = await connect({ ...options, password: 'opensesame' });
    await expect(anna.publish('kitchen', 'a payload', { qos: 1 })).rejects.toThrow();
    await expect(anna.subscribe('#')).rejects.toThrow();
    await anna.publish('anna/1', 'a payload', { qos: 1 });
    await anna.close();
    expect(await stop()).toBe(0);
    expect(
      entries().map(({ event, action, topic }) => [event, action, topic].filter(Boolean).join(' ')),
    ).toEqual(['refused connect', 'login', 'refused publish kitchen', 'refused subscribe #', 'logout']);
    for (const entry of entries()) {
      expect(entry).toMatchObject({
        time: expect.any(String),
        clientIdentifier: 'phone',
        userName: 'anna',
        remoteAddress: '127.0.0.1',
      });
    }
    expect(entries()[0]).toMatchObject({ reasonCode: 0x86 });
    expect(entries().map(({ principal }) => principal)).toEqual([undefined, 'anna', 'anna', 'anna', 'anna']);
    expect(readFileSync(join(folder, 'audit.log'), 'utf8')).not.toMatch(/secret|opensesame|payload/);
  });

  test('says of a connection that a reload ended which one it was, and why', async () => {
    const { url, hangup, stop } = await start();
    const anna = await connect({ url, userName: 'anna', password: 'opensesame', reconnect: false });
    const ended = new Promise((resolve) => anna.on('disconnect', resolve));
    writeFileSync(join(folder, 'passwords'), `anna:${await hashPassword('changed')}\n`);
    hangup();
    await ended;
    expect(await stop()).toBe(0);
    expect(entries().at(-1)).toMatchObject({
      event: 'logout',
      principal: 'anna',
      reasonCode: 0x87,
      byClient: false,
      reason: 'the credentials of the client are not good any more',
    });
  });

  test('that was moved away is begun anew at SIGHUP', async () => {
    const { url, hangup, stop, lines, until } = await start();
    const login = async () => (await connect({ url, userName: 'anna', password: 'opensesame' })).close();
    await login();
    await eventually(() => expect(entries()).toHaveLength(2));
    renameSync(join(folder, 'audit.log'), join(folder, 'audit.log.1'));
    hangup();
    await until(() => lines.err.includes('the configuration was read again'));
    await eventually(() => expect(existsSync(join(folder, 'audit.log'))).toBe(true));
    await login();
    expect(await stop()).toBe(0);
    expect(entries('audit.log.1')).toHaveLength(2);
    // Names and addresses of clients are in it: the new one is nobody else's to read either.
    expect(statSync(join(folder, 'audit.log')).mode & 0o777).toBe(0o600);
    expect(entries()).toHaveLength(2);
  });

  test('or its form, changes with a restart only: a reload that would pass it over is refused', async () => {
    const { hangup, stop, lines, until } = await start();
    const file = join(folder, 'petrel.yaml');
    const former = readFileSync(file, 'utf8');
    writeFileSync(file, former.replace('audit.log }', 'other.log, format: json }'));
    hangup();
    await until(() => lines.err.some((line) => line.includes('the configuration stays as it was')));
    for (const name of ['format', 'auditFile'])
      expect(lines.err.join('\n')).toContain(`"log.${name}" changes with a restart only`);
    expect(await stop()).toBe(0);
  });

  test('that cannot be written keeps the broker from starting', async () => {
    const file = join(folder, 'petrel.yaml');
    writeFileSync(file, 'listeners: [{ type: tcp, port: 0 }]\nlog: { auditFile: nowhere/audit.log }\n');
    const { code, err } = await petrel(['broker', '--config', file]);
    expect([code, err]).toEqual([1, expect.stringContaining('"log.auditFile" cannot be written')]);
  });
});
