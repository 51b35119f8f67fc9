/**
 * Writes the state of a store into one file, a slice per turn, while it goes on changing. What changes meanwhile is in the log too, behind the
 * point where the snapshot began, and is applied again when both are read; every change can be applied twice.
 */
import { ByteBuffer } from './byte-buffer.js';
import { encodeSegmentHeader, frameHeaderBytes, sealFrame, segmentHeaderBytes } from './frame.js';
import { snapshotName } from './manifest.js';
import { RecordWriter } from './record-writer.js';
import type { StoreFile, StoreFiles } from './store-files.js';
import type { SessionState, StoreState } from './store-state.js';

const sliceBytes = 262_144;

/** Writes the snapshot that the log goes on from at segment `logFrom`; gives back its size. */
export async function writeSnapshot(files: StoreFiles, state: StoreState, logFrom: number): Promise<number> {
  const file = await files.create(snapshotName(logFrom));
  try {
    const writing = new SnapshotWriting(file);
    await writing.begin(logFrom);
    for (const session of [...state.sessions.values()]) await writing.session(state, session);
    await writing.messages(state, logFrom);
    return await writing.end();
  } finally {
    await file.close();
  }
}

class SnapshotWriting {
  readonly #file: StoreFile;
  readonly #bytes = new ByteBuffer(frameHeaderBytes);
  readonly #records = new RecordWriter(this.#bytes);
  #position = 0;
  #frame = 0;

  constructor(file: StoreFile) {
    this.#file = file;
  }

  async begin(logFrom: number): Promise<void> {
    await this.#file.write(encodeSegmentHeader({ segment: logFrom, firstBatch: 0 }), 0);
    this.#position = segmentHeaderBytes;
  }

  async session(state: StoreState, session: SessionState): Promise<void> {
    const { number } = session;
    if (state.sessionOf(number) !== session) return;
    this.#records.session(number, session.session);
    for (const subscription of session.subscriptions.values())
      this.#records.subscription(number, subscription);
    if (session.hasReceived)
      for (const identifier of session.received) this.#records.received(number, identifier);
    let last = -1;
    while (session.hasDeliveries) {
      for (const delivery of session.deliveries.after(last)) {
        this.#records.delivery(number, delivery);
        last = delivery.sequence;
        if (this.#isFull) break;
      }
      if (!this.#isFull) break;
      await this.#flush();
      if (state.sessionOf(number) !== session) return;
    }
    if (this.#isFull) await this.#flush();
  }

  /** Only those in segments that the log does not begin with: the others it tells of itself. */
  async messages({ messages }: StoreState, logFrom: number): Promise<void> {
    for (const number of messages.numbers()) {
      const segment = messages.segmentOf(number);
      if (messages.isRetained(number)) this.#records.retained(number);
      if (segment > 0 && segment < logFrom)
        this.#records.messageAt(number, segment, messages.offsetOf(number), messages.lengthOf(number));
      if (this.#isFull) await this.#flush();
    }
  }

  async end(): Promise<number> {
    this.#records.end();
    await this.#flush();
    await this.#file.sync();
    return this.#position;
  }

  get #isFull(): boolean {
    return this.#bytes.length >= sliceBytes;
  }

  async #flush(): Promise<void> {
    const frame = this.#bytes.written;
    this.#frame += 1;
    sealFrame(frame, this.#frame);
    await this.#file.write(frame, this.#position);
    this.#position += frame.length;
    this.#bytes.clear();
  }
}
