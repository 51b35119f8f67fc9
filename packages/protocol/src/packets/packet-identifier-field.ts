/** The Packet Identifier of the packets that have one. */
import type { ByteReader } from '../byte-reader.js';
import { MalformedPacketError, UsageError } from '../errors.js';
import { clauseOf, type ProtocolVersion } from '../protocol-version.js';

/** Reads a Packet Identifier; 0 is none [MQTT-2.2.1-3] [MQTT-2.2.1-4]. */
export function decodePacketIdentifier(reader: ByteReader, protocolVersion: ProtocolVersion): number {
  const packetIdentifier = reader.uint16('Packet Identifier');
  if (packetIdentifier === 0) {
    const clause = clauseOf(protocolVersion, '[MQTT-2.2.1-3]', '[MQTT-2.3.1-1]');
    throw new MalformedPacketError(`Packet Identifier is 0 ${clause}`);
  }
  return packetIdentifier;
}

/** Throws UsageError on what is not a Packet Identifier. */
export function assertPacketIdentifier(packetIdentifier: number): void {
  if (!Number.isInteger(packetIdentifier) || packetIdentifier < 1 || packetIdentifier > 0xffff) {
    throw new UsageError(
      `Packet Identifier must be an integer 1–65535, got ${packetIdentifier} [MQTT-2.2.1-3]`,
    );
  }
}
