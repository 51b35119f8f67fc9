/** Reads the data types of MQTT (section 1.5) from a bounded part of a byte array; never looks past the bound. */
import { MalformedPacketError } from './errors.js';
import { decodeUtf8 } from './utf8.js';

/** A cursor over bytes; every read throws MalformedPacketError rather than pass `end`. */
export class ByteReader {
  bytes: Uint8Array;
  position: number;
  end: number;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.bytes = bytes;
    this.position = start;
    this.end = end;
  }

  get remaining(): number {
    return this.end - this.position;
  }

  uint8(field: string): number {
    return this.bytes[this.#take(1, field)] as number;
  }

  uint16(field: string): number {
    const at = this.#take(2, field);
    return ((this.bytes[at] as number) << 8) | (this.bytes[at + 1] as number);
  }

  uint32(field: string): number {
    const at = this.#take(4, field);
    const { bytes } = this;
    return (
      (bytes[at] as number) * 0x1000000 +
      (((bytes[at + 1] as number) << 16) | ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number))
    );
  }

  /** A Variable Byte Integer, 0–268,435,455, in its shortest form only. */
  variableByteInteger(field: string): number {
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.uint8(field);
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        if (byte === 0 && shift > 0) {
          throw new MalformedPacketError(`${field} is not in its shortest encoding [MQTT-1.5.5-1]`);
        }
        return value;
      }
    }
    throw new MalformedPacketError(`${field} is longer than four bytes [MQTT-1.5.5-1]`);
  }

  utf8(field: string): string {
    const size = this.uint16(field);
    const at = this.#take(size, field);
    return decodeUtf8(this.bytes, at, at + size, field);
  }

  /** Binary Data: a view, not a copy. */
  binary(field: string): Uint8Array {
    const size = this.uint16(field);
    const at = this.#take(size, field);
    return this.bytes.subarray(at, at + size);
  }

  /** All that is left: a view, not a copy. */
  rest(): Uint8Array {
    const at = this.position;
    this.position = this.end;
    return this.bytes.subarray(at, this.end);
  }

  #take(size: number, field: string): number {
    const at = this.position;
    if (at + size > this.end) {
      throw new MalformedPacketError(`${field} needs ${size} bytes, the packet has ${this.end - at} left`);
    }
    this.position = at + size;
    return at;
  }
}
