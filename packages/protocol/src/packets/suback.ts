/** SUBACK (section 3.9): one Reason Code for each Topic Filter, in their order. */
import type { ByteReader } from '../byte-reader.js';
import { type ByteWriter, variableByteIntegerSize } from '../byte-writer.js';
import { MalformedPacketError, ProtocolError, UsageError } from '../errors.js';
import { type AcknowledgementProperties, noProperties } from '../properties.js';
import { decodeProperties, propertiesSize, writeProperties } from '../property-codec.js';
import { clauseOf, type ProtocolVersion } from '../protocol-version.js';
import { assertPacketIdentifier, decodePacketIdentifier } from './packet-identifier-field.js';
import { assertReasonCode, decodeReasonCode } from './reason-code-field.js';

/** SUBACK. A code below 0x80 is the granted maximum QoS. */
export interface SubackPacket {
  readonly type: 'suback';
  readonly packetIdentifier: number;
  readonly reasonCodes: readonly number[];
  readonly properties: AcknowledgementProperties;
}

/** Reads the body. */
export function decodeSuback(reader: ByteReader, protocolVersion: ProtocolVersion): SubackPacket {
  const packetIdentifier = decodePacketIdentifier(reader, protocolVersion);
  const properties: AcknowledgementProperties =
    protocolVersion === 5 ? decodeProperties(reader, 'suback') : noProperties;
  const reasonCodes: number[] = [];
  while (reader.remaining > 0) {
    const code = decodeReasonCode(reader, 'suback', 'server');
    if (protocolVersion !== 5 && code > 2 && code !== 0x80) {
      throw new ProtocolError(`SUBACK has the reserved return code 0x${code.toString(16)} [MQTT-3.9.3-2]`);
    }
    reasonCodes.push(code);
  }
  if (reasonCodes.length === 0) {
    const clause = clauseOf(protocolVersion, '[MQTT-3.8.4-6]', '[MQTT-3.8.4-5]');
    throw new MalformedPacketError(`SUBACK has no Reason Code ${clause}`);
  }
  return { type: 'suback', packetIdentifier, reasonCodes, properties };
}

/** The bytes of the body; throws UsageError without a Reason Code, or with one that is not for SUBACK. */
export function subackSize(packet: SubackPacket, protocolVersion: ProtocolVersion): number {
  assertPacketIdentifier(packet.packetIdentifier);
  if (packet.reasonCodes.length === 0) {
    throw new UsageError('SUBACK needs a Reason Code for each Topic Filter [MQTT-3.8.4-6]');
  }
  for (const code of packet.reasonCodes) assertReasonCode('suback', code);
  const size = 2 + packet.reasonCodes.length;
  if (protocolVersion !== 5) return size;
  const propertySize = propertiesSize(packet.properties, 'suback');
  return size + variableByteIntegerSize(propertySize) + propertySize;
}

/** Writes the body; every refusal is 0x80 on MQTT 3.x. */
export function writeSuback(
  writer: ByteWriter,
  packet: SubackPacket,
  protocolVersion: ProtocolVersion,
): void {
  writer.uint16(packet.packetIdentifier);
  if (protocolVersion === 5)
    writeProperties(writer, packet.properties, 'suback', propertiesSize(packet.properties, 'suback'));
  for (const code of packet.reasonCodes) writer.uint8(protocolVersion === 5 || code < 0x80 ? code : 0x80);
}
