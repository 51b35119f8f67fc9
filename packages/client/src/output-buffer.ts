/** Packets on their way to the transport: written behind each other into slabs, taken out in pieces, nearly always in one. */
import { ByteWriter, type ClientPacket, type ProtocolVersion, writeClientPacket } from '@petrel/protocol';

const firstSlabBytes = 1024;
const largestSlabBytes = 64 * 1024;

/** The bytes of one connection that have not been handed to its transport. */
export class OutputBuffer {
  #writer = new ByteWriter(new Uint8Array(0));
  #start = 0;
  /** Full slabs in front of the current one, and their bytes. */
  #full: Uint8Array[] = [];
  #fullBytes = 0;

  /** Bytes that wait. */
  get size(): number {
    return this.#fullBytes + this.#writer.position - this.#start;
  }

  /** Tells whether `size` more bytes fit into the piece that waits; when not, better `take` first. An empty buffer fits everything. */
  fits(size: number): boolean {
    return this.size === 0 || this.#writer.position + size <= this.#writer.bytes.length;
  }

  /** Writes a packet whose encoded size is known. */
  append(packet: ClientPacket, protocolVersion: ProtocolVersion, size: number): void {
    const slab = this.#writer.bytes;
    if (this.#writer.position + size > slab.length) {
      this.#setAside();
      // The transport may still hold views of the old slab, so it is left to them.
      const next = Math.min(largestSlabBytes, Math.max(firstSlabBytes, slab.length * 2));
      this.#writer = new ByteWriter(new Uint8Array(Math.max(size, next)));
      this.#start = 0;
    }
    writeClientPacket(this.#writer, packet, protocolVersion, size);
  }

  /** Hands out what waits, in order; the bytes are never written again. */
  take(): readonly Uint8Array[] {
    this.#setAside();
    const pieces = this.#full;
    this.#full = [];
    this.#fullBytes = 0;
    return pieces;
  }

  #setAside(): void {
    const { bytes, position } = this.#writer;
    if (position === this.#start) return;
    this.#full.push(bytes.subarray(this.#start, position));
    this.#fullBytes += position - this.#start;
    this.#start = position;
  }
}
