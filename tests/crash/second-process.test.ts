/** One process per data folder, and one that may write it: anything else is an error that says so, and no empty start. */
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createBroker } from '@petrel/broker';
import { freePort, type LaunchedProcess, launchProcess } from '@petrel/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';

const program = fileURLToPath(new URL('broker.mjs', import.meta.url));
let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'petrel-folder-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function launch(dataFolder: string): Promise<LaunchedProcess> {
  return launchProcess({
    command: process.execPath,
    args: [program, dataFolder, String(await freePort())],
    ready: { line: /^ready / },
    readyTimeoutMs: 60_000,
  });
}

test('a folder that another process has is refused with its number, and free once that one is gone, by whatever cause', async () => {
  const dataFolder = join(folder, 'data');
  const owner = await launch(dataFolder);
  try {
    await expect(createBroker({ dataFolder })).rejects.toMatchObject({
      code: 'PETREL_STORE_LOCKED',
      message: expect.stringContaining(String(owner.pid)),
    });
    await expect(launch(dataFolder)).rejects.toThrow(/PETREL_STORE_LOCKED/);
  } finally {
    owner.signal('SIGKILL');
    await owner.exited;
  }
  const broker = await createBroker({ dataFolder });
  await broker.close();
});

test('a folder that cannot be made is an error', async () => {
  const file = join(folder, 'file');
  await writeFile(file, 'somebody else’s');
  await expect(createBroker({ dataFolder: join(file, 'data') })).rejects.toMatchObject({
    code: 'PETREL_STORE_INACCESSIBLE',
    message: expect.stringContaining('ENOTDIR'),
  });
});

test('a folder that may only be read is an error', async () => {
  const dataFolder = join(folder, 'data');
  await mkdir(dataFolder);
  await chmod(folder, 0o755);
  await chmod(dataFolder, 0o555);
  // Root may write everywhere; so for a moment this process is nobody.
  const isRoot = process.getuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  try {
    await expect(createBroker({ dataFolder })).rejects.toMatchObject({
      code: 'PETREL_STORE_INACCESSIBLE',
      message: expect.stringContaining('EACCES'),
    });
  } finally {
    if (isRoot) process.seteuid?.(0);
    await chmod(dataFolder, 0o755);
  }
});
