/** `petrel store`: looks into a data folder, checks it, copies it while a broker has it, and puts the copy back. */
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Broker, createBroker } from '@petrel/broker';
import { connect } from '@petrel/client';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { run } from './run.js';
import { petrel, terminal } from './test-terminal.suite.js';

let folder = '';
let broker: Broker;

const lasting = {
  clientIdentifier: 'device',
  cleanStart: false,
  sessionExpiryInterval: 1000,
  protocolVersion: 5,
} as const;

/** A broker whose folder has a session that is away, two messages for it, and one that is retained. */
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'petrel-store-'));
  broker = await createBroker({
    dataFolder: join(folder, 'data'),
    listeners: [{ type: 'tcp', port: 0 }],
  });
  const url = broker.addresses[0]!.url;
  const device = await connect({ url, ...lasting });
  await device.subscribe('commands', { qos: 1 }, () => {});
  await device.close();
  for (const payload of ['open', 'shut']) await broker.publish({ topicName: 'commands', payload, qos: 1 });
  await broker.publish({ topicName: 'state', payload: 'warm', qos: 1, retain: true });
});
afterEach(async () => {
  await broker.close();
  await rm(folder, { recursive: true, force: true });
});

const content = ['sessions           1', 'deliveries         2', 'retained messages  1'];

async function segment(): Promise<string> {
  const names = await readdir(join(folder, 'data'));
  return join(folder, 'data', names.find((name) => name.endsWith('.log')) as string);
}

describe('petrel store', () => {
  test.each(['inspect', 'verify'])(
    '%s says what is in a folder, also while a broker has it',
    async (action) => {
      const inUse = await petrel(['store', action, join(folder, 'data')]);
      expect([inUse.code, inUse.err]).toEqual([0, '']);
      for (const line of [...content, 'closed             no: in use, or left by a crash'])
        expect(inUse.out).toContain(line);
      const { out } = await petrel(['store', action, '--json', join(folder, 'data')]);
      expect(JSON.parse(out)).toMatchObject({
        sessions: 1,
        deliveries: 2,
        retainedMessages: 1,
        isClosed: false,
      });
      await broker.close();
      expect((await petrel(['store', action, join(folder, 'data')])).out).toContain('closed             yes');
    },
  );

  test('backup copies the folder of a running broker, and restore brings back what was in it then', async () => {
    const backup = join(folder, 'backup');
    expect(await petrel(['store', 'backup', join(folder, 'data'), backup])).toMatchObject({
      code: 0,
      err: '',
    });
    await broker.publish({ topicName: 'commands', payload: 'after the backup', qos: 1 });
    await broker.close();
    await rm(join(folder, 'data'), { recursive: true });
    const restored = await petrel(['store', 'restore', backup, join(folder, 'data')]);
    expect(restored.code).toBe(0);
    for (const line of content) expect(restored.out).toContain(line);

    broker = await createBroker({
      dataFolder: join(folder, 'data'),
      listeners: [{ type: 'tcp', port: 0 }],
    });
    const received: string[] = [];
    let hasAll = (): void => {};
    const all = new Promise<void>((resolve) => {
      hasAll = resolve;
    });
    const device = await connect({ url: broker.addresses[0]!.url, ...lasting });
    await device.subscribe('commands', { qos: 1 }, (message) => {
      received.push(message.text());
      if (received.length === 2) hasAll();
    });
    await all;
    await device.close();
    expect(received).toEqual(['open', 'shut']);
  });

  test('what takes long shows how far it is, unless it is for a program', async () => {
    const { terminal: given, lines } = terminal();
    const now = vi.spyOn(performance, 'now');
    let time = 0;
    now.mockImplementation(() => (time += 1_000));
    try {
      expect(await run(['store', 'backup', join(folder, 'data'), join(folder, 'backup')], given)).toBe(0);
      const shown = lines.status.splice(0);
      expect(shown.length).toBeGreaterThan(3);
      expect(shown.slice(0, -1)).toEqual(
        shown.slice(0, -1).map(() => expect.stringMatching(/^\d+ %: \d+ of \d+ MB, /)),
      );
      expect(shown.at(-1)).toBe('');
      expect(await run(['store', 'verify', '--json', join(folder, 'data')], given)).toBe(0);
      expect(lines.status.filter((line) => line !== '')).toEqual([]);
    } finally {
      now.mockRestore();
    }
  });

  test('backup and restore write over nothing', async () => {
    await broker.close();
    const target = join(folder, 'target');
    await petrel(['store', 'backup', join(folder, 'data'), target]);
    for (const action of ['backup', 'restore']) {
      const { code, err } = await petrel(['store', action, join(folder, 'data'), target]);
      expect([code, err]).toEqual([1, expect.stringContaining('PETREL_STORE_FOREIGN')]);
    }
  });

  test.each(['inspect', 'verify'])(
    '%s tells what is wrong with a folder, and changes nothing',
    async (action) => {
      await broker.close();
      const path = await segment();
      const bytes = await readFile(path);
      await truncate(path, bytes.length - 5);
      const { code, err } = await petrel(['store', action, join(folder, 'data')]);
      expect([code, err]).toEqual([1, expect.stringMatching(/data: the log .*PETREL_STORE_CORRUPT\)$/)]);
      expect(await readFile(path)).toHaveLength(bytes.length - 5);
      await writeFile(path, bytes);
    },
  );

  test.each([
    [['store'], 'inspect, verify, backup or restore, got nothing'],
    [['store', 'repair', 'x'], 'got "repair"'],
    [['store', 'inspect'], '<folder> is missing'],
    [['store', 'backup', 'x'], '<target> is missing'],
    [['store', 'verify', 'x', 'y'], 'one argument too many'],
  ])('%j is refused with a reason', async (args, why) => {
    const { code, err } = await petrel(args);
    expect([code, err]).toEqual([2, expect.stringContaining(why)]);
  });

  test('a folder that is none is an error', async () => {
    const { code, err } = await petrel(['store', 'inspect', folder]);
    expect([code, err]).toEqual([1, expect.stringContaining('PETREL_STORE_FOREIGN')]);
    expect((await petrel(['store', 'verify', join(folder, 'nowhere')])).code).toBe(1);
  });
});
