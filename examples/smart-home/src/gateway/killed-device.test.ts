/** A gateway that is killed: whatever its stored device has accepted reaches the service, once and under its own number. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Broker, createBroker } from '@petrel/broker';
import { createService, type Service } from '@petrel/service';
import { launchProcess, SeededRandom } from '@petrel/testing';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { NumberedReading } from '../house/messages.js';
import { thisComputer, topics } from '../house/topics.js';
import { StreamLedger } from '../service/stream-ledger.js';

const root = fileURLToPath(new URL('../../../..', import.meta.url));
// Inside the workspace, so that the packages it does not bundle are found.
const program = `${root}.petrel/killed-gateway/device.mjs`;
const stream = 'load/cpu';
const readingsPerRound = 40;

let folder: string;
let broker: Broker;
let service: Service;
let ledger: StreamLedger | undefined;
let received: number[] = [];

beforeAll(async () => {
  await build({
    entryPoints: [join(import.meta.dirname, 'killed-device.suite.ts')],
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
  folder = mkdtempSync(join(tmpdir(), 'petrel-gateway-'));
  broker = await createBroker({ listeners: [{ type: 'tcp', port: 0 }] });
  service = await createService({ url: broker.addresses[0]!.url });
  ledger = undefined;
  received = [];
  await service.on(`sensors/${thisComputer}/${stream}`, (data) => {
    const reading = data as NumberedReading;
    ledger ??= new StreamLedger(reading.keepsFrom);
    if (ledger.accept(reading)) received.push(reading.value);
  });
  await service.respond(topics.receipts, () => ({
    [thisComputer]: ledger === undefined ? {} : { [stream]: ledger.receivedUpTo },
  }));
});
afterEach(async () => {
  await service.close();
  await broker.close();
  rmSync(folder, { recursive: true, force: true });
});
afterAll(() => rmSync(`${root}.petrel/killed-gateway`, { recursive: true, force: true }));

/** Runs the device until it has accepted so many readings; without a number, until it has sent what is left. */
async function run(first: number, isCut: boolean, killAfter?: number): Promise<number[]> {
  const accepted: number[] = [];
  const count = killAfter === undefined ? 0 : readingsPerRound;
  const port = broker.addresses[0]!.port as number;
  const args = [program, folder, ...[port, first, count, isCut ? 1 : 0].map(String)];
  const device = await launchProcess({ command: process.execPath, args });
  device.followLines((line) => {
    if (!line.startsWith('accepted ')) return;
    accepted.push(Number(line.slice('accepted '.length)));
    if (accepted.length === killAfter) process.kill(device.pid, 'SIGKILL');
  });
  const exit = await device.exited;
  expect([device.stderr, exit.signal]).toEqual(['', killAfter === undefined ? null : 'SIGKILL']);
  return accepted;
}

test('killed ten times, with its link cut or not, it loses no reading and gives no number twice', async () => {
  const random = new SeededRandom(5);
  const accepted: number[] = [];
  for (let round = 1; round <= 10; round++)
    accepted.push(...(await run(round * 1000, round % 3 !== 0, random.integer(1, readingsPerRound))));
  await run(0, false);
  // The answer comes behind everything that was sent before it.
  await service.request(topics.receipts, null);
  const missing = accepted.filter((value) => !received.includes(value));
  expect(missing).toEqual([]);
  expect(ledger).toMatchObject({ lost: 0, missing: 0 });
  expect(new Set(received).size).toBe(received.length);
}, 120_000);
