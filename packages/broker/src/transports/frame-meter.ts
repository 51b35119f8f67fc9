/**
 * Follows the frames of a WebSocket peer (RFC 6455 section 5.2) through its bytes, to know what a message that has not come to its end makes the
 * library below keep. Keeps no bytes itself, and judges nothing: what is malformed ends the connection elsewhere.
 */

const finalBit = 0x80;
const opcodeBits = 0x0f;
/** Opcodes from here on are of frames that may come between those of a message. */
const firstControlOpcode = 0x8;
const maskBit = 0x80;
const lengthBits = 0x7f;
const maskBytes = 4;

/** What a piece of a message takes besides its bytes: nothing forbids pieces of one byte. */
const fragmentBytes = 128;

/** One per connection. */
export class FrameMeter {
  /** What is kept of the message that has not come to its end. */
  unfinishedBytes = 0;
  /** Bytes of this frame's header that have come, and how many it has, as far as is known. */
  #headerBytes = 0;
  #headerSize = 2;
  #isControl = false;
  #isFinal = false;
  #extendedSize = 0;
  #payloadLeft = 0;

  /** Takes the next bytes of the peer; true where a message came to its end in them. */
  push(chunk: Uint8Array): boolean {
    let hasEnded = false;
    for (let at = 0; at < chunk.length; ) {
      if (this.#headerBytes < this.#headerSize) {
        this.#takeHeaderByte(chunk[at++] as number);
        if (this.#headerBytes < this.#headerSize || this.#payloadLeft > 0) continue;
      } else {
        const taken = Math.min(this.#payloadLeft, chunk.length - at);
        this.#payloadLeft -= taken;
        at += taken;
        if (!this.#isControl) this.unfinishedBytes += taken;
        if (this.#payloadLeft > 0) continue;
      }
      hasEnded = this.#frameEnded() || hasEnded;
    }
    return hasEnded;
  }

  #takeHeaderByte(byte: number): void {
    const index = this.#headerBytes++;
    if (index === 0) {
      this.#isFinal = (byte & finalBit) !== 0;
      this.#isControl = (byte & opcodeBits) >= firstControlOpcode;
    } else if (index === 1) {
      const short = byte & lengthBits;
      this.#extendedSize = short === 126 ? 2 : short === 127 ? 8 : 0;
      this.#headerSize = 2 + this.#extendedSize + ((byte & maskBit) === 0 ? 0 : maskBytes);
      this.#payloadLeft = this.#extendedSize === 0 ? short : 0;
    } else if (index < 2 + this.#extendedSize) {
      // Beyond 2^53 it is not exact, and far above every limit of the library.
      this.#payloadLeft = this.#payloadLeft * 256 + byte;
    }
  }

  #frameEnded(): boolean {
    this.#headerBytes = 0;
    this.#headerSize = 2;
    if (this.#isControl) return false;
    this.unfinishedBytes = this.#isFinal ? 0 : this.unfinishedBytes + fragmentBytes;
    return this.#isFinal;
  }
}
