/** The bytes of a packet for a client that says how large one may be. */
import { encodePacket, type Packet, PacketTooLargeError, type ProtocolVersion } from '@petrel/protocol';

/** Undefined for a packet that the client cannot take at all [MQTT-3.1.2-24]; texts it can do without are left out before. */
export function encodeFitting(
  packet: Packet,
  protocolVersion: ProtocolVersion,
  maximumSize: number | undefined,
): Uint8Array | undefined {
  try {
    return encodePacket(packet, protocolVersion, maximumSize);
  } catch (error) {
    if (error instanceof PacketTooLargeError) return undefined;
    throw error;
  }
}
