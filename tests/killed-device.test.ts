/** A device that is killed after `publish()` was accepted sends the message after its restart, once at QoS 2. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Broker, createBroker } from '@petrel/broker';
import { type Client, connect } from '@petrel/client';
import { freePort, launchProcess, SeededRandom } from '@petrel/testing';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
// Inside the workspace, so that the packages it does not bundle are found.
const program = `${root}.petrel/killed-device/device.mjs`;
const rounds = 20;
const messagesPerRound = 60;

let broker: Broker;
let subscriber: Client;
let folder: string;
beforeAll(async () => {
  await build({
    entryPoints: [join(import.meta.dirname, 'killed-device/device.ts')],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['@petrel/source'],
    external: ['ws'],
    logLevel: 'silent',
  });
});
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'petrel-killed-'));
  broker = await createBroker({ listeners: [{ type: 'tcp', port: 0 }] });
  subscriber = await connect({ url: broker.addresses[0]?.url ?? '' });
});
afterEach(async () => {
  await subscriber.close();
  await broker.close();
  rmSync(folder, { recursive: true, force: true });
});
afterAll(() => rmSync(`${root}.petrel/killed-device`, { recursive: true, force: true }));

/** Runs the device; with `killAfter` only until it has accepted so many messages. Returns what it accepted. */
async function run(url: string, qos: number, round: number, killAfter?: number): Promise<readonly string[]> {
  const accepted: string[] = [];
  const count = killAfter === undefined ? 0 : messagesPerRound;
  const args = [program, url, folder, String(qos), String(round), String(count)];
  const device = await launchProcess({ command: process.execPath, args });
  device.followLines((line) => {
    if (!line.startsWith('accepted ')) return;
    accepted.push(line.slice('accepted '.length));
    if (accepted.length === killAfter) process.kill(device.pid, 'SIGKILL');
  });
  const exit = await device.exited;
  expect([device.stderr, exit]).toEqual([
    '',
    killAfter === undefined ? { code: 0, signal: null } : { code: null, signal: 'SIGKILL' },
  ]);
  return accepted;
}

test.each([1, 2] as const)(
  `QoS %i: killed ${rounds} times, with and without a connection, it loses nothing that was accepted`,
  async (qos) => {
    const random = new SeededRandom(4711 + qos);
    const arrived: string[] = [];
    await subscriber.subscribe('device/readings', { qos: 2 }, (message) => {
      arrived.push(message.text());
    });
    const url = broker.addresses[0]?.url ?? '';
    const nowhere = `mqtt://127.0.0.1:${await freePort()}`;
    const accepted: string[] = [];
    for (let round = 1; round <= rounds; round++) {
      const isOnline = random.chance(0.6);
      const killAfter = random.integer(1, messagesPerRound - 1);
      accepted.push(...(await run(isOnline ? url : nowhere, qos, round, killAfter)));
    }
    await run(url, qos, rounds + 1);

    const first = [...new Set(arrived)];
    expect(accepted.filter((text) => !first.includes(text))).toEqual([]);
    expect(first).toEqual(first.toSorted(byRoundAndNumber));
    if (qos === 2) expect(arrived).toEqual(first);
  },
  120_000,
);

function byRoundAndNumber(left: string, right: string): number {
  const [leftRound = 0, leftNumber = 0] = left.split(':').map(Number);
  const [rightRound = 0, rightNumber = 0] = right.split(':').map(Number);
  return leftRound - rightRound || leftNumber - rightNumber;
}
