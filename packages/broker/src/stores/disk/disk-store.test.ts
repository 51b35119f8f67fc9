/** The disk store against the shared suite, on a real disk and on a simulated one. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock, SimulatedFiles } from '@petrel/testing';
import { silentLogger } from '../../logger.js';
import { describeStore } from '../store.suite.js';
import { DiskStore } from './disk-store.js';
import { NodeFiles } from './node-files.js';
import type { StoreFiles } from './store-files.js';

const filesOf = new WeakMap<object, StoreFiles>();

function diskStore(files: StoreFiles): DiskStore {
  const store = new DiskStore({
    files,
    clock: new FakeClock(),
    logger: silentLogger,
    durability: 'sync',
    segmentBytes: 1_048_576,
    maximumMessages: Number.POSITIVE_INFINITY,
    maximumBytes: 1e9,
    minimumFreeBytes: 0,
  });
  filesOf.set(store, files);
  return store;
}

describeStore('the disk store on a simulated disk', {
  create: () => diskStore(new SimulatedFiles()),
  reopen: (store) => diskStore(filesOf.get(store) as StoreFiles),
});

describeStore('the disk store on this disk', {
  create: async () => diskStore(new NodeFiles(await mkdtemp(join(tmpdir(), 'petrel-store-')))),
  reopen: (store) => diskStore(filesOf.get(store) as StoreFiles),
});
