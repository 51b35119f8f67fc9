/**
 * UTF-8 Encoded Strings (MQTT 5.0 section 1.5.4): decoding refuses what the standard forbids, encoding never writes it.
 * Short ASCII, which most topics are, stays in JavaScript; everything else goes to the platform's coder.
 * MQTT 3.1.1 has the same three rules as [MQTT-1.5.3-1], [MQTT-1.5.3-2] and [MQTT-1.5.3-3].
 */
import { MalformedPacketError, UsageError } from './errors.js';

// ignoreBOM keeps U+FEFF in the text instead of swallowing it [MQTT-1.5.4-3]; fatal refuses surrogates and overlong forms [MQTT-1.5.4-1].
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();
// Up to these sizes a loop is faster than a call into the platform (measured on Node 20).
const longestDecodedByHand = 12;
const longestEncodedByHand = 32;

/** Decodes the bytes between two offsets; throws MalformedPacketError on ill-formed UTF-8 and on U+0000. */
export function decodeUtf8(bytes: Uint8Array, start: number, end: number, field = 'string'): string {
  if (end - start > longestDecodedByHand) return decodeByPlatform(bytes, start, end, field);
  let text = '';
  for (let offset = start; offset < end; offset++) {
    const byte = bytes[offset] as number;
    if (byte === 0 || byte > 0x7f) return decodeByPlatform(bytes, start, end, field);
    text += String.fromCharCode(byte);
  }
  return text;
}

function decodeByPlatform(bytes: Uint8Array, start: number, end: number, field: string): string {
  let text: string;
  try {
    text = decoder.decode(bytes.subarray(start, end));
  } catch (cause) {
    throw new MalformedPacketError(`${field} is not well-formed UTF-8 [MQTT-1.5.4-1]`, { cause });
  }
  if (text.includes('\0')) throw new MalformedPacketError(`${field} contains U+0000 [MQTT-1.5.4-2]`);
  return text;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: U+0000 is the one that is left out
const plainAscii = /^[\u0001-\u007f]*$/;

/** The number of bytes a string takes as UTF-8; throws UsageError on a lone surrogate, on U+0000 and above 65,535 bytes. */
export function utf8Size(text: string): number {
  let size = text.length;
  // One look over all of it costs a quarter of a look at each unit (measured on Node 20).
  if (size <= 0xffff && plainAscii.test(text)) return size;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit === 0) throw new UsageError(`string ${quote(text)} contains U+0000 [MQTT-1.5.4-2]`);
    if (unit < 0x80) continue;
    if (unit < 0x800) size += 1;
    else if (unit < 0xd800 || unit > 0xdfff) size += 2;
    else if (unit < 0xdc00 && isLowSurrogate(text.charCodeAt(index + 1))) {
      // Two units, four bytes.
      size += 2;
      index++;
    } else throw new UsageError(`string ${quote(text)} contains a lone surrogate [MQTT-1.5.4-1]`);
  }
  if (size > 0xffff) throw new UsageError(`string ${quote(text)} takes ${size} bytes, at most 65535 fit`);
  return size;
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}

/** Writes a string whose size is known to fit, and returns the offset behind it. */
export function writeUtf8(bytes: Uint8Array, start: number, text: string): number {
  const length = text.length;
  if (length > longestEncodedByHand) return start + encoder.encodeInto(text, bytes.subarray(start)).written;
  for (let index = 0; index < length; index++) {
    const unit = text.charCodeAt(index);
    if (unit > 0x7f) return start + encoder.encodeInto(text, bytes.subarray(start)).written;
    bytes[start + index] = unit;
  }
  return start + length;
}

// What JSON leaves as it is, and a terminal or a log viewer does not: C1 controls, line separators, direction marks.
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Quotes a value for a message, shortened and escaped to what one line can hold. */
export function quote(text: string): string {
  const shown = JSON.stringify(text.length > 80 ? `${text.slice(0, 77)}…` : text);
  return shown.replace(unprintable, (mark) => `\\u{${(mark.codePointAt(0) as number).toString(16)}}`);
}
