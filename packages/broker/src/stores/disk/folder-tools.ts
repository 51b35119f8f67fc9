/** What an operator does with a data folder: look into it, check all of it, copy it, also while a broker has it. Changes nothing in the source. */
import { mkdir } from 'node:fs/promises';
import { DataFolderError } from '../../errors.js';
import { type FolderContent, readDataFolder } from './data-folder.js';
import { readFrame, segmentHeaderBytes } from './frame.js';
import { readManifest, segmentName, snapshotName, writeManifest } from './manifest.js';
import { folderMode, NodeFiles } from './node-files.js';
import { readWhole, type StoreFile, type StoreFiles } from './store-files.js';

const copyBytes = 4_194_304;
/** A broker that tidies up at the same moment is waited for by beginning anew. */
const attempts = 5;

/** What is in a data folder. */
export interface DataFolderSummary {
  readonly sessions: number;
  readonly subscriptions: number;
  /** QoS 1 and 2 messages on their way to sessions, each once per session. */
  readonly deliveries: number;
  readonly retainedMessages: number;
  /** Different messages that somebody waits for. */
  readonly messages: number;
  readonly messageBytes: number;
  readonly files: number;
  readonly fileBytes: number;
  /** Bytes at the end that a crash left of a batch nobody was told of; the next broker leaves them out. */
  readonly tornBytes: number;
  /** The last broker closed it, or it is in use or was left by a crash. */
  readonly isClosed: boolean;
}

/** How the tools of a data folder tell how far they are. */
export interface FolderToolOptions {
  /**
   * Called with the bytes that were read so far, and those that are to be read; a copy is read again, and a broker that goes on may make it more
   * or less. Default none.
   */
  readonly onProgress?: ((doneBytes: number, totalBytes: number) => void) | undefined;
}

/** Reads what is in a data folder; rejects with DataFolderError. */
export async function inspectDataFolder(
  path: string,
  options: FolderToolOptions = {},
): Promise<DataFolderSummary> {
  return summaryOf(await read(await openFolder(path, options, 1)));
}

/** Reads every byte that counts and checks it against its checksum; rejects with DataFolderError for the first that is wrong. */
export async function verifyDataFolder(
  path: string,
  options: FolderToolOptions = {},
): Promise<DataFolderSummary> {
  return verify(await openFolder(path, options, 1));
}

async function verify(files: StoreFiles): Promise<DataFolderSummary> {
  const content = await read(files);
  for (const segment of content.segments.keys())
    if (segment < content.manifest.logFrom) await verifySegment(files, content, segment);
  return summaryOf(content);
}

/**
 * Copies a data folder into one that is empty or not there, and verifies the copy. The broker may go on meanwhile: the copy is as the folder
 * was at some moment of the call.
 */
export async function copyDataFolder(
  from: string,
  to: string,
  options: FolderToolOptions = {},
): Promise<DataFolderSummary> {
  const meter = new ReadMeter(options);
  const source = await meter.open(from, readsOfCopy);
  const target = new NodeFiles(to, meter.add);
  await read(source);
  await mkdir(to, { recursive: true, mode: folderMode });
  const [first] = await target.list();
  if (first !== undefined)
    throw new DataFolderError('PETREL_STORE_FOREIGN', `${to} is not empty: it has ${first}`);
  await copy(source, target);
  return verify(target);
}

/** To see what it is, to copy it, and to verify the copy. */
const readsOfCopy = 3;

function openFolder(path: string, options: FolderToolOptions, reads: number): Promise<StoreFiles> {
  return new ReadMeter(options).open(path, reads);
}

/** Counts what is read of what is to be read. */
class ReadMeter {
  readonly #report: (doneBytes: number, totalBytes: number) => void;
  #done = 0;
  #total = 0;

  constructor({ onProgress = () => {} }: FolderToolOptions) {
    this.#report = onProgress;
  }

  /** A folder that is read so many times. */
  async open(path: string, reads: number): Promise<StoreFiles> {
    const files = new NodeFiles(path, this.add);
    const names = (await files.list()).filter((name) => /\.(log|snapshot)$/.test(name));
    for (const name of names) this.#total += reads * (await files.size(name).catch(() => 0));
    return files;
  }

  readonly add = (bytes: number): void => {
    this.#done += bytes;
    this.#report(this.#done, Math.max(this.#done, this.#total));
  };
}

async function read(files: StoreFiles): Promise<FolderContent> {
  if ((await readManifest(files)) === undefined)
    throw new DataFolderError(
      'PETREL_STORE_FOREIGN',
      `${files.path} is no data folder: it has no manifest.json`,
    );
  for (let left = attempts; ; left--) {
    try {
      return await readDataFolder(files);
    } catch (error) {
      if (left === 0) throw error;
    }
  }
}

/** In a segment that the log has passed, only messages count that are held. */
async function verifySegment(files: StoreFiles, { state }: FolderContent, segment: number): Promise<void> {
  const bytes = Buffer.from(await readWhole(files, segmentName(segment)));
  let end = segmentHeaderBytes;
  for (let frame = readFrame(bytes, end); frame !== undefined; frame = readFrame(bytes, end)) end = frame.end;
  for (const number of state.messages.numbersIn(segment)) {
    if (state.messages.offsetOf(number) + state.messages.lengthOf(number) <= end) continue;
    throw new DataFolderError(
      'PETREL_STORE_CORRUPT',
      `${files.path}: ${segmentName(segment)} is damaged at byte ${end}`,
    );
  }
}

async function copy(source: StoreFiles, target: StoreFiles): Promise<void> {
  for (let left = attempts; ; left--) {
    const opened = new Map<string, StoreFile>();
    try {
      const manifest = await readManifest(source);
      if (manifest === undefined) return;
      const names = (await source.list()).filter((name) => name.endsWith('.log'));
      if (manifest.snapshot !== 0) names.push(snapshotName(manifest.snapshot));
      // What is open stays readable, whatever the broker removes from now on.
      for (const name of names) opened.set(name, await source.open(name));
      if ((await readManifest(source))?.snapshot !== manifest.snapshot && left > 0) continue;
      for (const [name, file] of [...opened].sort()) await copyFile(file, await target.create(name));
      await writeManifest(target, { ...manifest, isClosed: false });
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || left === 0) throw error;
    } finally {
      for (const file of opened.values()) await file.close();
    }
  }
}

async function copyFile(from: StoreFile, to: StoreFile): Promise<void> {
  try {
    for (let position = 0; ; ) {
      const bytes = await from.read(position, copyBytes);
      if (bytes.length === 0) break;
      await to.write(bytes, position);
      position += bytes.length;
    }
    await to.sync();
  } finally {
    await to.close();
  }
}

function summaryOf({ state, segments, tornBytes, manifest }: FolderContent): DataFolderSummary {
  let subscriptions = 0;
  let deliveries = 0;
  for (const session of state.sessions.values()) {
    subscriptions += session.subscriptions.size;
    if (session.hasDeliveries) deliveries += session.deliveries.size;
  }
  let retainedMessages = 0;
  for (const number of state.messages.numbers()) if (state.messages.isRetained(number)) retainedMessages += 1;
  return {
    sessions: state.sessions.size,
    subscriptions,
    deliveries,
    retainedMessages,
    messages: state.messages.size,
    messageBytes: state.messages.bytes,
    files: segments.size,
    fileBytes: [...segments.values()].reduce((sum, size) => sum + size, 0),
    tornBytes,
    isClosed: manifest.isClosed,
  };
}
