/** Reads what a data folder holds: the snapshot, then the log behind it. Changes nothing in the folder. */
import { DataFolderError } from '../../errors.js';
import { ByteCursor } from './byte-cursor.js';
import {
  decodeSegmentHeader,
  type Frame,
  findFrame,
  formatVersion,
  readFrame,
  segmentHeaderBytes,
} from './frame.js';
import { listSegments, type Manifest, readManifest, segmentName, snapshotName } from './manifest.js';
import { type RecordVisitor, readRecord } from './record-reader.js';
import { readWhole, type StoreFiles } from './store-files.js';
import { StoreState } from './store-state.js';

/** A folder as it was found. */
export interface FolderContent {
  readonly state: StoreState;
  readonly manifest: Manifest;
  /** All that are there, by rising number, with their sizes. */
  readonly segments: ReadonlyMap<number, number>;
  /** The last batch that is whole. */
  readonly lastBatch: number;
  /** Bytes at the end that belong to no whole batch: what a crash or a power cut left of one that nobody was told of. */
  readonly tornBytes: number;
  /** Records read from the log. */
  readonly records: number;
}

const emptyManifest: Manifest = {
  format: formatVersion,
  snapshot: 0,
  logFrom: 1,
  lastSegment: 0,
  syncedBatch: 0,
  durability: 'sync',
  isClosed: false,
};

/** Reads a folder; rejects with DataFolderError rather than pass over something that was acknowledged. */
export async function readDataFolder(files: StoreFiles): Promise<FolderContent> {
  const found = await readManifest(files);
  const numbers = await listSegments(files);
  if (found === undefined) {
    await assertNew(files, numbers);
    return {
      state: new StoreState(),
      manifest: emptyManifest,
      segments: new Map(),
      lastBatch: 0,
      tornBytes: 0,
      records: 0,
    };
  }
  const reading = new FolderReading(files, found, numbers);
  return reading.read();
}

/** Nobody begins anew on top of what is somebody's. */
async function assertNew(files: StoreFiles, segments: readonly number[]): Promise<void> {
  const foreign = (await files.list()).filter((name) => name !== 'lock' && !name.endsWith('.new'));
  if (foreign.length === 0) return;
  const code = segments.length > 0 ? 'PETREL_STORE_CORRUPT' : 'PETREL_STORE_FOREIGN';
  throw new DataFolderError(
    code,
    `${files.path} is neither empty nor a data folder: it has ${foreign[0]} and no manifest.json`,
  );
}

class FolderReading {
  readonly #files: StoreFiles;
  readonly #manifest: Manifest;
  readonly #numbers: readonly number[];
  readonly #state = new StoreState();
  readonly #sizes = new Map<number, number>();
  /** Batch that has to come next; undefined before the first segment of the log. */
  #next: number | undefined;
  #tornBytes = 0;
  #records = 0;

  constructor(files: StoreFiles, manifest: Manifest, numbers: readonly number[]) {
    this.#files = files;
    this.#manifest = manifest;
    this.#numbers = numbers;
  }

  async read(): Promise<FolderContent> {
    const { snapshot, logFrom, lastSegment, syncedBatch, isClosed } = this.#manifest;
    for (const number of this.#numbers) this.#sizes.set(number, await this.#files.size(segmentName(number)));
    if (snapshot !== 0) await this.#readSnapshot(snapshot);
    const log = this.#numbers.filter((number) => number >= logFrom);
    for (const [index, number] of log.entries()) {
      if (number !== logFrom + index) throw this.#corrupt(segmentName(logFrom + index), 'is missing');
      await this.#readSegment(number, log[index + 1]);
    }
    const next = logFrom + log.length;
    if (next <= lastSegment) throw this.#corrupt(segmentName(next), 'is missing');
    const lastBatch = (this.#next ?? syncedBatch + 1) - 1;
    if (lastBatch < syncedBatch || (log.length === 0 && snapshot !== 0))
      throw this.#corrupt('the log', `ends with batch ${lastBatch}, but ${syncedBatch} was on disk`);
    if (isClosed && this.#tornBytes > 0) throw this.#corrupt('the log', 'has changed since it was closed');
    this.#state.messages.sweep();
    this.#assertMessagesThere();
    return {
      state: this.#state,
      manifest: this.#manifest,
      segments: this.#sizes,
      lastBatch,
      tornBytes: this.#tornBytes,
      records: this.#records,
    };
  }

  async #readSnapshot(number: number): Promise<void> {
    const name = snapshotName(number);
    if (!(await this.#files.list()).includes(name)) throw this.#corrupt(name, 'is missing');
    const bytes = Buffer.from(await readWhole(this.#files, name));
    const cursor = new ByteCursor(bytes);
    let position = segmentHeaderBytes;
    if (decodeSegmentHeader(bytes)?.segment !== number) throw this.#corrupt(name, 'has no header');
    while (position < bytes.length) {
      const frame = readFrame(bytes, position);
      if (frame === undefined) throw this.#corrupt(name, `is damaged at byte ${position}`);
      this.#apply(cursor, frame, name);
      position = frame.end;
    }
    if (!this.#state.isComplete) throw this.#corrupt(name, 'ends too early');
  }

  /** `following`: the segment behind this one, whose header says how much of this one counts. */
  async #readSegment(number: number, following: number | undefined): Promise<void> {
    const name = segmentName(number);
    const bytes = Buffer.from(await readWhole(this.#files, name));
    const header = decodeSegmentHeader(bytes);
    if (header === undefined) {
      // Made, and not begun: nothing can have been written behind its header.
      const isBegun = number <= this.#manifest.lastSegment;
      if (following === undefined && !isBegun && findFrame(bytes, 0) === undefined) {
        this.#tornBytes += bytes.length;
        this.#sizes.set(number, 0);
        return;
      }
      throw this.#corrupt(name, 'has no header');
    }
    if (header.segment !== number) throw this.#corrupt(name, `says that it is number ${header.segment}`);
    this.#next ??= header.firstBatch;
    if (header.firstBatch !== this.#next)
      throw this.#corrupt(name, `begins with batch ${header.firstBatch}, not ${this.#next}`);
    this.#state.segment = number;
    const until = following === undefined ? Number.POSITIVE_INFINITY : await this.#firstBatchOf(following);
    const cursor = new ByteCursor(bytes);
    let position = segmentHeaderBytes;
    while (this.#next < until) {
      const frame = readFrame(bytes, position);
      if (frame?.batch !== this.#next) {
        this.#endOfLog(bytes, position, name, until);
        return;
      }
      this.#apply(cursor, frame, name);
      this.#next += 1;
      position = frame.end;
    }
  }

  /** The first batch that is not whole: the end of the log, or a hole in it. */
  #endOfLog(bytes: Buffer, position: number, name: string, until: number): void {
    if (position === bytes.length && until === Number.POSITIVE_INFINITY) return;
    const later = findFrame(bytes, position);
    const isHole = later !== undefined && later.batch > (this.#next as number);
    // With durability "os" the disk may have taken batches in any order before a power cut.
    const isLegal = this.#manifest.durability === 'os' && (this.#next as number) > this.#manifest.syncedBatch;
    if (until !== Number.POSITIVE_INFINITY || (isHole && !isLegal))
      throw this.#corrupt(name, `is damaged at byte ${position}, in batch ${this.#next}`);
    this.#tornBytes += bytes.length - position;
  }

  async #firstBatchOf(segment: number): Promise<number> {
    const file = await this.#files.open(segmentName(segment));
    try {
      const header = decodeSegmentHeader(Buffer.from(await file.read(0, segmentHeaderBytes)));
      return header?.firstBatch ?? Number.POSITIVE_INFINITY;
    } finally {
      await file.close();
    }
  }

  #apply(cursor: ByteCursor, { start, end }: Frame, name: string): void {
    cursor.position = start;
    cursor.end = end;
    const visitor: RecordVisitor = this.#state;
    try {
      while (!cursor.isAtEnd) {
        readRecord(cursor, visitor);
        this.#records += 1;
      }
    } catch (cause) {
      throw this.#corrupt(name, `has a batch at byte ${start} that cannot be read`, cause);
    }
  }

  /** Every message that somebody waits for lies in a file that is long enough. */
  #assertMessagesThere(): void {
    const { messages } = this.#state;
    for (const number of messages.numbers()) {
      const segment = messages.segmentOf(number);
      const end = messages.offsetOf(number) + messages.lengthOf(number);
      if (segment === 0) throw this.#corrupt('the log', `has a delivery of message ${number} without it`);
      if (end > (this.#sizes.get(segment) ?? 0))
        throw this.#corrupt(segmentName(segment), 'is missing or shorter than it was');
    }
  }

  #corrupt(what: string, how: string, cause?: unknown): DataFolderError {
    return new DataFolderError('PETREL_STORE_CORRUPT', `${this.#files.path}: ${what} ${how}`, cause);
  }
}
