/**
 * How long a broker takes to start on a full data folder, and what memory it takes: sessions with one subscription each, and retained messages
 * under three levels. The folder is written first, by another process, as a broker would leave it that was killed.
 *
 *     node benchmarks/start-up.mjs [sessions] [retained messages] [payload bytes]
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createBroker, silentLogger, systemClock } from '@petrel/broker';
import { DiskStore } from '../packages/broker/dist/stores/disk/disk-store.js';
import { NodeFiles } from '../packages/broker/dist/stores/disk/node-files.js';

const self = fileURLToPath(import.meta.url);
/** Writes the folder through the store itself, which is what a broker does. */
async function fill(folder, sessions, retained, payloadBytes) {
  const store = new DiskStore({
    files: new NodeFiles(folder),
    clock: systemClock,
    logger: silentLogger,
    durability: 'os',
    segmentBytes: 33_554_432,
    maximumMessages: Number.POSITIVE_INFINITY,
    maximumBytes: Number.POSITIVE_INFINITY,
    minimumFreeBytes: 0,
  });
  await store.open();
  for (let index = 0; index < sessions; index++) {
    const clientIdentifier = `device-${index}`;
    store.putSession({
      clientIdentifier,
      principalName: undefined,
      sessionExpiryInterval: 86_400,
      disconnectedAt: Date.now(),
      will: undefined,
    });
    store.putSubscription(clientIdentifier, {
      requestedFilter: `commands/${index}`,
      qos: 1,
      noLocal: false,
      retainAsPublished: false,
      retainHandling: 0,
      subscriptionIdentifier: undefined,
      awaitsRetained: false,
    });
    if (index % 1000 === 0) await store.commit();
  }
  for (let index = 0; index < retained; index++) {
    store.putRetained({
      topicName: `house/${index % 1000}/sensor-${Math.floor(index / 1000)}/state`,
      payload: Buffer.alloc(payloadBytes, index),
      qos: 1,
      retain: true,
      properties: {},
      expiresAt: undefined,
      publisher: `device-${index % 1000}`,
    });
    if (index % 1000 === 0) await store.commit();
  }
  await store.commit();
  process.exit(0);
}

async function start(dataFolder) {
  const startedAt = performance.now();
  const broker = await createBroker({
    dataFolder,
    limits: { maximumSessions: 10_000_000, retained: { maximumMessages: 10_000_000, maximumBytes: 2 ** 40 } },
    logger: silentLogger,
  });
  const elapsedMs = performance.now() - startedAt;
  const { user, system } = process.cpuUsage();
  const { rss } = process.memoryUsage();
  const { maxRSS } = process.resourceUsage();
  globalThis.gc?.();
  const settled = process.memoryUsage().rss;
  const { sessions, retainedMessages } = broker.metrics();
  console.log(
    `${sessions} sessions, ${retainedMessages} retained messages: ${(elapsedMs / 1000).toFixed(1)} s, ` +
      `${((user + system) / 1e6).toFixed(1)} s of processor time; ${mebibytes(rss)} MiB resident, at most ${mebibytes(maxRSS * 1024)}, ` +
      `${mebibytes(settled)} after a collection`,
  );
  await broker.destroy();
  process.exit(0);
}

const mebibytes = (bytes) => Math.round(bytes / 1_048_576);

const [first, ...rest] = process.argv.slice(2);
if (first === 'fill') await fill(rest[0], ...rest.slice(1).map(Number));
else if (first === 'start') await start(rest[0]);
else {
  const [sessions = '100000', retained = '1000000', payloadBytes = '100'] = process.argv.slice(2);
  const folder = mkdtempSync(join(tmpdir(), 'petrel-start-up-'));
  const run = (...args) => spawnSync(process.execPath, ['--expose-gc', self, ...args], { stdio: 'inherit' });
  run('fill', folder, sessions, retained, payloadBytes);
  const bytes = readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
  console.log(`${mebibytes(bytes)} MiB in ${readdirSync(folder).length} files`);
  for (let repeat = 0; repeat < 3; repeat++) run('start', folder);
  rmSync(folder, { recursive: true, force: true });
}
