/** Reads what a byte buffer wrote; whatever is not as it was written there is a corrupt file. */
import { crc32 } from 'node:zlib';
import { ByteReader, decodeProperties, type MessageProperties } from '@petrel/protocol';

import { checksumBytes } from './byte-buffer.js';

/** Something in a file is not what was written there. */
export class CorruptRecord extends Error {}

/** A position in bytes, moving forward. */
export class ByteCursor {
  readonly bytes: Buffer;
  position: number;
  end: number;

  constructor(bytes: Uint8Array, position = 0, end = bytes.length) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.position = position;
    this.end = end;
  }

  get isAtEnd(): boolean {
    return this.position >= this.end;
  }

  uint8(): number {
    return this.bytes[this.#take(1)] as number;
  }

  varint(): number {
    let value = 0;
    let factor = 1;
    for (let count = 0; count < 8; count++) {
      const byte = this.bytes[this.#take(1)] as number;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      factor *= 0x80;
    }
    throw new CorruptRecord('a number is longer than eight bytes');
  }

  float64(): number {
    return this.bytes.readDoubleLE(this.#take(8));
  }

  text(): string {
    const size = this.varint();
    const at = this.#take(size);
    return this.bytes.toString('utf8', at, at + size);
  }

  /** A copy: the bytes it comes from are those of a whole file. */
  raw(size: number): Uint8Array {
    const at = this.#take(size);
    return new Uint8Array(this.bytes.subarray(at, at + size));
  }

  /** Throws unless the last bytes before the end are the checksum of those in front of them, and moves the end before it. */
  assertChecksum(): void {
    const at = this.end - checksumBytes;
    if (at < this.position || this.bytes.readUInt32LE(at) !== crc32(this.bytes.subarray(this.position, at)))
      throw new CorruptRecord('a message is not as it was written');
    this.end = at;
  }

  skip(size: number): void {
    this.#take(size);
  }

  properties(): MessageProperties {
    const reader = new ByteReader(this.bytes, this.position, this.end);
    const properties = decodeProperties<MessageProperties>(reader, 'publish');
    this.position = reader.position;
    const { correlationData } = properties;
    return correlationData === undefined
      ? properties
      : { ...properties, correlationData: new Uint8Array(correlationData) };
  }

  #take(size: number): number {
    const at = this.position;
    if (size > this.end - at) throw new CorruptRecord('a record is longer than its batch');
    this.position = at + size;
    return at;
  }
}
