/** The admin API of a configuration file. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { run } from './run.js';
import { petrel, terminal } from './test-terminal.suite.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'petrel-admin-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function configure(admin: string, token: string): string {
  writeFileSync(join(folder, 'token'), `${token}\n`);
  const file = join(folder, 'petrel.yaml');
  writeFileSync(file, `listeners: [{ type: tcp, port: 0 }]\nadmin: ${admin}\n`);
  return file;
}

test('petrel broker prints its address behind those of the listeners, and serves until Ctrl-C', async () => {
  const file = configure('{ port: 0, tokenFile: token }', 'opensesame opensesame');
  const { terminal: given, lines, until, interrupt } = terminal();
  const done = run(['broker', '--config', file], given);
  await until(() => lines.out.length === 2);
  const [mqtt = '', http = ''] = lines.out;
  expect(mqtt).toMatch(/^mqtt:/);
  expect((await fetch(`${http}/health`)).status).toBe(200);
  expect((await fetch(`${http}/metrics`)).status).toBe(401);
  const headers = { authorization: 'Bearer opensesame opensesame' };
  const answer = await fetch(`${http}/api/v1/broker`, { headers });
  expect(await answer.json()).toMatchObject({ addresses: [{ type: 'tcp', url: mqtt }] });
  interrupt();
  expect(await done).toBe(0);
});

test('SIGHUP takes a new token, and the former one is good for nothing any more', async () => {
  const file = configure('{ port: 0, tokenFile: token }', 'a token that leaked');
  const { terminal: given, lines, until, hangup, interrupt } = terminal();
  const done = run(['broker', '--config', file], given);
  await until(() => lines.out.length === 2);
  configure('{ port: 0, tokenFile: token }', 'another token than that');
  hangup();
  await until(() => lines.err.includes('the configuration was read again'));
  const status = async (token: string) =>
    (await fetch(`${lines.out[1]}/metrics`, { headers: { authorization: `Bearer ${token}` } })).status;
  expect([await status('a token that leaked'), await status('another token than that')]).toEqual([401, 200]);
  interrupt();
  expect(await done).toBe(0);
});

test('the audit file has what was changed and who was refused, and no looks, payloads or tokens', async () => {
  const file = configure(
    '{ port: 0, tokenFile: token }\nlog: { auditFile: audit.log }',
    'a token of some length',
  );
  const { terminal: given, lines, until, interrupt } = terminal();
  const done = run(['broker', '--config', file], given);
  await until(() => lines.out.length === 2);
  const ask = async (token: string, path: string, body?: object) => {
    const answer = await fetch(`${lines.out[1]}${path}`, {
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
    });
    return answer.status;
  };
  await ask('a wrong one, of some length', '/api/v1/sessions?limit=1');
  await ask('a token of some length', '/api/v1/sessions');
  await ask('a token of some length', '/api/v1/publish', { topicName: 'a', payload: 'a secret' });
  await ask('a token of some length', '/api/v1/sessions/nobody/disconnect', {});
  interrupt();
  expect(await done).toBe(0);
  const text = readFileSync(join(folder, 'audit.log'), 'utf8');
  const entries = text.split('\n').filter(Boolean);
  expect(entries.map((line) => JSON.parse(line) as object)).toMatchObject([
    { level: 'warn', event: 'admin', method: 'GET', path: '/api/v1/sessions', status: 401 },
    { level: 'info', event: 'admin', method: 'POST', path: '/api/v1/publish', remoteAddress: '127.0.0.1' },
    {
      level: 'warn',
      event: 'admin',
      method: 'POST',
      path: '/api/v1/sessions/nobody/disconnect',
      status: 404,
    },
  ]);
  expect(text).not.toMatch(/secret|of some length/);
});

test('a port that is in use, or a pidFile that cannot be written, is one sentence and no broker', async () => {
  const file = configure('{ port: 0, tokenFile: token }', 'opensesame opensesame');
  const { terminal: given, lines, until, interrupt } = terminal();
  const done = run(['broker', '--config', file], given);
  await until(() => lines.out.length === 2);
  const { port } = new URL(lines.out[1] as string);
  const second = await petrel([
    'broker',
    '--config',
    configure(`{ port: ${port}, tokenFile: token }`, 'x'.repeat(16)),
  ]);
  expect([second.code, second.err]).toEqual([1, expect.stringContaining('it is in use')]);
  writeFileSync(file, 'listeners: [{ type: tcp, port: 0 }]\npidFile: nowhere/pid\n');
  const third = await petrel(['broker', '--config', file]);
  expect([third.code, third.err]).toEqual([1, expect.stringContaining(':2:1: "pidFile" cannot be written')]);
  interrupt();
  expect(await done).toBe(0);
});

test('health has an address of its own, where nobody needs a token', async () => {
  const file = join(folder, 'petrel.yaml');
  writeFileSync(file, 'listeners: [{ type: tcp, port: 0 }]\nhealth: { port: 0 }\n');
  const { terminal: given, lines, until, interrupt } = terminal();
  const done = run(['broker', '--config', file], given);
  await until(() => lines.out.length === 2);
  const [, http = ''] = lines.out;
  for (const path of ['/health', '/ready']) expect((await fetch(`${http}${path}`)).status).toBe(200);
  expect((await fetch(`${http}/metrics`)).status).toBe(404);
  interrupt();
  expect(await done).toBe(0);
});

test('a token that is short, or not there, is named by config check', async () => {
  const short = await petrel(['config', 'check', configure('{ tokenFile: token }', 'short')]);
  expect(short.err).toContain('"admin.tokenFile" has a token of 5 characters; at least 16 are needed');
  const missing = await petrel(['config', 'check', configure('{ tokenFile: nowhere }', 'short')]);
  expect(missing.err).toContain('"admin.tokenFile" cannot be read');
});
