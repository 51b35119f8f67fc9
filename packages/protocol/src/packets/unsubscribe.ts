/** UNSUBSCRIBE (section 3.10): Topic Filters to give up. */
import type { ByteReader } from '../byte-reader.js';
import { type ByteWriter, utf8FieldSize, variableByteIntegerSize } from '../byte-writer.js';
import { ProtocolError, UsageError } from '../errors.js';
import { type CommonProperties, noProperties } from '../properties.js';
import { decodeProperties, propertiesSize, writeProperties } from '../property-codec.js';
import type { ProtocolVersion } from '../protocol-version.js';
import { assertTopicFilter } from '../topic-filter.js';
import { assertPacketIdentifier, decodePacketIdentifier } from './packet-identifier-field.js';

/** UNSUBSCRIBE. Filters are compared character by character with those of SUBSCRIBE. */
export interface UnsubscribePacket {
  readonly type: 'unsubscribe';
  readonly packetIdentifier: number;
  readonly topicFilters: readonly string[];
  readonly properties: CommonProperties;
}

/** Reads the body. */
export function decodeUnsubscribe(reader: ByteReader, protocolVersion: ProtocolVersion): UnsubscribePacket {
  const packetIdentifier = decodePacketIdentifier(reader, protocolVersion);
  const properties: CommonProperties =
    protocolVersion === 5 ? decodeProperties(reader, 'unsubscribe') : noProperties;
  if (reader.remaining === 0) throw new ProtocolError('UNSUBSCRIBE has no Topic Filter [MQTT-3.10.3-2]');
  const topicFilters: string[] = [];
  while (reader.remaining > 0) topicFilters.push(reader.utf8('Topic Filter')); // [MQTT-3.10.3-1]
  return { type: 'unsubscribe', packetIdentifier, topicFilters, properties };
}

/** The bytes of the body. */
export function unsubscribeSize(packet: UnsubscribePacket, protocolVersion: ProtocolVersion): number {
  assertPacketIdentifier(packet.packetIdentifier);
  if (packet.topicFilters.length === 0)
    throw new UsageError('UNSUBSCRIBE needs at least one Topic Filter [MQTT-3.10.3-2]');
  let size = 2;
  if (protocolVersion === 5) {
    const propertySize = propertiesSize(packet.properties, 'unsubscribe');
    size += variableByteIntegerSize(propertySize) + propertySize;
  }
  for (const topicFilter of packet.topicFilters) {
    assertTopicFilter(topicFilter);
    size += utf8FieldSize(topicFilter);
  }
  return size;
}

/** Writes the body. */
export function writeUnsubscribe(
  writer: ByteWriter,
  packet: UnsubscribePacket,
  protocolVersion: ProtocolVersion,
): void {
  writer.uint16(packet.packetIdentifier);
  if (protocolVersion === 5) {
    writeProperties(
      writer,
      packet.properties,
      'unsubscribe',
      propertiesSize(packet.properties, 'unsubscribe'),
    );
  }
  for (const topicFilter of packet.topicFilters) writer.utf8(topicFilter);
}
