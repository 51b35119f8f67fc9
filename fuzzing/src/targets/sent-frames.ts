/** The hostile peer's own view of what it has sent: which version, how many PINGREQ, and what is missing to the end of a packet. */
import {
  type ConnectPacket,
  PacketReader,
  packetSize,
  UnsupportedProtocolVersionError,
} from '@petrel/protocol';

/** Follows the bytes that a client sends. */
export class SentFrames {
  /** The first packet, if it is a CONNECT that can be decoded. */
  connect: ConnectPacket | undefined;
  /** The version a server answers in, where that is known although CONNECT is wrong. */
  answerVersion: 3 | 4 | 5 | undefined;
  /** PINGREQ packets, all of which have to be answered. */
  pings = 0;
  /** True behind bytes that are no packet for any reader: whoever gets them has to close. */
  isBroken = false;
  readonly #reader = new PacketReader({ sender: 'client' });
  #waiting = new Uint8Array(0);

  push(bytes: Uint8Array): void {
    if (this.isBroken) return;
    this.#reader.push(bytes);
    this.#waiting = new Uint8Array(Buffer.concat([this.#waiting, bytes]));
    try {
      while (this.#reader.nextFrame()) this.#onFrame();
    } catch (error) {
      this.isBroken = true;
      if (error instanceof UnsupportedProtocolVersionError && error.protocolLevel !== undefined) {
        this.answerVersion = error.protocolLevel > 5 ? 5 : 4;
      }
    }
    const { bufferedBytes } = this.#reader;
    this.#waiting = this.#waiting.subarray(this.#waiting.length - bufferedBytes);
  }

  /** Bytes that end the packet that was begun; undefined where it is too large to be sent to an end. */
  get filler(): Uint8Array | undefined {
    const waiting = this.#waiting;
    if (this.isBroken || waiting.length === 0) return new Uint8Array(0);
    try {
      const size = packetSize(waiting, 0, waiting.length, Number.POSITIVE_INFINITY);
      // A fixed header that is not over yet: one more byte ends it, rightly or not.
      if (size === 0) return waiting.length === 1 ? Uint8Array.of(0) : Uint8Array.of(1);
      return size > 3_000_000 ? undefined : new Uint8Array(size - waiting.length);
    } catch {
      return new Uint8Array(0);
    }
  }

  /** True at the end of a packet. */
  get isWhole(): boolean {
    return this.#waiting.length === 0;
  }

  #onFrame(): void {
    const reader = this.#reader;
    if (this.connect === undefined) {
      const packet = reader.decodeFrame();
      if (packet.type !== 'connect') return;
      this.connect = packet;
      this.answerVersion = packet.protocolVersion;
    } else if (reader.firstByte === 0xc0 && reader.frameEnd === reader.bodyStart) {
      this.pings++;
    }
  }
}
