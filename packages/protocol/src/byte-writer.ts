/** Writes the data types of MQTT (section 1.5) into a byte array that is known to be large enough. */
import { utf8Size, writeUtf8 } from './utf8.js';

/** The largest Variable Byte Integer, and so the largest Remaining Length. */
export const maximumVariableByteInteger = 268_435_455;

/** The bytes a Variable Byte Integer takes: 1–4. */
export function variableByteIntegerSize(value: number): number {
  return value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x200000 ? 3 : 4;
}

/** A cursor that writes; whoever makes it has computed the size first, so nothing here grows or checks. */
export class ByteWriter {
  bytes: Uint8Array;
  position: number;

  constructor(bytes: Uint8Array, position = 0) {
    this.bytes = bytes;
    this.position = position;
  }

  uint8(value: number): void {
    this.bytes[this.position++] = value;
  }

  uint16(value: number): void {
    const { bytes } = this;
    bytes[this.position++] = value >>> 8;
    bytes[this.position++] = value;
  }

  uint32(value: number): void {
    this.uint16(value >>> 16);
    this.uint16(value & 0xffff);
  }

  variableByteInteger(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.bytes[this.position++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.bytes[this.position++] = rest;
  }

  utf8(text: string): void {
    const lengthAt = this.position;
    const end = writeUtf8(this.bytes, lengthAt + 2, text);
    this.uint16(end - lengthAt - 2);
    this.position = end;
  }

  binary(value: Uint8Array): void {
    this.uint16(value.length);
    this.raw(value);
  }

  raw(value: Uint8Array): void {
    this.bytes.set(value, this.position);
    this.position += value.length;
  }
}

/** The bytes a UTF-8 Encoded String takes with its length. */
export function utf8FieldSize(text: string): number {
  return 2 + utf8Size(text);
}
