/** What PUBACK, PUBREC, PUBREL and PUBCOMP share (sections 3.4–3.7): one layout, four types. */
import type { ByteReader } from '../byte-reader.js';
import { type ByteWriter, variableByteIntegerSize } from '../byte-writer.js';
import { MalformedPacketError } from '../errors.js';
import { type AcknowledgementProperties, noProperties } from '../properties.js';
import { decodeProperties, propertiesSize, writeProperties } from '../property-codec.js';
import type { ProtocolVersion, Sender } from '../protocol-version.js';
import { assertPacketIdentifier, decodePacketIdentifier } from './packet-identifier-field.js';
import { assertReasonCode, decodeReasonCode } from './reason-code-field.js';

/** The four packets of the QoS 1 and QoS 2 exchanges that answer a PUBLISH or each other. */
export type AcknowledgementType = 'puback' | 'pubrec' | 'pubrel' | 'pubcomp';

/** One acknowledgement; on MQTT 3.x the Reason Code is always success. */
export interface AcknowledgementPacket<Type extends AcknowledgementType = AcknowledgementType> {
  readonly type: Type;
  readonly packetIdentifier: number;
  readonly reasonCode: number;
  readonly properties: AcknowledgementProperties;
}

/** Reads the body; MQTT 5 leaves out what is success and empty. */
export function decodeAcknowledgement<Type extends AcknowledgementType>(
  type: Type,
  reader: ByteReader,
  protocolVersion: ProtocolVersion,
  sender: Sender,
): AcknowledgementPacket<Type> {
  const packetIdentifier = decodePacketIdentifier(reader, protocolVersion);
  if (protocolVersion !== 5 && reader.remaining > 0) {
    throw new MalformedPacketError(
      `${type.toUpperCase()} has ${reader.remaining} bytes behind its Packet Identifier`,
    );
  }
  const code = reader.remaining === 0 ? 0 : decodeReasonCode(reader, type, sender);
  const properties: AcknowledgementProperties =
    reader.remaining === 0 ? noProperties : decodeProperties(reader, type);
  return { type, packetIdentifier, reasonCode: code, properties };
}

/** The bytes of the body. */
export function acknowledgementSize(packet: AcknowledgementPacket, protocolVersion: ProtocolVersion): number {
  assertPacketIdentifier(packet.packetIdentifier);
  if (protocolVersion !== 5) return 2;
  assertReasonCode(packet.type, packet.reasonCode);
  const size = propertiesSize(packet.properties, packet.type);
  if (size > 0) return 3 + variableByteIntegerSize(size) + size;
  return packet.reasonCode === 0 ? 2 : 3;
}

/** Writes the body. */
export function writeAcknowledgement(
  writer: ByteWriter,
  packet: AcknowledgementPacket,
  protocolVersion: ProtocolVersion,
): void {
  writer.uint16(packet.packetIdentifier);
  if (protocolVersion !== 5) return;
  const size = propertiesSize(packet.properties, packet.type);
  if (size === 0 && packet.reasonCode === 0) return;
  writer.uint8(packet.reasonCode);
  if (size > 0) writeProperties(writer, packet.properties, packet.type, size);
}
