/** Answers to one chunk, sent as one write. */
import type { Socket } from 'node:net';

const bytesPerBatch = 64 * 1024;

export class AnswerBatch {
  readonly #socket: Socket;
  #bytes = Buffer.allocUnsafe(bytesPerBatch);
  #size = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** An acknowledgement of four bytes; the identifier is copied from `at`. */
  acknowledge(firstByte: number, bytes: Uint8Array, at: number): void {
    if (this.#size + 4 > this.#bytes.length) this.flush();
    const batch = this.#bytes;
    let size = this.#size;
    batch[size++] = firstByte;
    batch[size++] = 2;
    batch[size++] = bytes[at] ?? 0;
    batch[size++] = bytes[at + 1] ?? 0;
    this.#size = size;
  }

  add(packet: Uint8Array | readonly number[]): void {
    if (this.#size + packet.length > this.#bytes.length) this.flush();
    this.#bytes.set(packet, this.#size);
    this.#size += packet.length;
  }

  flush(): void {
    if (this.#size === 0) return;
    this.#socket.write(this.#bytes.subarray(0, this.#size));
    // The socket may still hold what it was given.
    this.#bytes = Buffer.allocUnsafe(bytesPerBatch);
    this.#size = 0;
  }
}
