/**
 * What the disk store asks of a file system, and all it asks: so that a test can put one under it that fails, or that loses what was not
 * synced. Names are those of files in the data folder, which has no folders inside.
 */

/** An open file. */
export interface StoreFile {
  /** Writes all of the bytes at a position. */
  write(bytes: Uint8Array, position: number): Promise<void>;
  /** Settles when everything written, and the size of the file, outlives a power cut. */
  sync(): Promise<void>;
  /** Reads up to `length` bytes; fewer at the end of the file. */
  read(position: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** The files of one data folder. */
export interface StoreFiles {
  /** How messages call the folder. */
  readonly path: string;
  /** Makes the folder if it is not there, and takes it for this process alone; rejects with DataFolderError. */
  lock(): Promise<void>;
  /** Lets go of it. */
  unlock(): Promise<void>;
  list(): Promise<string[]>;
  /** Makes a file, empty or over one that is there; it stays there after a power cut once its first sync() is through. */
  create(name: string): Promise<StoreFile>;
  open(name: string): Promise<StoreFile>;
  size(name: string): Promise<number>;
  /** Puts a small file in place of the one of that name: after a power cut it is the old one or the new one, once settled the new one. */
  replace(name: string, bytes: Uint8Array): Promise<void>;
  remove(name: string): Promise<void>;
  /** Bytes that may still be written to this disk; Infinity where nobody can tell. */
  freeBytes(): Promise<number>;
}

/** Reads a whole file. */
export async function readWhole(files: StoreFiles, name: string): Promise<Uint8Array> {
  const size = await files.size(name);
  const file = await files.open(name);
  try {
    return await file.read(0, size);
  } finally {
    await file.close();
  }
}
