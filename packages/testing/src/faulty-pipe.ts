/** One direction of a link that misbehaves on command; carries bytes, knows no sockets and no packets. */
import type { Clock } from './fake-clock.js';

/** How a direction treats its bytes. */
export interface PipeFaults {
  /** Sizes, in bytes, that the stream is cut into, over and over; undefined leaves chunks as they come. */
  readonly chunkSizes?: readonly number[] | undefined;
  /** How long each chunk is under way; default 0. */
  readonly delayMs?: number | undefined;
}

/** Where the bytes of a pipe come out. */
export interface PipeEnd {
  /** False: the receiver is full, deliver nothing more before `FaultyPipe.drained` is called. */
  deliver(chunk: Uint8Array): boolean;
  /** The source ended, and everything before was delivered. */
  end(): void;
  /** The pipe holds more than it wants to: stop reading the source until told `false`. */
  hold?(holding: boolean): void;
  /** `cutAfter` is reached. */
  cut(): void;
}

const holdAboveBytes = 16 * 1024;

/** Delivers all bytes in order, later, in other pieces, or not at all. */
export class FaultyPipe {
  readonly #clock: Clock;
  readonly #end: PipeEnd;
  #faults: PipeFaults;
  #queue: { readonly chunk: Uint8Array; readonly dueAt: number }[] = [];
  #heldBytes = 0;
  #holding = false;
  #sizeIndex = 0;
  #bytesUntilCut = Number.POSITIVE_INFINITY;
  #stalled = false;
  #full = false;
  #ended = false;
  #closed = false;
  #scheduled = false;

  constructor(clock: Clock, faults: PipeFaults, end: PipeEnd) {
    this.#clock = clock;
    this.#faults = checked(faults);
    this.#end = end;
  }

  /** Replaces the faults for all bytes that come in from now on. */
  set(faults: PipeFaults): void {
    this.#faults = checked(faults);
  }

  /** Delivers nothing until `resume`; the source is held back as by a full socket. */
  stall(): void {
    this.#stalled = true;
  }

  resume(): void {
    this.#stalled = false;
    this.#pump();
  }

  /** The receiver takes bytes again. */
  drained(): void {
    this.#full = false;
    this.#pump();
  }

  /** Lets this many more bytes through and cuts the whole link right behind them; 0 cuts when the next byte comes. */
  cutAfter(bytes: number): void {
    this.#bytesUntilCut = bytes;
  }

  write(bytes: Uint8Array): void {
    const dueAt = this.#clock.now() + (this.#faults.delayMs ?? 0);
    for (let rest = bytes; rest.length > 0; ) {
      const size = this.#nextSize(rest.length);
      this.#queue.push({ chunk: rest.subarray(0, size), dueAt });
      rest = rest.subarray(size);
    }
    this.#heldBytes += bytes.length;
    this.#pump();
    this.#updateHold();
  }

  /** The source has no more bytes. */
  end(): void {
    this.#ended = true;
    this.#pump();
  }

  /** Drops what is under way; nothing is delivered any more. */
  close(): void {
    this.#closed = true;
    this.#queue = [];
  }

  #nextSize(longest: number): number {
    const sizes = this.#faults.chunkSizes;
    if (sizes === undefined) return longest;
    const size = sizes[this.#sizeIndex++ % sizes.length] ?? longest;
    return Math.min(size, longest);
  }

  #pump(): void {
    while (this.#flows()) {
      const next = this.#queue[0];
      if (next === undefined) break;
      const waitMs = next.dueAt - this.#clock.now();
      if (waitMs > 0) {
        this.#later((run) => this.#clock.schedule(waitMs, run));
        return;
      }
      this.#queue.shift();
      this.#deliver(next.chunk);
      // Pieces written in one turn would leave a socket as one segment again.
      if (this.#faults.chunkSizes !== undefined && this.#queue.length > 0) this.#later(setImmediate);
    }
    this.#updateHold();
    if (this.#ended && this.#queue.length === 0 && this.#flows()) {
      this.#closed = true;
      this.#end.end();
    }
  }

  #flows(): boolean {
    return !this.#closed && !this.#stalled && !this.#full && !this.#scheduled;
  }

  #later(schedule: (run: () => void) => unknown): void {
    this.#scheduled = true;
    schedule(() => {
      this.#scheduled = false;
      this.#pump();
    });
  }

  #deliver(chunk: Uint8Array): void {
    this.#heldBytes -= chunk.length;
    const passed = chunk.subarray(0, Math.min(chunk.length, this.#bytesUntilCut));
    this.#bytesUntilCut -= passed.length;
    if (passed.length > 0 && !this.#end.deliver(passed)) this.#full = true;
    if (this.#bytesUntilCut > 0) return;
    this.close();
    this.#end.cut();
  }

  #updateHold(): void {
    const holding = this.#heldBytes > holdAboveBytes;
    if (holding === this.#holding || this.#closed) return;
    this.#holding = holding;
    this.#end.hold?.(holding);
  }
}

function checked(faults: PipeFaults): PipeFaults {
  const { chunkSizes } = faults;
  if (chunkSizes !== undefined && (chunkSizes.length === 0 || !chunkSizes.every((size) => size >= 1))) {
    throw new RangeError(
      `chunkSizes must be a list of sizes of at least 1 byte, got [${chunkSizes.join(', ')}]`,
    );
  }
  return faults;
}
