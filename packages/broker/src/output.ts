/**
 * The outgoing bytes of one connection: gathered through a turn of the event loop, written together at its end.
 * Knows nothing of packets; whoever appends has already decided that the peer may have the bytes.
 */

import type { OutboundTotal } from './bounds/outbound-total.js';
import { FlushQueue } from './flush-queue.js';
import type { Transport } from './transport.js';

/** Foreign bytes up to this size are copied next to their neighbours; larger ones are passed on by reference. */
const largestCopyBytes = 2048;
const shortestNativeCopy = 48;

/** Copies a range; by hand where a call into the runtime would cost more than the bytes. */
export function copyBytes(
  target: Uint8Array,
  at: number,
  source: Uint8Array,
  start: number,
  end: number,
): void {
  if (end - start > shortestNativeCopy) {
    target.set(source.subarray(start, end), at);
    return;
  }
  for (let from = start, to = at; from < end; from++, to++) target[to] = source[from] as number;
}

/** Who owns an output; told after each flush, with its size, and each drain, with 0: the chance to fill up again. */
export interface OutputOwner {
  onFlushed(bytes: number): void;
}

/**
 * One writer per socket.
 *
 * Consecutive ranges of one array, the usual shape of a batch that passes through, grow into one run and are never
 * touched one by one; everything small is joined in a slab.
 */
export class Output {
  readonly #transport: Transport;
  readonly #queue: FlushQueue;
  readonly #owner: OutputOwner;
  readonly #total: OutboundTotal;
  #scheduled = false;

  /** Where the last reserve() points into. */
  slab: Uint8Array = FlushQueue.noSlab;
  #slabStart = 0;
  #slabEnd = 0;

  #run: Uint8Array | undefined;
  #runStart = 0;
  #runEnd = 0;

  /** What the slab does not hold alone; most connections never need them. */
  #parts: Uint8Array[] | undefined;
  #fullSlabs: Uint8Array[] | undefined;
  /** Bytes gathered in this turn. */
  #gathered = 0;
  /** Bytes that the transport still held after the last write or drain. */
  #buffered = 0;
  #isOver = false;

  /** `total` counts what all transports hold. */
  constructor(transport: Transport, queue: FlushQueue, owner: OutputOwner, total: OutboundTotal) {
    this.#transport = transport;
    this.#total = total;
    this.#queue = queue;
    this.#owner = owner;
  }

  /** Bytes on their way to the peer that have not left this process. */
  get pendingBytes(): number {
    return this.#gathered + this.#buffered;
  }

  /** Sends a range without copying it now; the bytes must never change. */
  append(bytes: Uint8Array, start: number, end: number): void {
    this.#gathered += end - start;
    if (bytes === this.#run && start === this.#runEnd) {
      this.#runEnd = end;
      return;
    }
    this.#settleRun();
    this.#run = bytes;
    this.#runStart = start;
    this.#runEnd = end;
    if (!this.#scheduled) this.#schedule();
  }

  /** Makes room for `size` bytes that the caller writes into `slab`, before any other call, from the offset returned. */
  reserve(size: number): number {
    this.#gathered += size;
    if (this.#run !== undefined) this.#settleRun();
    if (this.#slabEnd + size > this.slab.length) this.#nextSlab(size);
    const at = this.#slabEnd;
    this.#slabEnd = at + size;
    if (!this.#scheduled) this.#schedule();
    return at;
  }

  /** Writes what was gathered; called by the queue at the end of the turn, and by the owner before it ends the transport. */
  flush(): void {
    this.#scheduled = false;
    const gathered = this.#gathered;
    if (gathered === 0) return;
    this.#gathered = 0;
    this.#write();
    this.#look();
    this.#releaseSlabs();
    this.#owner.onFlushed(gathered);
  }

  /** The transport has room again. */
  drained(): void {
    this.#look();
    this.#owner.onFlushed(0);
  }

  /** The transport is gone, and what it held with it. */
  end(): void {
    if (!this.#isOver) this.#total.changed(-this.#buffered);
    this.#isOver = true;
    this.#buffered = 0;
  }

  /** Sees what the transport holds now. */
  #look(): void {
    const buffered = this.#isOver ? 0 : this.#transport.bufferedBytes;
    if (buffered !== this.#buffered) this.#total.changed(buffered - this.#buffered);
    this.#buffered = buffered;
  }

  #schedule(): void {
    this.#scheduled = true;
    this.#queue.add(this);
  }

  #write(): void {
    const transport = this.#transport;
    const run = this.#run;
    const parts = this.#parts;
    const isJoined = parts === undefined || parts.length === 0;
    // The whole turn is one passing batch: it leaves as it came.
    if (run !== undefined && isJoined && this.#slabEnd === this.#slabStart) {
      this.#run = undefined;
      transport.write(run.subarray(this.#runStart, this.#runEnd));
      return;
    }
    this.#settleRun();
    if (this.#parts === undefined || this.#parts.length === 0) {
      transport.write(this.slab.subarray(this.#slabStart, this.#slabEnd));
      return;
    }
    this.#closeSlabPart();
    transport.cork();
    for (const part of this.#parts) transport.write(part);
    transport.uncork();
    this.#parts.length = 0;
  }

  #settleRun(): void {
    const run = this.#run;
    if (run === undefined) return;
    this.#run = undefined;
    const size = this.#runEnd - this.#runStart;
    if (size > largestCopyBytes) {
      this.#closeSlabPart();
      this.#addPart(run.subarray(this.#runStart, this.#runEnd));
      return;
    }
    if (this.#slabEnd + size > this.slab.length) this.#nextSlab(size);
    copyBytes(this.slab, this.#slabEnd, run, this.#runStart, this.#runEnd);
    this.#slabEnd += size;
  }

  #closeSlabPart(): void {
    if (this.#slabEnd === this.#slabStart) return;
    this.#addPart(this.slab.subarray(this.#slabStart, this.#slabEnd));
    this.#slabStart = this.#slabEnd;
  }

  #addPart(part: Uint8Array): void {
    this.#parts ??= [];
    this.#parts.push(part);
  }

  #nextSlab(size: number): void {
    this.#closeSlabPart();
    if (this.slab.length > 0) {
      this.#fullSlabs ??= [];
      this.#fullSlabs.push(this.slab);
    }
    this.slab = this.#queue.takeSlab(size);
    this.#slabStart = 0;
    this.#slabEnd = 0;
  }

  /** Slabs go back once the bytes have left; those that a slow peer still needs are left to the garbage collector. */
  #releaseSlabs(): void {
    const fullSlabs = this.#fullSlabs;
    if (this.#buffered === 0) {
      if (fullSlabs !== undefined) for (const slab of fullSlabs) this.#queue.returnSlab(slab);
      this.#queue.returnSlab(this.slab);
    }
    if (fullSlabs !== undefined) fullSlabs.length = 0;
    this.slab = FlushQueue.noSlab;
    this.#slabStart = 0;
    this.#slabEnd = 0;
  }
}
