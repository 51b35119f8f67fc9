/**
 * The one pump towards the disk: collects records into batches, writes one batch at a time behind the last one, and syncs it before anybody
 * is told. While one sync runs, everything that is written joins the next batch. All that is written in one turn of the event loop is in one
 * batch, and so there after a crash as a whole, or not at all. Knows nothing of what records mean.
 */
import type { Clock } from '../../clock.js';
import { Batch } from './batch.js';
import { encodeSegmentHeader, sealFrame, segmentHeaderBytes } from './frame.js';
import { type Durability, segmentName } from './manifest.js';
import type { RecordWriter } from './record-writer.js';
import type { StoreFile, StoreFiles } from './store-files.js';

const retryMs = 1000;
/** With durability `os`, what is written is synced at least this often, for nobody who waits. */
const lazySyncMs = 1000;

/** Where the next batch goes. */
export interface JournalStart {
  /** The segment that is begun. */
  readonly segment: number;
  readonly batch: number;
}

/** What a journal tells its owner. */
export interface JournalEvents {
  /** A message of a batch lies here from now on. */
  placed(number: number, segment: number, offset: number): void;
  /** A segment has its header; settles when nobody can take it for one that never was. */
  segmentBegun(segment: number): Promise<void>;
  /** Nothing more comes into a segment of this size. */
  segmentEnded(segment: number, bytes: number): void;
  failed(cause: unknown): void;
  recovered(): void;
}

/** How a journal works. */
export interface JournalOptions {
  readonly durability: Durability;
  /** A segment is ended by the batch that brings it here. */
  readonly segmentBytes: number;
}

/** Appends to the log of a data folder. */
export class Journal {
  readonly #files: StoreFiles;
  readonly #clock: Clock;
  readonly #options: JournalOptions;
  readonly #events: JournalEvents;
  #pending = new Batch();
  #flying = new Batch();
  #isRunning = false;
  #file: StoreFile | undefined;
  #position = 0;
  #isUnsynced = false;
  #syncedAt: number;
  #wantsRoll = false;
  #cancelRetry: (() => void) | undefined;
  /** The batch that is written next, or is being written. */
  #batch: number;
  #segment: number;
  /** The last that has its header. */
  #lastBegun = 0;
  #syncedBatch: number;
  #failure: Error | undefined;
  /** Rises with every record. */
  written = 0;

  constructor(
    files: StoreFiles,
    clock: Clock,
    start: JournalStart,
    options: JournalOptions,
    events: JournalEvents,
  ) {
    this.#files = files;
    this.#clock = clock;
    this.#options = options;
    this.#events = events;
    this.#segment = start.segment - 1;
    this.#batch = start.batch;
    this.#syncedBatch = start.batch - 1;
    this.#syncedAt = clock.now();
  }

  /** The segment that is written. */
  get segment(): number {
    return this.#segment;
  }

  /** Bytes of it. */
  get position(): number {
    return this.#position;
  }

  get syncedBatch(): number {
    return this.#syncedBatch;
  }

  /** Why nothing can be written at the moment. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Bytes that wait for the disk. */
  get pendingBytes(): number {
    return this.#pending.bytes + this.#flying.bytes;
  }

  /** For one record. */
  get records(): RecordWriter {
    this.written += 1;
    this.#start();
    return this.#pending.records;
  }

  /** The body of a message begins here in the batch that is being filled. */
  addMessage(number: number, start: number): void {
    this.#pending.addMessage(number, start);
  }

  /** Undefined when everything written is owned; else the promise of the group. */
  commit(): Promise<void> | undefined {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (!this.#pending.isEmpty) return this.#pending.settled;
    return this.#isRunning ? this.#flying.settled : undefined;
  }

  /** Settles when everything written so far would outlive a power cut, whatever the durability, and a new segment is begun. */
  async roll(): Promise<void> {
    this.#wantsRoll = true;
    this.#start();
    await this.#pending.settled;
  }

  /** Settles when everything written so far would outlive a power cut. */
  async sync(): Promise<void> {
    await this.commit();
    if (this.#isUnsynced) await this.roll();
  }

  /** Writes and syncs what is left. */
  async close(): Promise<void> {
    try {
      if (this.#failure !== undefined) {
        this.#cancelRetry?.();
        await this.#retry();
      }
      await this.sync();
    } finally {
      this.#cancelRetry?.();
      await this.#file?.close();
      this.#file = undefined;
    }
  }

  #start(): void {
    if (this.#isRunning || this.#failure !== undefined) return;
    this.#isRunning = true;
    // After all sockets that are readable in this turn were read.
    setImmediate(() => void this.#run());
  }

  async #run(): Promise<void> {
    try {
      while (!this.#pending.isEmpty || this.#pending.isWanted || this.#wantsRoll) {
        [this.#flying, this.#pending] = [this.#pending, this.#flying];
        await this.#fly();
      }
      this.#isRunning = false;
    } catch (cause) {
      this.#isRunning = false;
      this.#fail(cause);
    }
  }

  async #fly(): Promise<void> {
    const batch = this.#flying;
    if (this.#file === undefined || this.#wantsRoll || this.#position >= this.#options.segmentBytes)
      await this.#nextSegment();
    const file = this.#file as unknown as StoreFile;
    if (!batch.isEmpty) {
      const { frame } = batch;
      sealFrame(frame, this.#batch);
      batch.place(this.#position, (number, offset) => this.#events.placed(number, this.#segment, offset));
      this.#isUnsynced = true;
      await file.write(frame, this.#position);
      if (this.#mustSync()) await this.#sync(file, this.#batch);
      this.#position += frame.length;
      this.#batch += 1;
      batch.clear();
    }
    batch.resolve();
  }

  #mustSync(): boolean {
    return this.#options.durability === 'sync' || this.#clock.now() - this.#syncedAt >= lazySyncMs;
  }

  async #sync(file: StoreFile, batch: number): Promise<void> {
    await file.sync();
    this.#isUnsynced = false;
    this.#syncedBatch = batch;
    this.#syncedAt = this.#clock.now();
  }

  /** The former segment is synced to its end: a hole in the log is never a legal state. */
  async #nextSegment(): Promise<void> {
    const former = this.#file;
    if (former !== undefined && this.#isUnsynced) await this.#sync(former, this.#batch - 1);
    const segment = Math.max(this.#segment, this.#lastBegun) + 1;
    const file = await this.#files.create(segmentName(segment));
    try {
      await file.write(encodeSegmentHeader({ segment, firstBatch: this.#batch }), 0);
      await file.sync();
      // Whatever becomes of the rest, it is not made again: it may be known already.
      this.#lastBegun = segment;
      await this.#events.segmentBegun(segment);
    } catch (cause) {
      await file.close();
      throw cause;
    }
    const ended = this.#segment;
    const bytes = this.#position;
    this.#file = file;
    this.#segment = segment;
    this.#position = segmentHeaderBytes;
    this.#wantsRoll = false;
    await former?.close();
    if (former !== undefined) this.#events.segmentEnded(ended, bytes);
  }

  /**
   * What the file holds behind the last sync is unknown from now on, and a second sync of it may lie. So the batch is written once more, into a
   * segment whose header says that it counts and not what may be left of it in the former one.
   */
  #fail(cause: unknown): void {
    this.#failure = cause instanceof Error ? cause : new Error(String(cause));
    this.#isUnsynced = false;
    const file = this.#file;
    this.#file = undefined;
    file?.close().catch(() => {
      // It failed before, and nothing that counts is in its end.
    });
    if (file !== undefined) this.#events.segmentEnded(this.#segment, this.#position);
    this.#flying.reject(cause);
    this.#pending.reject(cause);
    this.#events.failed(cause);
    this.#cancelRetry = this.#clock.schedule(retryMs, () => void this.#retry());
  }

  async #retry(): Promise<void> {
    this.#isRunning = true;
    try {
      await this.#nextSegment();
      if (!this.#flying.isEmpty) await this.#fly();
      this.#failure = undefined;
      this.#events.recovered();
      await this.#run();
    } catch (cause) {
      this.#isRunning = false;
      this.#fail(cause);
    }
  }
}
