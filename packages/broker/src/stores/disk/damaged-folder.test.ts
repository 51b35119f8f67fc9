/** Whatever happens to a data folder that was closed, it is opened with all that was in it, or not at all. */
import { FakeClock, SeededRandom, SimulatedFiles } from '@petrel/testing';
import { describe, expect, test } from 'vitest';
import { silentLogger } from '../../logger.js';
import type { StoredMessage } from '../store.js';
import { DiskStore } from './disk-store.js';
import { readManifest } from './manifest.js';

function storeOn(files: SimulatedFiles): DiskStore {
  return new DiskStore({
    files,
    clock: new FakeClock(),
    logger: silentLogger,
    durability: 'sync',
    segmentBytes: 2000,
    maximumMessages: Number.POSITIVE_INFINITY,
    maximumBytes: Number.POSITIVE_INFINITY,
    minimumFreeBytes: 0,
  });
}

function message(topicName: string, payload: string): StoredMessage {
  return {
    topicName,
    payload: Buffer.from(payload),
    qos: 1,
    retain: false,
    properties: {},
    expiresAt: undefined,
    publisher: undefined,
    storeNumber: 0,
  };
}

/** A folder with a snapshot, old segments that hold messages, and a log behind them. */
async function filled(): Promise<SimulatedFiles> {
  const files = new SimulatedFiles();
  const store = storeOn(files);
  await store.open();
  for (const clientIdentifier of ['a', 'b'])
    store.putSession({
      clientIdentifier,
      principalName: undefined,
      sessionExpiryInterval: 100,
      disconnectedAt: undefined,
      will: undefined,
    });
  for (let sequence = 1; sequence <= 150; sequence++) {
    const sent = message(`t/${sequence}`, `${sequence}`.padEnd(100, 'x'));
    store.addDelivery('a', {
      sequence,
      message: sent,
      qos: 1,
      retain: false,
      subscriptionIdentifiers: [],
      sharedGroup: undefined,
      packetIdentifier: 0,
      released: false,
    });
    if (sequence % 3 === 0) store.putRetained(sent, 0);
    await store.commit();
  }
  await store.close();
  return files;
}

/** What is found in it, without payloads. */
async function contentOf(files: SimulatedFiles): Promise<string> {
  const store = storeOn(files);
  const { sessions, retainedInStore } = await store.open();
  const retained: string[] = [];
  for await (const some of retainedInStore ?? []) retained.push(...some.map(({ topicName }) => topicName));
  const found = [...sessions].map(({ session, queued }) => [session.clientIdentifier, queued?.messages]);
  await store.close();
  return JSON.stringify([found, retained.sort()]);
}

async function refusalOf(files: SimulatedFiles): Promise<string> {
  const store = storeOn(files);
  const error: unknown = await store.open().then(
    () => undefined,
    (cause: unknown) => cause,
  );
  return (error as { code?: string } | undefined)?.code ?? 'opened';
}

test('the folder of these tests has everything in it that can be damaged', async () => {
  const files = await filled();
  const names = await files.list();
  const manifest = await readManifest(files);
  expect(manifest?.snapshot).toBeGreaterThan(0);
  expect(manifest?.isClosed).toBe(true);
  expect(names.filter((name) => name.endsWith('.log')).length).toBeGreaterThan(5);
  expect(JSON.parse(await contentOf(files.copy()))[0]).toEqual([
    ['a', 150],
    ['b', null],
  ]);
});

describe('a file of it', () => {
  test('that is missing is an error', async () => {
    const files = await filled();
    const whole = await contentOf(files.copy());
    for (const name of await files.list()) {
      const damaged = files.copy();
      await damaged.remove(name);
      const refusal = await refusalOf(damaged);
      // A segment in which nothing lies any more may be missing.
      if (refusal === 'opened') expect(await contentOf(damaged), name).toBe(whole);
      else expect(refusal, name).toBe('PETREL_STORE_CORRUPT');
    }
  });

  test('that is shorter than it was is an error, or was not needed', async () => {
    const random = new SeededRandom(1);
    const files = await filled();
    const whole = await contentOf(files.copy());
    let refused = 0;
    for (const name of await files.list()) {
      const size = await files.size(name);
      for (const left of [0, 1, size - 1, random.integer(1, size - 1)]) {
        const damaged = files.copy();
        damaged.truncate(name, left);
        const refusal = await refusalOf(damaged.copy());
        if (refusal === 'opened') expect(await contentOf(damaged), `${name} cut to ${left}`).toBe(whole);
        else expect(refusal, `${name} cut to ${left}`).toBe('PETREL_STORE_CORRUPT');
        refused += refusal === 'opened' ? 0 : 1;
      }
    }
    expect(refused).toBeGreaterThan(20);
  });

  test('in which a bit turned is an error wherever it counts', async () => {
    const random = new SeededRandom(2);
    const files = await filled();
    const whole = await contentOf(files.copy());
    const { logFrom = 0, snapshot = 0 } = (await readManifest(files)) ?? {};
    for (const name of await files.list()) {
      const isRead = name.endsWith('.log')
        ? Number.parseInt(name, 10) >= logFrom
        : name.startsWith(String(snapshot).padStart(10, '0'));
      // Of a segment that the log has passed only held messages are of use, and `petrel store verify` checks those.
      if (!isRead && name.endsWith('.log')) continue;
      for (let left = 12; left > 0; left--) {
        const damaged = files.copy();
        damaged.damage(name, random.integer(0, (await files.size(name)) - 1));
        const refusal = await refusalOf(damaged.copy());
        if (isRead) expect(refusal, name).toBe('PETREL_STORE_CORRUPT');
        else if (refusal === 'opened') expect(await contentOf(damaged), name).toBe(whole);
        else expect(['PETREL_STORE_CORRUPT', 'PETREL_STORE_VERSION'], name).toContain(refusal);
      }
    }
  });
});

test('a message that lies in a segment which the log has passed is checked when it is read', async () => {
  const files = await filled();
  const { logFrom = 0 } = (await readManifest(files)) ?? {};
  const old = (await files.list()).find(
    (name) => name.endsWith('.log') && Number.parseInt(name, 10) < logFrom,
  ) as string;
  const refusals = new Set<string>();
  for (let position = 200; position < (await files.size(old)); position += 150) {
    const damaged = files.copy();
    damaged.damage(old, position);
    const store = storeOn(damaged);
    const { retainedInStore } = await store.open();
    const readAll = async (): Promise<void> => {
      for await (const some of retainedInStore ?? [])
        await store.retainedReader!.read(some.map(({ storeNumber }) => storeNumber));
      const messages = await store.queueReader!.read('a', -1, 1000, 1e9);
      for (const { message: found } of messages)
        expect(Buffer.from(found.payload).toString()).toBe(found.topicName.slice(2).padEnd(100, 'x'));
    };
    refusals.add(
      await readAll().then(
        () => 'read',
        (error: { code?: string }) => error.code ?? String(error),
      ),
    );
    await store.close();
  }
  // Between messages there are records that count no more; what was read in spite of them was right.
  refusals.delete('read');
  expect([...refusals]).toEqual(['PETREL_STORE_CORRUPT']);
});

test('a folder that a crash left without the segments that it had is an error, and no empty start', async () => {
  for (const commits of [1, 40]) {
    const files = new SimulatedFiles();
    const store = storeOn(files);
    await store.open();
    for (let number = 1; number <= commits; number++) {
      store.putRetained(message(`t/${number}`, 'x'.repeat(200)), 0);
      await store.commit();
    }
    const manifest = await readManifest(files);
    const left = files.copy();
    await store.close();
    const names = (await left.list()).filter((name) => name.endsWith('.log'));
    expect(names.length).toBeGreaterThan(0);
    for (const name of names.filter((name) => Number.parseInt(name, 10) >= (manifest?.logFrom ?? 0))) {
      const without = left.copy();
      await without.remove(name);
      expect(await refusalOf(without), `${name} is missing`).toBe('PETREL_STORE_CORRUPT');
      const empty = left.copy();
      empty.truncate(name, 0);
      expect(await refusalOf(empty), `${name} is empty`).toBe('PETREL_STORE_CORRUPT');
    }
  }
});

test('a segment of a newer version, below a manifest of this one, is not taken for an empty one', async () => {
  const files = await filled();
  const { logFrom = 0 } = (await readManifest(files)) ?? {};
  // The fifth byte is the lowest of the version.
  files.damage(`${String(logFrom).padStart(10, '0')}.log`, 4);
  expect(await refusalOf(files)).toBe('PETREL_STORE_CORRUPT');
});
