/** The store that the options ask for. */
import type { ResolvedBrokerOptions } from '../options.js';
import { DiskStore } from './disk/disk-store.js';
import { NodeFiles } from './disk/node-files.js';
import { MemoryStore } from './memory-store.js';
import type { Store } from './store.js';

/** One file of the log. */
const segmentBytes = 33_554_432;

/** Made here, opened by the broker. */
export function openStore({
  store,
  dataFolder,
  durability,
  limits,
  clock,
  logger,
}: ResolvedBrokerOptions): Store {
  if (store !== undefined) return store;
  if (dataFolder === undefined) return new MemoryStore();
  const files = new NodeFiles(dataFolder);
  return new DiskStore({ files, clock, logger, durability, segmentBytes, ...limits.dataFolder });
}
