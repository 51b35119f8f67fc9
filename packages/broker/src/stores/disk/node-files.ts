/** The files of a data folder on a real disk. A sync is fdatasync: what it returns from is on the medium, as far as the medium is honest. */
import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { DataFolderError } from '../../errors.js';
import { FolderLock } from './folder-lock.js';
import type { StoreFile, StoreFiles } from './store-files.js';

/** Payloads are in them: other users of the machine have no business there. A folder that is there already keeps the mode that it has. */
export const folderMode = 0o700;
const fileMode = 0o600;

/** A folder of this machine. */
export class NodeFiles implements StoreFiles {
  readonly path: string;
  readonly #lock: FolderLock;
  readonly #onRead: (bytes: number) => void;

  /** `onRead` is told of the bytes of every read. */
  constructor(path: string, onRead: (bytes: number) => void = () => {}) {
    this.path = path;
    this.#onRead = onRead;
    this.#lock = new FolderLock(path);
  }

  async lock(): Promise<void> {
    try {
      await mkdir(this.path, { recursive: true, mode: folderMode });
      await this.#lock.take();
    } catch (cause) {
      throw this.#inaccessible(cause, 'cannot be made or written');
    }
  }

  async unlock(): Promise<void> {
    await this.#lock.release();
  }

  async list(): Promise<string[]> {
    try {
      return await readdir(this.path);
    } catch (cause) {
      throw this.#inaccessible(cause, 'cannot be read');
    }
  }

  async create(name: string): Promise<StoreFile> {
    const file = await open(join(this.path, name), 'w+', fileMode);
    try {
      // The name is synced now; what is in the file is with its first sync.
      await this.#syncFolder();
      return new NodeFile(file, this.#onRead);
    } catch (cause) {
      await file.close();
      throw cause;
    }
  }

  async open(name: string): Promise<StoreFile> {
    return new NodeFile(await open(join(this.path, name), constants.O_RDONLY), this.#onRead);
  }

  async size(name: string): Promise<number> {
    return (await stat(join(this.path, name))).size;
  }

  async replace(name: string, bytes: Uint8Array): Promise<void> {
    const temporary = join(this.path, `${name}.new`);
    const file = await open(temporary, 'w', fileMode);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, join(this.path, name));
    await this.#syncFolder();
  }

  async remove(name: string): Promise<void> {
    await rm(join(this.path, name), { force: true });
  }

  async freeBytes(): Promise<number> {
    const { bavail, bsize } = await statfs(this.path);
    return bavail * bsize;
  }

  async #syncFolder(): Promise<void> {
    // Windows has no way to open a folder, and writes names through.
    if (process.platform === 'win32') return;
    const folder = await open(this.path, constants.O_RDONLY);
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  }

  #inaccessible(cause: unknown, how: string): DataFolderError {
    if (cause instanceof DataFolderError) return cause;
    const { code } = cause as NodeJS.ErrnoException;
    return new DataFolderError('PETREL_STORE_INACCESSIBLE', `${this.path} ${how}: ${code}`, cause);
  }
}

class NodeFile implements StoreFile {
  readonly #handle: FileHandle;
  readonly #onRead: (bytes: number) => void;

  constructor(handle: FileHandle, onRead: (bytes: number) => void) {
    this.#handle = handle;
    this.#onRead = onRead;
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await this.#handle.write(bytes, done, bytes.length - done, position + done);
      done += bytesWritten;
    }
  }

  sync(): Promise<void> {
    return this.#handle.datasync();
  }

  async read(position: number, length: number): Promise<Uint8Array> {
    const bytes = Buffer.allocUnsafeSlow(length);
    for (let done = 0; done < length; ) {
      const { bytesRead } = await this.#handle.read(bytes, done, length - done, position + done);
      if (bytesRead === 0) return bytes.subarray(0, done);
      done += bytesRead;
      this.#onRead(bytesRead);
    }
    return bytes;
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}
