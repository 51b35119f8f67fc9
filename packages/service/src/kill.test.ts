/** kill -9 of a replica in a group loses no message whose handler had not completed. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createBroker } from '@petrel/broker';
import { connect } from '@petrel/client';
import {
  describePeer,
  findMosquitto,
  type LaunchedProcess,
  launchProcess,
  startMosquitto,
} from '@petrel/testing';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'petrel-kill-'));
const program = join(folder, 'replica.mjs');
const jobs = 200;

beforeAll(() =>
  build({
    entryPoints: [fileURLToPath(new URL('./kill-replica.suite.ts', import.meta.url))],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['@petrel/source'],
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    logLevel: 'error',
  }),
);

afterAll(() => rmSync(folder, { recursive: true }));

const numbers = (replica: LaunchedProcess, what: 'begin' | 'end'): number[] =>
  [...replica.stdout.matchAll(new RegExp(`${what} (\\d+)\\.`, 'g'))].map(([, number]) => Number(number));

/** `sessionExpiryInterval` 0: what it had is the other one's at once. Above 0: it is for the one that continues the session. */
async function killOne(url: string, sessionExpiryInterval: 0 | 60, group?: string): Promise<void> {
  const replicas: LaunchedProcess[] = [];
  const start = async (name: string, holds = false) => {
    const args = [program, url, name, String(sessionExpiryInterval), ...(group === undefined ? [] : [group])];
    const env = { PETREL_TEST_HOLDS: holds ? '1' : undefined };
    const replica = await launchProcess({ command: process.execPath, args, env, ready: { line: /ready/ } });
    replicas.push(replica);
    return replica;
  };
  const client = await connect(url);
  try {
    const killed = await start('one', true);
    if (group !== undefined) await start('other');
    for (let job = 0; job < jobs; job++) await client.publish(`jobs/${job}`, String(job), { qos: 1 });
    await vi.waitFor(() => expect(numbers(killed, 'begin').length).toBeGreaterThan(5), { timeout: 10_000 });
    process.kill(killed.pid, 'SIGKILL');
    await killed.exited;
    if (sessionExpiryInterval > 0) await start('one');
    const all = Array.from({ length: jobs }, (_, job) => job);
    const ended = (of: readonly LaunchedProcess[]) =>
      new Set(of.flatMap((replica) => numbers(replica, 'end')));
    const missing = () => all.filter((job) => !ended(replicas).has(job));
    await vi.waitFor(() => expect(missing()).toEqual([]), { timeout: 15_000 });
    // It died in the middle of something, and that was done by another one.
    const inWork = numbers(killed, 'begin').filter((job) => !numbers(killed, 'end').includes(job));
    expect(inWork.length).toBeGreaterThan(0);
    expect([...ended(replicas.slice(1))]).toEqual(expect.arrayContaining(inWork));
  } finally {
    await client.close();
    for (const replica of replicas) await replica.stop();
  }
}

describe('kill -9 of a replica loses no message', () => {
  it.each([0, 60] as const)(
    "over Petrel's broker, with a session of %d s",
    async (sessionExpiryInterval) => {
      const broker = await createBroker({ listeners: [{ type: 'tcp', port: 0 }], allowAnonymous: true });
      const [address] = broker.addresses;
      await killOne(`mqtt://${address?.host}:${address?.port}`, sessionExpiryInterval, 'workers');
      await broker.close();
    },
    30_000,
  );
});

describePeer(findMosquitto(), 'kill -9 of a replica loses no message', () => {
  // In a group the others did not get what waited for the dead member, in runs over Mosquitto 2.0.11; why is not known.
  it('over Mosquitto, alone, with a session that goes on', async () => {
    const broker = await startMosquitto({ config: 'set_tcp_nodelay true' });
    await killOne(broker.url, 60);
    await broker.stop();
  }, 30_000);
});
