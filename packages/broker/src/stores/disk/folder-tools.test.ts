/** Looking into, checking and copying data folders, in use or damaged. */
import { mkdtemp, open, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  connected,
  disconnect,
  openBroker,
  published,
  subscribed,
  texts,
} from '../../broker-fixture.suite.js';
import { copyDataFolder, inspectDataFolder, verifyDataFolder } from './folder-tools.js';

const lasting = {
  clientIdentifier: 'c',
  cleanStart: false,
  properties: { sessionExpiryInterval: 100 },
} as const;

async function filledFolder() {
  const dataFolder = await mkdtemp(join(tmpdir(), 'petrel-folder-'));
  const { broker } = await openBroker({ dataFolder });
  const peer = await connected(broker, lasting);
  await subscribed(peer, 'a', { qos: 1 });
  peer.send(disconnect());
  await peer.closed();
  const publisher = await connected(broker);
  for (const payload of ['one', 'two']) await published(publisher, 'a', payload, 1);
  await published(publisher, 'r', 'kept', 1, { retain: true });
  return { dataFolder, broker };
}

async function firstSegment(dataFolder: string): Promise<string> {
  const names = await readdir(dataFolder);
  return join(dataFolder, names.find((name) => name.endsWith('.log')) as string);
}

async function flipByte(path: string, position: number): Promise<void> {
  const file = await open(path, 'r+');
  const byte = Buffer.alloc(1);
  await file.read(byte, 0, 1, position);
  byte[0]! ^= 0xff;
  await file.write(byte, 0, 1, position);
  await file.close();
}

test('a folder in use tells what is in it, and its copy opens with all of it', async () => {
  const { dataFolder } = await filledFolder();
  const content = { sessions: 1, subscriptions: 1, deliveries: 2, retainedMessages: 1, messages: 3 };
  expect(await inspectDataFolder(dataFolder)).toMatchObject({ ...content, isClosed: false });
  const copy = join(dataFolder, '..', `copy-of-${dataFolder.slice(-6)}`);
  expect(await copyDataFolder(dataFolder, copy)).toMatchObject(content);
  const { broker } = await openBroker({ dataFolder: copy });
  expect(await texts(await connected(broker, lasting), 2)).toEqual(['one', 'two']);
});

test('other users of the machine can read neither a data folder nor its copy', async () => {
  const above = await mkdtemp(join(tmpdir(), 'petrel-folder-'));
  const dataFolder = join(above, 'data');
  const { broker } = await openBroker({ dataFolder });
  await published(await connected(broker), 'r', 'kept', 1, { retain: true });
  const copy = join(above, 'copy');
  await copyDataFolder(dataFolder, copy);
  for (const folder of [dataFolder, copy]) {
    const names = await readdir(folder);
    expect(names).toContain('manifest.json');
    for (const path of [folder, ...names.map((name) => join(folder, name))])
      expect([path, (await stat(path)).mode & 0o077]).toEqual([path, 0]);
  }
});

test('the tools tell how far they are: exactly, where the folder is at rest', async () => {
  const { dataFolder, broker } = await filledFolder();
  await broker.close();
  const told: (readonly [number, number])[] = [];
  const options = { onProgress: (...bytes: [number, number]) => void told.push(bytes) };
  const size = (await inspectDataFolder(dataFolder, options)).fileBytes;
  const copy = join(dataFolder, '..', `progress-of-${dataFolder.slice(-6)}`);
  for (const [reads, act] of [
    [1, () => verifyDataFolder(dataFolder, options)],
    [3, () => copyDataFolder(dataFolder, copy, options)],
  ] as const) {
    told.length = 0;
    await act();
    expect(told.length).toBeGreaterThan(0);
    for (const [done, total] of told) expect(done).toBeLessThanOrEqual(total);
    // The manifest and headers are read besides.
    expect(told.at(-1)?.[0]).toBeGreaterThanOrEqual(reads * size);
  }
});

test('nothing is copied over what is there', async () => {
  const { dataFolder } = await filledFolder();
  await expect(copyDataFolder(dataFolder, dataFolder)).rejects.toMatchObject({
    code: 'PETREL_STORE_FOREIGN',
  });
});

test('34 a byte that turned is found, and such a folder is not opened', async () => {
  const { dataFolder, broker } = await filledFolder();
  await broker.close();
  await flipByte(await firstSegment(dataFolder), 100);
  await expect(verifyDataFolder(dataFolder)).rejects.toMatchObject({ code: 'PETREL_STORE_CORRUPT' });
  await expect(openBroker({ dataFolder })).rejects.toMatchObject({ code: 'PETREL_STORE_CORRUPT' });
});

test('34 a file that was cut off after the broker closed is found', async () => {
  const { dataFolder, broker } = await filledFolder();
  await broker.close();
  const path = await firstSegment(dataFolder);
  await truncate(path, (await readFile(path)).length - 10);
  await expect(openBroker({ dataFolder })).rejects.toMatchObject({ code: 'PETREL_STORE_CORRUPT' });
});

test('a manifest of another version, or none, is an error and no empty start', async () => {
  const { dataFolder, broker } = await filledFolder();
  await broker.close();
  const manifest = join(dataFolder, 'manifest.json');
  const text = await readFile(manifest, 'utf8');
  for (const format of [1, 3]) {
    await writeFile(manifest, text.replace('"format": 2', `"format": ${format}`));
    await expect(openBroker({ dataFolder })).rejects.toMatchObject({ code: 'PETREL_STORE_VERSION' });
  }
  await writeFile(manifest, '');
  await expect(openBroker({ dataFolder })).rejects.toMatchObject({ code: 'PETREL_STORE_CORRUPT' });
});
