/** `petrel` as a process: pipes that break, disks that are full, and Ctrl-C. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, openSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Broker, createBroker } from '@petrel/broker';
import { LaunchedProcess } from '@petrel/testing';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { root } from './source-files.js';

// Inside the workspace, so that the packages it does not bundle are found.
const folder = join(root, '.petrel/command-process');
const program = join(folder, 'dist/petrel.mjs');

let broker: Broker;
let subscribed: () => void;
let isSubscribed: Promise<void>;
/** How each client left: with DISCONNECT, or without. */
let left: Promise<boolean>;

beforeAll(async () => {
  await build({
    entryPoints: [join(root, 'packages/cli/src/main.ts')],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['@petrel/source'],
    external: ['ws', 'pino', 'yaml', '@opentelemetry/*'],
    logLevel: 'silent',
  });
  // It says its version.
  copyFileSync(join(root, 'packages/cli/package.json'), join(folder, 'package.json'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(async () => {
  isSubscribed = new Promise((resolve) => {
    subscribed = resolve;
  });
  let leave = (_wasClean: boolean) => {};
  left = new Promise((resolve) => {
    leave = resolve;
  });
  broker = await createBroker({
    listeners: [{ type: 'tcp', port: 0 }],
    hooks: {
      subscribed: () => subscribed(),
      disconnected: (_client, { reasonCode, byClient }) => leave(byClient && reasonCode !== undefined),
    },
  });
});
afterEach(() => broker.close());

const at = () => ['-L', broker.addresses[0]?.url ?? ''];

function petrel(args: string[], stdout: 'pipe' | number = 'pipe') {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['pipe', stdout, 'pipe'] });
  return { child, launched: new LaunchedProcess(child) };
}

const publish = (payload: string) => broker.publish({ topicName: 'a', payload, qos: 0 });

test('a reader that has enough ends sub quietly, with a DISCONNECT', async () => {
  const child = spawn(process.execPath, [program, 'sub', ...at(), 'a'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const errors: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
  const ended = once(child, 'exit');
  await isSubscribed;
  const lines = createInterface({ input: child.stdout });
  const first = once(lines, 'line');
  await publish('one');
  expect(await first).toEqual(['a one']);
  child.stdout.destroy();
  await publish('two');
  await publish('three');
  expect([await ended, await left, Buffer.concat(errors).toString()]).toEqual([[0, null], true, '']);
});

test('a disk that is full is a failure, and says so', async () => {
  const { launched } = petrel(['sub', ...at(), 'a', '-C', '1'], openSync('/dev/full', 'w'));
  await isSubscribed;
  await publish('one');
  expect(await launched.exited).toEqual({ code: 1, signal: null });
  expect(launched.stderr).toMatch(/^petrel: the result cannot be written: ENOSPC/);
});

test.each([
  [['sub', 'a'], 0],
  [['sub', 'a', '-C', '5'], 130],
])('Ctrl-C ends %j with a DISCONNECT and exit code %i', async ([command = '', ...args], code) => {
  const { launched } = petrel([command, ...at(), ...args]);
  await isSubscribed;
  launched.signal('SIGINT');
  expect([await launched.exited, await left, launched.output]).toEqual([{ code, signal: null }, true, '']);
});

test('Ctrl-C ends a pub that still reads its input', async () => {
  const { child, launched } = petrel(['pub', ...at(), '-d', '-l', '-t', 'a', '-q', '1']);
  child.stdin?.write('one\n');
  await launched.line(/< PUBACK/);
  launched.signal('SIGINT');
  expect([await launched.exited, await left]).toEqual([{ code: 130, signal: null }, true]);
});

test('Ctrl-C ends a request that is still connecting', async () => {
  const silent = createServer();
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const connected = once(silent, 'connection');
  const { port } = silent.address() as AddressInfo;
  const { launched } = petrel(['request', '-p', String(port), 'a']);
  const [socket] = (await connected) as [Socket];
  launched.signal('SIGINT');
  expect([await launched.exited, launched.output]).toEqual([{ code: 130, signal: null }, '']);
  socket.destroy();
  silent.close();
});
