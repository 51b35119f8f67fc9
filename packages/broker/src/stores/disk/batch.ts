/** The records that one write and one sync make durable together, and who waits for that. */
import { ByteBuffer } from './byte-buffer.js';
import { frameHeaderBytes } from './frame.js';
import { RecordWriter } from './record-writer.js';

/** Filled while the batch before it is on its way to the disk; used again after its own. */
export class Batch {
  readonly #bytes = new ByteBuffer(frameHeaderBytes);
  readonly records = new RecordWriter(this.#bytes);
  /** Numbers of the messages in it, and where in the frame their bodies begin, by turns. */
  #placed: number[] = [];
  #promise: Promise<void> | undefined;
  #resolve: () => void = nobody;
  #reject: (cause: unknown) => void = nobody;

  get isEmpty(): boolean {
    return this.#bytes.isEmpty;
  }

  get bytes(): number {
    return this.#bytes.length;
  }

  /** The frame, with room for its header in front. */
  get frame(): Buffer {
    return this.#bytes.written;
  }

  /** Somebody waits for it. */
  get isWanted(): boolean {
    return this.#promise !== undefined;
  }

  /** The one promise of all who wait. */
  get settled(): Promise<void> {
    return (this.#promise ??= new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    }));
  }

  /** The body of this message begins here; its place in a segment is known once the batch has one. */
  addMessage(number: number, start: number): void {
    this.#placed.push(number, start);
  }

  /** Tells where in its segment each message lies, the frame being at `position`. */
  place(position: number, tell: (number: number, offset: number) => void): void {
    const placed = this.#placed;
    for (let at = 0; at < placed.length; at += 2)
      tell(placed[at] as number, position + (placed[at + 1] as number));
  }

  resolve(): void {
    this.#resolve();
    this.#forgetWaiting();
  }

  reject(cause: unknown): void {
    this.#reject(cause);
    this.#forgetWaiting();
  }

  clear(): void {
    this.#bytes.clear();
    this.#placed = [];
  }

  #forgetWaiting(): void {
    this.#promise = undefined;
    this.#resolve = nobody;
    this.#reject = nobody;
  }
}

function nobody(): void {
  // Nobody waits.
}
