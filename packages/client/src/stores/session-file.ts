/** One session in one file: changes are appended, and when most of the file is history it is written anew. */
import { type FileHandle, mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { SessionStoreError } from '../errors.js';
import type { StoredMessage } from '../session-store.js';
import type { SessionChanges, SessionMedium } from './batched-session.js';
import { encodeFrame, fileHeader, readJournal } from './session-journal.js';

/** `'sync'`: what was committed survives a power cut; `'os'`: a killed process, not a power cut. */
export type Durability = 'sync' | 'os';

// A file below this is never written anew; above it, when its state would take a quarter of it or less.
const smallestHistoryBytes = 1024 * 1024;
const historyFactor = 4;

export class SessionFile implements SessionMedium {
  readonly messages: readonly StoredMessage[];
  readonly received: readonly number[];
  readonly #path: string;
  readonly #durability: Durability;
  readonly #open: Map<number, StoredMessage>;
  readonly #identifiers: Set<number>;
  #handle: FileHandle;
  /** Bytes that hold whole frames; the next is written behind them, over whatever a failed write left. */
  #size: number;

  /** Reads the session, or begins a new one; rejects with SessionStoreError. */
  static async open(path: string, durability: Durability): Promise<SessionFile> {
    try {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      const bytes = await readFile(path).catch(absentAsEmpty);
      const state = readJournal(bytes, path);
      const handle = await open(path, bytes.length === 0 ? 'w+' : 'r+', 0o600);
      const file = new SessionFile(path, durability, handle, state);
      if (state.validBytes === 0) await file.#begin();
      return file;
    } catch (cause) {
      throw unavailable(path, cause);
    }
  }

  private constructor(
    path: string,
    durability: Durability,
    handle: FileHandle,
    { messages, received, validBytes }: ReturnType<typeof readJournal>,
  ) {
    this.#path = path;
    this.#durability = durability;
    this.#handle = handle;
    this.#open = messages;
    this.#identifiers = received;
    this.#size = validBytes;
    this.messages = [...messages.values()].sort((left, right) => left.sequence - right.sequence);
    this.received = [...received];
  }

  async write(changes: SessionChanges): Promise<void> {
    try {
      const frame = encodeFrame(changes);
      await writeFully(this.#handle, frame, this.#size);
      // Something that has ended may come back after a power cut: it is sent again, and the server knows it.
      if (this.#durability === 'sync' && binds(changes)) await this.#handle.datasync();
      this.#size += frame.length;
      this.#apply(changes);
      await this.#forgetHistory();
    } catch (cause) {
      throw unavailable(this.#path, cause);
    }
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  async #begin(): Promise<void> {
    await writeFully(this.#handle, fileHeader, 0);
    this.#size = fileHeader.length;
    if (this.#durability === 'os') return;
    await this.#handle.datasync();
    await syncFolder(dirname(this.#path));
  }

  #apply({ messages, received }: SessionChanges): void {
    for (const [sequence, message] of messages) {
      if (message === undefined) this.#open.delete(sequence);
      else this.#open.set(sequence, message);
    }
    for (const [packetIdentifier, isOpen] of received) {
      if (isOpen) this.#identifiers.add(packetIdentifier);
      else this.#identifiers.delete(packetIdentifier);
    }
  }

  /** The new file takes the place of the old one whole: whenever the process ends, one of them is there. */
  async #forgetHistory(): Promise<void> {
    if (this.#size < smallestHistoryBytes) return;
    const state = this.#stateFrame();
    const size = fileHeader.length + state.length;
    if (size * historyFactor > this.#size) return;
    const path = `${this.#path}.new`;
    const handle = await open(path, 'w+', 0o600);
    try {
      await writeFully(handle, Buffer.concat([fileHeader, state]), 0);
      if (this.#durability === 'sync') await handle.datasync();
      await rename(path, this.#path);
    } catch (error) {
      await handle.close();
      throw error;
    }
    const old = this.#handle;
    this.#handle = handle;
    this.#size = size;
    if (this.#durability === 'sync') await syncFolder(dirname(path));
    await old.close();
  }

  #stateFrame(): Buffer {
    if (this.#open.size === 0 && this.#identifiers.size === 0) return Buffer.alloc(0);
    const received = new Map([...this.#identifiers].map((packetIdentifier) => [packetIdentifier, true]));
    return encodeFrame({ messages: new Map(this.#open), received });
  }
}

function binds({ messages, received }: SessionChanges): boolean {
  return (
    [...messages.values()].some((message) => message !== undefined) || [...received.values()].includes(true)
  );
}

function absentAsEmpty(error: NodeJS.ErrnoException): Buffer {
  if (error.code === 'ENOENT') return Buffer.alloc(0);
  throw error;
}

async function writeFully(handle: FileHandle, bytes: Buffer, position: number): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, written, bytes.length - written, position + written);
    written += bytesWritten;
  }
}

/** A new name is durable once its folder is; Windows has no such thing. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function unavailable(path: string, cause: unknown): SessionStoreError {
  if (cause instanceof SessionStoreError) return cause;
  const why = cause instanceof Error ? cause.message : String(cause);
  return new SessionStoreError('PETREL_SESSION_STORE_UNAVAILABLE', `"${path}" cannot be used: ${why}`, {
    cause,
  });
}
