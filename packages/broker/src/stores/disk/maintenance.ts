/**
 * Keeps a data folder about as large as what it holds: a snapshot now and then, so that the log behind it stays short, and out of older
 * segments the messages that somebody still waits for, so that the rest can go.
 *
 * Two rules make it safe. A snapshot counts only after everything it tells of is synced. A segment goes only when it is older than the
 * snapshot that counts and no held message lies in it, as the synced log says too.
 */
import { formatVersion } from './frame.js';
import type { Journal } from './journal.js';
import { type Durability, type Manifest, segmentName, snapshotName, writeManifest } from './manifest.js';
import type { MessageReader } from './message-reader.js';
import { writeSnapshot } from './snapshot.js';
import { readWhole, type StoreFiles } from './store-files.js';
import type { StoreState } from './store-state.js';

const copySliceBytes = 1_048_576;

/** What maintenance works on. */
export interface MaintenanceParts {
  readonly files: StoreFiles;
  readonly state: StoreState;
  readonly journal: Journal;
  readonly reader: MessageReader;
  readonly durability: Durability;
  readonly segmentBytes: number;
}

/** Works in the background, one thing at a time. */
export class Maintenance {
  readonly #parts: MaintenanceParts;
  /** Sizes of the segments that are full. */
  readonly #sizes: Map<number, number>;
  #snapshot: number;
  #logFrom: number;
  #lastSegment: number;
  /** One at a time: they are written in one place. */
  #manifestWritten: Promise<void> = Promise.resolve();
  #snapshotBytes = 0;
  #running: Promise<void> | undefined;
  #isClosed = false;

  constructor(
    parts: MaintenanceParts,
    { snapshot, logFrom, lastSegment }: Manifest,
    segments: ReadonlyMap<number, number>,
  ) {
    this.#parts = parts;
    this.#snapshot = snapshot;
    this.#logFrom = logFrom;
    this.#lastSegment = lastSegment;
    this.#sizes = new Map(segments);
  }

  /** Bytes of all segments. */
  get bytes(): number {
    let sum = this.#parts.journal.position;
    for (const size of this.#sizes.values()) sum += size;
    return sum;
  }

  /** Looks whether there is something to do. Settles when it is done; failures are those of the disk, and come again as such. */
  run(): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    this.#running ??= this.#work().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** Settles when the manifest says that this segment is there. */
  segmentBegun(segment: number): Promise<void> {
    this.#lastSegment = segment;
    return this.writeManifest(false);
  }

  /** A segment has its last size. */
  segmentFull(segment: number, size: number): void {
    this.#sizes.set(segment, size);
  }

  /** Ends what is going on and says in the manifest that the folder was closed. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#running?.catch(() => {
      // The disk failed it, and the journal told so.
    });
  }

  writeManifest(isClosed: boolean): Promise<void> {
    const written = this.#manifestWritten.then(() => this.#writeManifest(isClosed));
    this.#manifestWritten = written.catch(() => {
      // Whoever asked for it is told.
    });
    return written;
  }

  async #writeManifest(isClosed: boolean): Promise<void> {
    const { files, journal, durability } = this.#parts;
    await writeManifest(files, {
      format: formatVersion,
      snapshot: this.#snapshot,
      logFrom: this.#logFrom,
      lastSegment: this.#lastSegment,
      syncedBatch: journal.syncedBatch,
      durability,
      isClosed,
    });
  }

  async #work(): Promise<void> {
    await this.writeManifest(false);
    const { segmentBytes } = this.#parts;
    if (this.#logBytes > Math.max(4 * segmentBytes, 2 * this.#snapshotBytes)) await this.#takeSnapshot();
    await this.#collect();
  }

  get #logBytes(): number {
    let sum = 0;
    for (const [segment, size] of this.#sizes) if (segment >= this.#logFrom) sum += size;
    return sum;
  }

  async #takeSnapshot(): Promise<void> {
    const { files, state, journal } = this.#parts;
    await journal.roll();
    const logFrom = journal.segment;
    this.#snapshotBytes = await writeSnapshot(files, state, logFrom);
    // What was told above may stand in the log behind `logFrom`, and must not be lost from there.
    await journal.sync();
    const former = this.#snapshot;
    this.#snapshot = logFrom;
    this.#logFrom = logFrom;
    await this.writeManifest(false);
    if (former !== 0) await files.remove(snapshotName(former));
  }

  async #collect(): Promise<void> {
    const { state, segmentBytes } = this.#parts;
    const old = [...this.#sizes.keys()].filter((segment) => segment < this.#logFrom);
    for (const segment of old) if (state.messages.bytesIn(segment) === 0) await this.#remove(segment);
    const fullness = (segment: number): number =>
      state.messages.bytesIn(segment) / (this.#sizes.get(segment) ?? 1);
    const half = old.filter((segment) => this.#sizes.has(segment) && fullness(segment) < 0.5);
    for (const segment of half.sort((left, right) => fullness(left) - fullness(right))) {
      if (this.#isClosed || this.bytes <= 2 * state.messages.bytes + 4 * segmentBytes) return;
      await this.#empty(segment);
      await this.#remove(segment);
    }
  }

  /** Stores what is still held in a segment once more, at the end of the log. */
  async #empty(segment: number): Promise<void> {
    const { files, state, journal } = this.#parts;
    const bytes = await readWhole(files, segmentName(segment));
    let copied = 0;
    for (const number of state.messages.numbersIn(segment)) {
      // It may have gone while others were written.
      if (state.messages.segmentOf(number) !== segment) continue;
      const offset = state.messages.offsetOf(number);
      const length = state.messages.lengthOf(number);
      journal.addMessage(
        number,
        journal.records.messageBody(number, bytes.subarray(offset, offset + length)),
      );
      copied += length;
      if (copied < copySliceBytes) continue;
      copied = 0;
      await journal.commit();
    }
    await journal.sync();
  }

  async #remove(segment: number): Promise<void> {
    const { files, state, journal, reader } = this.#parts;
    // That nobody holds a message of it any more must be true on the disk too.
    await journal.sync();
    if (state.messages.bytesIn(segment) > 0) return;
    await reader.release(segment);
    await files.remove(segmentName(segment));
    this.#sizes.delete(segment);
  }
}
