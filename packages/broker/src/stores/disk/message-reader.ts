/** Reads messages back from where they lie in segments, neighbours in one go. */
import { DataFolderError } from '../../errors.js';
import type { StoredRetained } from '../store.js';
import { ByteCursor } from './byte-cursor.js';
import { segmentName } from './manifest.js';
import type { MessageTable } from './message-table.js';
import { type KeptMessage, readMessage, readMessageHead } from './record-reader.js';
import type { StoreFile, StoreFiles } from './store-files.js';

/** Messages this near to each other are read together with what is between them. */
const gapBytes = 65_536;
const longestRunBytes = 4_194_304;
const retainedRunBytes = 1_048_576;
const openFiles = 8;
/** What a message counts besides its bytes in the file: see Message.sizeBytes. */
const objectBytes = 160;

interface Place {
  readonly number: number;
  readonly segment: number;
  readonly offset: number;
  readonly end: number;
}

/** Keeps the segments open that were read last. */
export class MessageReader {
  readonly #files: StoreFiles;
  readonly #messages: MessageTable;
  readonly #open = new Map<number, Promise<StoreFile>>();
  readonly #reading = new Set<Promise<unknown>>();

  constructor(files: StoreFiles, messages: MessageTable) {
    this.#files = files;
    this.#messages = messages;
  }

  /** The messages with these numbers that are still held; all of them must have a place that is written. */
  read(numbers: Iterable<number>): Promise<Map<number, KeptMessage>> {
    const places: Place[] = [];
    for (const number of new Set(numbers)) {
      const segment = this.#messages.segmentOf(number);
      const offset = this.#messages.offsetOf(number);
      if (segment > 0)
        places.push({ number, segment, offset, end: offset + this.#messages.lengthOf(number) });
    }
    places.sort((left, right) => left.segment - right.segment || left.offset - right.offset);
    const reading = this.#readAll(places);
    this.#reading.add(reading);
    const done = (): void => void this.#reading.delete(reading);
    reading.then(done, done);
    return reading;
  }

  /** All retained messages without their payloads, some at a time, segment by segment. */
  async *readRetained(): AsyncGenerator<readonly StoredRetained[]> {
    for (const [segment, numbers] of this.#messages.retainedBySegment()) {
      const file = await this.#fileOf(segment);
      for (let from = 0; from < numbers.length; ) {
        const first = numbers[from] as number;
        const start = this.#messages.offsetOf(first);
        let end = start + this.#messages.lengthOf(first);
        let to = from + 1;
        for (; to < numbers.length; to++) {
          const number = numbers[to] as number;
          const offset = this.#messages.offsetOf(number);
          const nextEnd = offset + this.#messages.lengthOf(number);
          if (offset > end + gapBytes || nextEnd > start + retainedRunBytes) break;
          end = nextEnd;
        }
        const bytes = await file.read(start, end - start);
        if (bytes.length < end - start) throw this.#damaged(segment);
        yield this.#heads(bytes, start, segment, numbers, from, to);
        from = to;
      }
    }
  }

  #heads(
    bytes: Uint8Array,
    start: number,
    segment: number,
    numbers: readonly number[],
    from: number,
    to: number,
  ): StoredRetained[] {
    const found: StoredRetained[] = [];
    const cursor = new ByteCursor(bytes);
    try {
      for (let at = from; at < to; at++) {
        const storeNumber = numbers[at] as number;
        const length = this.#messages.lengthOf(storeNumber);
        cursor.position = this.#messages.offsetOf(storeNumber) - start;
        cursor.end = cursor.position + length;
        const { topicName, expiresAt } = readMessageHead(cursor);
        found.push({ topicName, storeNumber, sizeBytes: length + objectBytes, expiresAt });
      }
    } catch (cause) {
      throw this.#damaged(segment, cause);
    }
    return found;
  }

  /** Settles when nobody reads from this segment any more, and its file is closed. */
  async release(segment: number): Promise<void> {
    await Promise.allSettled(this.#reading);
    const file = this.#open.get(segment);
    this.#open.delete(segment);
    if (file !== undefined) await closeIfOpen(file);
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#reading);
    const files = [...this.#open.values()];
    this.#open.clear();
    for (const file of files) await closeIfOpen(file);
  }

  async #readAll(places: readonly Place[]): Promise<Map<number, KeptMessage>> {
    const found = new Map<number, KeptMessage>();
    for (let from = 0; from < places.length; ) {
      const first = places[from] as Place;
      let to = from + 1;
      let { end } = first;
      for (let next = places[to]; next?.segment === first.segment; next = places[++to]) {
        if (next.offset > end + gapBytes || next.end > first.offset + longestRunBytes) break;
        end = next.end;
      }
      const file = await this.#fileOf(first.segment);
      const bytes = await file.read(first.offset, end - first.offset);
      if (bytes.length < end - first.offset) throw this.#damaged(first.segment);
      for (const place of places.slice(from, to)) found.set(place.number, this.#decode(bytes, first, place));
      from = to;
    }
    return found;
  }

  #decode(bytes: Uint8Array, first: Place, { number, segment, offset, end }: Place): KeptMessage {
    try {
      return readMessage(new ByteCursor(bytes, offset - first.offset, end - first.offset), number);
    } catch (cause) {
      throw this.#damaged(segment, cause);
    }
  }

  #fileOf(segment: number): Promise<StoreFile> {
    const known = this.#open.get(segment);
    if (known !== undefined) return known;
    const oldest = this.#open.size >= openFiles ? this.#open.keys().next().value : undefined;
    if (oldest !== undefined) {
      const file = this.#open.get(oldest) as Promise<StoreFile>;
      this.#open.delete(oldest);
      // Another read may be using it at this moment.
      void Promise.allSettled(this.#reading).then(() => closeIfOpen(file));
    }
    const opened = this.#files.open(segmentName(segment));
    this.#open.set(segment, opened);
    opened.catch(() => this.#open.delete(segment));
    return opened;
  }

  #damaged(segment: number, cause?: unknown): DataFolderError {
    const name = segmentName(segment);
    return new DataFolderError(
      'PETREL_STORE_CORRUPT',
      `${this.#files.path}: ${name} is not what was written`,
      cause,
    );
  }
}

async function closeIfOpen(file: Promise<StoreFile>): Promise<void> {
  try {
    await (await file).close();
  } catch {
    // It was never open, or is closed; either way there is nothing to let go of.
  }
}
