/** The fixed header (section 2.1): first byte and Remaining Length. Finds where a packet ends without touching its body. */
import { maximumVariableByteInteger } from './byte-writer.js';
import { MalformedPacketError, PacketTooLargeError } from './errors.js';

/** The largest packet that MQTT can express: five bytes of fixed header and the largest Remaining Length. */
export const largestPacketSize = maximumVariableByteInteger + 5;

/** A whole fixed header never takes more. */
export const longestFixedHeader = 5;

/**
 * The size in bytes of the packet that begins at `start`, fixed header included; 0 while the bytes up to `end` do not tell yet.
 *
 * Throws MalformedPacketError on a Remaining Length of more than four bytes, and PacketTooLargeError as soon as the length is known, before
 * anything is stored for it.
 */
export function packetSize(bytes: Uint8Array, start: number, end: number, maximumPacketSize: number): number {
  let remainingLength = 0;
  for (let index = 1; index <= 4; index++) {
    if (start + index >= end) return 0;
    const byte = bytes[start + index] as number;
    remainingLength |= (byte & 0x7f) << (7 * (index - 1));
    if (byte < 0x80) {
      if (byte === 0 && index > 1) {
        throw new MalformedPacketError('Remaining Length is not in its shortest encoding [MQTT-1.5.5-1]');
      }
      const size = 1 + index + remainingLength;
      if (size > maximumPacketSize) {
        throw new PacketTooLargeError(
          `packet of ${size} bytes is larger than the Maximum Packet Size of ${maximumPacketSize}`,
        );
      }
      return size;
    }
  }
  throw new MalformedPacketError('Remaining Length is longer than four bytes [MQTT-1.5.5-1]');
}

/** The bytes that a fixed header takes in front of this many. */
export function fixedHeaderSize(remainingLength: number): number {
  return remainingLength < 0x80 ? 2 : remainingLength < 0x4000 ? 3 : remainingLength < 0x200000 ? 4 : 5;
}

/** The Remaining Length of a packet of this size, fixed header included. */
export function remainingLengthOf(size: number): number {
  return size - (size < 0x82 ? 2 : size < 0x4003 ? 3 : size < 0x200004 ? 4 : 5);
}
