/** Which outputs have something to write at the end of this turn of the event loop, and the slabs they gather it in. */

/** What the queue flushes. */
export interface Flushable {
  flush(): void;
}

/** Bytes of one slab: about what a socket takes in one write. */
export const slabBytes = 16_384;

// Taken once: a test that replaces the global timers does not stop the bytes.
const nextTurn = globalThis.setImmediate;
const emptySlab = new Uint8Array(0);
const maximumFreeSlabs = 256;

/** One per broker: every socket is written at most once per turn, after all sockets of the turn have been read. */
export class FlushQueue {
  #waiting: Flushable[] = [];
  #spare: Flushable[] = [];
  #scheduled = false;
  readonly #freeSlabs: Uint8Array[] = [];

  /** Flushes at the end of the turn; call once per turn and output. */
  add(output: Flushable): void {
    this.#waiting.push(output);
    if (this.#scheduled) return;
    this.#scheduled = true;
    nextTurn(this.#run);
  }

  /** A slab of at least `size` bytes with anything in it; idle outputs hold none. */
  takeSlab(size: number): Uint8Array {
    if (size > slabBytes) return Buffer.allocUnsafeSlow(size);
    return this.#freeSlabs.pop() ?? Buffer.allocUnsafeSlow(slabBytes);
  }

  /** Takes back a slab that nobody reads any more. */
  returnSlab(slab: Uint8Array): void {
    if (slab.length === slabBytes && this.#freeSlabs.length < maximumFreeSlabs) this.#freeSlabs.push(slab);
  }

  static readonly noSlab = emptySlab;

  readonly #run = (): void => {
    this.#scheduled = false;
    const outputs = this.#waiting;
    this.#waiting = this.#spare;
    for (const output of outputs) output.flush();
    outputs.length = 0;
    this.#spare = outputs;
  };
}
