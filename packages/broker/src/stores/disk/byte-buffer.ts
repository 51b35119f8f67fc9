/** A byte array that grows while a batch of records is written into it, and is used again for the next. */
import { crc32 } from 'node:zlib';
import { ByteWriter, type MessageProperties, propertiesSize, writeProperties } from '@petrel/protocol';

const smallestBytes = 65_536;
/** What one very large batch took is given back after it. */
const keptBytes = 4_194_304;

/** What a checksum takes. */
export const checksumBytes = 4;

/** Numbers are varints of up to 53 bits, texts are UTF-8 behind their length. */
export class ByteBuffer {
  #bytes: Buffer = Buffer.allocUnsafeSlow(smallestBytes);
  #start: number;
  length: number;

  /** `start` bytes in front stay free for whoever knows the length of the rest. */
  constructor(start = 0) {
    this.#start = start;
    this.length = start;
  }

  /** What was written, with the free bytes in front; valid until the next write. */
  get written(): Buffer {
    return this.#bytes.subarray(0, this.length);
  }

  get isEmpty(): boolean {
    return this.length === this.#start;
  }

  clear(): void {
    this.length = this.#start;
    if (this.#bytes.length > keptBytes) this.#bytes = Buffer.allocUnsafeSlow(smallestBytes);
  }

  uint8(value: number): void {
    this.#ensure(1);
    this.#bytes[this.length++] = value;
  }

  varint(value: number): void {
    this.#ensure(8);
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.#bytes[this.length++] = (rest % 0x80) | 0x80;
    this.#bytes[this.length++] = rest;
  }

  float64(value: number): void {
    this.#ensure(8);
    this.#bytes.writeDoubleLE(value, this.length);
    this.length += 8;
  }

  text(value: string): void {
    const size = Buffer.byteLength(value);
    this.varint(size);
    this.#ensure(size);
    this.#bytes.write(value, this.length, 'utf8');
    this.length += size;
  }

  raw(bytes: Uint8Array): void {
    this.#ensure(bytes.length);
    this.#bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** The checksum of everything behind a position. */
  checksum(from: number): void {
    this.#ensure(checksumBytes);
    this.#bytes.writeUInt32LE(crc32(this.#bytes.subarray(from, this.length)), this.length);
    this.length += checksumBytes;
  }

  /** As they stand in a PUBLISH. */
  properties(properties: MessageProperties): void {
    const size = propertiesSize(properties, 'publish');
    const writer = new ByteWriter(new Uint8Array(size + 4));
    writeProperties(writer, properties, 'publish', size);
    this.raw(writer.bytes.subarray(0, writer.position));
  }

  #ensure(size: number): void {
    const needed = this.length + size;
    if (needed <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(grown, 0, 0, this.length);
    this.#bytes = grown;
  }
}
