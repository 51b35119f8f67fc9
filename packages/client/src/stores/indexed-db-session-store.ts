/** Sessions in a browser's IndexedDB: a page that was closed or crashed finds on its return what was accepted before. Browsers only. */
import { UsageError } from '@petrel/protocol';
import { SessionStoreError } from '../errors.js';
import { show } from '../option-reader.js';
import type { SessionStore, StoredMessage, StoredSession } from '../session-store.js';
import { BatchedSession, type SessionChanges } from './batched-session.js';
import { decodeStoredMessage, encodeStoredMessage } from './stored-message-record.js';

/** Options of an IndexedDB session store. */
export interface IndexedDbSessionStoreOptions {
  /** Name of the database. Default `petrel-sessions`. */
  readonly databaseName?: string | undefined;
  /** As of the disk store: `'sync'` asks the browser to wait for the disk, `'os'` for the operating system. Default `'sync'`. */
  readonly durability?: 'sync' | 'os' | undefined;
}

const formatVersion = 1;
const messages = 'messages';
const received = 'received';

/** A session store in IndexedDB. A session can be open once in all pages of an origin. `open` rejects with SessionStoreError. */
export class IndexedDbSessionStore implements SessionStore {
  readonly #databaseName: string;
  readonly #durability: 'strict' | 'relaxed';

  /** Throws UsageError on a bad option; touches nothing. */
  constructor({ databaseName = 'petrel-sessions', durability = 'sync' }: IndexedDbSessionStoreOptions = {}) {
    if (durability !== 'sync' && durability !== 'os') {
      throw new UsageError(`option "durability" must be "sync" or "os", got ${show(durability)}`);
    }
    this.#databaseName = databaseName;
    this.#durability = durability === 'sync' ? 'strict' : 'relaxed';
  }

  async open(clientIdentifier: string): Promise<StoredSession> {
    if (clientIdentifier === '') {
      throw new UsageError(
        'a stored session needs the option "clientIdentifier": another page has to find it again',
      );
    }
    const unlock = await lockSession(`${this.#databaseName}/${clientIdentifier}`);
    try {
      const database = await openDatabase(this.#databaseName);
      const stored = await readSession(database, clientIdentifier);
      return new BatchedSession({
        ...stored,
        write: (changes) => this.#write(database, clientIdentifier, changes),
        close: () => {
          database.close();
          unlock();
          return Promise.resolve();
        },
      });
    } catch (cause) {
      unlock();
      throw unavailable(this.#databaseName, cause);
    }
  }

  async #write(database: IDBDatabase, clientIdentifier: string, changes: SessionChanges): Promise<void> {
    try {
      const transaction = database.transaction([messages, received], 'readwrite', {
        durability: this.#durability,
      });
      const done = completed(transaction);
      const table = transaction.objectStore(messages);
      for (const [sequence, message] of changes.messages) {
        if (message === undefined) table.delete([clientIdentifier, sequence]);
        else table.put(encodeStoredMessage(message), [clientIdentifier, sequence]);
      }
      const identifiers = transaction.objectStore(received);
      for (const [packetIdentifier, isOpen] of changes.received) {
        if (isOpen) identifiers.put(true, [clientIdentifier, packetIdentifier]);
        else identifiers.delete([clientIdentifier, packetIdentifier]);
      }
      await done;
    } catch (cause) {
      throw unavailable(this.#databaseName, cause);
    }
  }
}

function openDatabase(name: string): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, formatVersion);
    request.onupgradeneeded = () => {
      request.result.createObjectStore(messages);
      request.result.createObjectStore(received);
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error as DOMException);
  });
}

async function readSession(
  database: IDBDatabase,
  clientIdentifier: string,
): Promise<{ messages: readonly StoredMessage[]; received: readonly number[] }> {
  const transaction = database.transaction([messages, received], 'readonly');
  const done = completed(transaction);
  // All keys of the identifier: arrays sort behind numbers.
  const range = IDBKeyRange.bound([clientIdentifier], [clientIdentifier, []]);
  const table = transaction.objectStore(messages);
  const keys = table.getAllKeys(range);
  const records = table.getAll(range);
  const identifiers = transaction.objectStore(received).getAllKeys(range);
  await done;
  return {
    messages: keys.result.map((key, index) =>
      decodeStoredMessage(second(key), records.result[index] as Uint8Array),
    ),
    received: identifiers.result.map(second),
  };
}

function second(key: IDBValidKey): number {
  return (key as [string, number])[1];
}

function completed(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new Error('the browser aborted the transaction'));
  });
}

/** Held until released or until the page is gone; pages without Web Locks, which need a secure context, are not watched. */
function lockSession(name: string): Promise<() => void> {
  const { locks } = navigator;
  if (locks === undefined) return Promise.resolve(() => {});
  return new Promise((resolve, reject) => {
    locks
      .request(`petrel-session-${name}`, { ifAvailable: true }, (lock) => {
        if (lock === null) {
          throw new SessionStoreError(
            'PETREL_SESSION_STORE_LOCKED',
            `session "${name}" is open in another client`,
          );
        }
        return new Promise<void>((release) => resolve(release));
      })
      .catch(reject);
  });
}

function unavailable(databaseName: string, cause: unknown): SessionStoreError {
  if (cause instanceof SessionStoreError) return cause;
  const isNewer = (cause as DOMException | null)?.name === 'VersionError';
  const code = isNewer ? 'PETREL_SESSION_STORE_NEWER' : 'PETREL_SESSION_STORE_UNAVAILABLE';
  return new SessionStoreError(code, `IndexedDB "${databaseName}" cannot be used: ${String(cause)}`, {
    cause,
  });
}
