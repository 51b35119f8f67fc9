/** UNSUBACK (section 3.11): one Reason Code for each Topic Filter on MQTT 5, none on MQTT 3.x. */
import type { ByteReader } from '../byte-reader.js';
import { type ByteWriter, variableByteIntegerSize } from '../byte-writer.js';
import { MalformedPacketError, UsageError } from '../errors.js';
import { type AcknowledgementProperties, noProperties } from '../properties.js';
import { decodeProperties, propertiesSize, writeProperties } from '../property-codec.js';
import type { ProtocolVersion } from '../protocol-version.js';
import { assertPacketIdentifier, decodePacketIdentifier } from './packet-identifier-field.js';
import { assertReasonCode, decodeReasonCode } from './reason-code-field.js';

/** UNSUBACK. */
export interface UnsubackPacket {
  readonly type: 'unsuback';
  readonly packetIdentifier: number;
  readonly reasonCodes: readonly number[];
  readonly properties: AcknowledgementProperties;
}

/** Reads the body. */
export function decodeUnsuback(reader: ByteReader, protocolVersion: ProtocolVersion): UnsubackPacket {
  const packetIdentifier = decodePacketIdentifier(reader, protocolVersion);
  if (protocolVersion !== 5)
    return { type: 'unsuback', packetIdentifier, reasonCodes: [], properties: noProperties };
  const properties: AcknowledgementProperties = decodeProperties(reader, 'unsuback');
  const reasonCodes: number[] = [];
  while (reader.remaining > 0) reasonCodes.push(decodeReasonCode(reader, 'unsuback', 'server'));
  if (reasonCodes.length === 0) throw new MalformedPacketError('UNSUBACK has no Reason Code [MQTT-3.11.3-1]');
  return { type: 'unsuback', packetIdentifier, reasonCodes, properties };
}

/** The bytes of the body; on MQTT 5 throws UsageError without a Reason Code, or with one that is not for UNSUBACK. */
export function unsubackSize(packet: UnsubackPacket, protocolVersion: ProtocolVersion): number {
  assertPacketIdentifier(packet.packetIdentifier);
  if (protocolVersion !== 5) return 2;
  if (packet.reasonCodes.length === 0) {
    throw new UsageError('UNSUBACK needs a Reason Code for each Topic Filter [MQTT-3.11.3-1]');
  }
  for (const code of packet.reasonCodes) assertReasonCode('unsuback', code);
  const propertySize = propertiesSize(packet.properties, 'unsuback');
  return 2 + variableByteIntegerSize(propertySize) + propertySize + packet.reasonCodes.length;
}

/** Writes the body. */
export function writeUnsuback(
  writer: ByteWriter,
  packet: UnsubackPacket,
  protocolVersion: ProtocolVersion,
): void {
  writer.uint16(packet.packetIdentifier);
  if (protocolVersion !== 5) return;
  writeProperties(writer, packet.properties, 'unsuback', propertiesSize(packet.properties, 'unsuback'));
  for (const code of packet.reasonCodes) writer.uint8(code);
}
