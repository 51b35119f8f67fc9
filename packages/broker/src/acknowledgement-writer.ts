/** The usual PUBACK, PUBREC, PUBREL and PUBCOMP, one for each message: four bytes, or five with a Reason Code. */
import type { Output } from './output.js';

/** Writes one without properties; a Reason Code of 0 is left out, and MQTT 3.x has no other. */
export function writeAcknowledgement(
  output: Output,
  firstByte: number,
  packetIdentifier: number,
  reasonCode: number,
): void {
  const size = reasonCode === 0 ? 4 : 5;
  const at = output.reserve(size);
  const { slab } = output;
  slab[at] = firstByte;
  slab[at + 1] = size - 2;
  slab[at + 2] = packetIdentifier >>> 8;
  slab[at + 3] = packetIdentifier;
  if (size === 5) slab[at + 4] = reasonCode;
}
