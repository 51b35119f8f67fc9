/** Sessions in files of a folder: a killed process finds on its return what was accepted before. Node only. */
import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import { UsageError } from '@petrel/protocol';
import { show } from '../option-reader.js';
import type { SessionStore, StoredSession } from '../session-store.js';
import { BatchedSession } from './batched-session.js';
import { type Durability, SessionFile } from './session-file.js';
import { lockSession } from './session-lock.js';

/** Options of a disk session store. */
export interface DiskSessionStoreOptions {
  /** The folder, which is made when it is missing; one file in it for each Client Identifier. */
  readonly path: string;
  /**
   * What a commit waits for. `'sync'`: the disk, so that it survives a power cut. `'os'`: the operating system; it survives a killed process, not a
   * power cut. Default `'sync'`.
   */
  readonly durability?: Durability | undefined;
}

/**
 * A session store on the file system; needs no other package.
 *
 * All state of a session is in memory too, within the bounds of `offlineQueue`. Changes that come while the disk writes are
 * written together. A session can be open once on a machine. `open` rejects with SessionStoreError.
 */
export class DiskSessionStore implements SessionStore {
  readonly #path: string;
  readonly #durability: Durability;

  /** Throws UsageError on a bad option; touches nothing. */
  constructor({ path, durability = 'sync' }: DiskSessionStoreOptions) {
    if (typeof path !== 'string' || path === '') {
      throw new UsageError(`option "path" must name a folder, got ${show(path)}`);
    }
    if (durability !== 'sync' && durability !== 'os') {
      throw new UsageError(`option "durability" must be "sync" or "os", got ${show(durability)}`);
    }
    this.#path = resolve(path);
    this.#durability = durability;
  }

  async open(clientIdentifier: string): Promise<StoredSession> {
    if (clientIdentifier === '') {
      throw new UsageError(
        'a stored session needs the option "clientIdentifier": another process has to find it again',
      );
    }
    // Any text is a Client Identifier, of up to 65,535 bytes; not any text is the name of a file.
    const path = join(this.#path, `${sha256(clientIdentifier)}.session`);
    const lock = await lockSession(sha256(path), path);
    try {
      const file = await SessionFile.open(path, this.#durability);
      return new BatchedSession({
        messages: file.messages,
        received: file.received,
        write: (changes) => file.write(changes),
        close: async () => {
          try {
            await file.close();
          } finally {
            await lock.release();
          }
        },
      });
    } catch (error) {
      await lock.release();
      throw error;
    }
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
