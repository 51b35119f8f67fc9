/**
 * `npm run crash`: a real broker with a data folder is killed by SIGKILL at random moments under load. Nothing that was acknowledged is lost,
 * nothing at QoS 2 comes twice, no subscription is forgotten, the order holds. PETREL_CRASH_ROUNDS and PETREL_CRASH_SEED choose another run.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, type LaunchedProcess, launchProcess, SeededRandom } from '@petrel/testing';
import { expect, test } from 'vitest';
import { CrashLoad } from './crash-load.js';

const rounds = Number(process.env.PETREL_CRASH_ROUNDS ?? 20);
const seed = Number(process.env.PETREL_CRASH_SEED ?? 1);
const program = fileURLToPath(new URL('broker.mjs', import.meta.url));

function launch(folder: string, port: number): Promise<LaunchedProcess> {
  return launchProcess({
    command: process.execPath,
    args: [program, folder, String(port)],
    ready: { line: /^ready / },
    readyTimeoutMs: 60_000,
  });
}

test(
  `${rounds} rounds of SIGKILL from seed ${seed}: nothing acknowledged is lost`,
  async () => {
    const random = new SeededRandom(seed);
    const folder = await mkdtemp(join(tmpdir(), 'petrel-crash-'));
    const port = await freePort();
    let broker = await launch(folder, port);
    const load = new CrashLoad(`mqtt://127.0.0.1:${port}`, random);
    try {
      await load.start();
      for (let round = 0; round < rounds; round++) {
        await load.change();
        // In the middle of the work of everybody, wherever the broker is with it.
        await load.more(random.integer(1, 300));
        broker.signal('SIGKILL');
        await broker.exited;
        broker = await launch(folder, port);
        await load.look();
      }
      await load.finish();
      expect(load.acknowledged).toBeGreaterThan(rounds);
      expect(load.broken).toEqual([]);
      console.log(`${rounds} kills, ${load.acknowledged} messages acknowledged, none lost`);
    } finally {
      load.destroy();
      broker.signal('SIGKILL');
      await broker.exited;
      await rm(folder, { recursive: true, force: true });
    }
  },
  120_000 + rounds * 20_000,
);
