/** Packets on their way to the transport: written behind each other into one slab, taken out as one piece. */
import { ByteWriter, type Packet, type ProtocolVersion, writePacket } from '@petrel/protocol';

const firstSlabBytes = 1024;
const largestSlabBytes = 64 * 1024;

/** The bytes of one connection that have not been handed to its transport. */
export class OutputBuffer {
  #writer = new ByteWriter(new Uint8Array(0));
  #start = 0;

  /** Bytes that wait. */
  get size(): number {
    return this.#writer.position - this.#start;
  }

  /** Tells whether `size` more bytes fit behind what waits; when not, `take` first. An empty buffer fits everything. */
  fits(size: number): boolean {
    return this.size === 0 || this.#writer.position + size <= this.#writer.bytes.length;
  }

  /** Writes a packet whose encoded size is known and fits. */
  append(packet: Packet, protocolVersion: ProtocolVersion, size: number): void {
    const slab = this.#writer.bytes;
    if (this.#writer.position + size > slab.length) {
      // The transport may still hold views of the old slab, so it is left to them.
      const next = Math.min(largestSlabBytes, Math.max(firstSlabBytes, slab.length * 2));
      this.#writer = new ByteWriter(new Uint8Array(Math.max(size, next)));
      this.#start = 0;
    }
    writePacket(this.#writer, packet, protocolVersion, size);
  }

  /** Hands out what waits; the bytes are never written again. */
  take(): Uint8Array {
    const { bytes, position } = this.#writer;
    const taken = bytes.subarray(this.#start, position);
    this.#start = position;
    return taken;
  }
}
