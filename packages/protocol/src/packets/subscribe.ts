/** SUBSCRIBE (section 3.8): Topic Filters with their options. */
import type { ByteReader } from '../byte-reader.js';
import { type ByteWriter, utf8FieldSize, variableByteIntegerSize } from '../byte-writer.js';
import { MalformedPacketError, ProtocolError, UsageError } from '../errors.js';
import { noProperties, type SubscribeProperties } from '../properties.js';
import { decodeProperties, propertiesSize, writeProperties } from '../property-codec.js';
import { clauseOf, type ProtocolVersion, type QoS } from '../protocol-version.js';
import { parseTopicFilter } from '../topic-filter.js';
import { quote } from '../utf8.js';
import { assertPacketIdentifier, decodePacketIdentifier } from './packet-identifier-field.js';

/** Retain Handling: 0 sends retained messages at every subscribe, 1 only for a new subscription, 2 never. */
export type RetainHandling = 0 | 1 | 2;

/** One Topic Filter as it was sent (with `$share/…`) and its options; MQTT 3.x knows `qos` only. */
export interface SubscriptionRequest {
  readonly topicFilter: string;
  readonly qos: QoS;
  readonly noLocal: boolean;
  readonly retainAsPublished: boolean;
  readonly retainHandling: RetainHandling;
}

/** SUBSCRIBE. */
export interface SubscribePacket {
  readonly type: 'subscribe';
  readonly packetIdentifier: number;
  readonly subscriptions: readonly SubscriptionRequest[];
  readonly properties: SubscribeProperties;
}

/**
 * Reads the body.
 *
 * A Topic Filter is UTF-8 here and no more: whether it is a valid filter is answered per filter in SUBACK, not by closing.
 */
export function decodeSubscribe(reader: ByteReader, protocolVersion: ProtocolVersion): SubscribePacket {
  const packetIdentifier = decodePacketIdentifier(reader, protocolVersion);
  const properties: SubscribeProperties =
    protocolVersion === 5 ? decodeProperties(reader, 'subscribe') : noProperties;
  if (reader.remaining === 0) {
    const clause = clauseOf(protocolVersion, '[MQTT-3.8.3-2]', '[MQTT-3.8.3-3]');
    throw new ProtocolError(`SUBSCRIBE has no Topic Filter ${clause}`);
  }
  const subscriptions: SubscriptionRequest[] = [];
  while (reader.remaining > 0) {
    const topicFilter = reader.utf8('Topic Filter'); // [MQTT-3.8.3-1]
    subscriptions.push(decodeOptions(topicFilter, reader.uint8('Subscription Options'), protocolVersion));
  }
  return { type: 'subscribe', packetIdentifier, subscriptions, properties };
}

function decodeOptions(
  topicFilter: string,
  options: number,
  protocolVersion: ProtocolVersion,
): SubscriptionRequest {
  if (options & (protocolVersion === 5 ? 0xc0 : 0xfc)) {
    const clause = clauseOf(protocolVersion, '[MQTT-3.8.3-5]', '[MQTT-3.8.3-4]');
    throw new MalformedPacketError(
      `Subscription Options 0x${options.toString(16)} have reserved bits set ${clause}`,
    );
  }
  const qos = options & 3;
  if (qos === 3) {
    if (protocolVersion !== 5) throw new MalformedPacketError('SUBSCRIBE asks for QoS 3 [MQTT-3.8.3-4]');
    throw new ProtocolError('SUBSCRIBE asks for QoS 3 (MQTT 5.0 section 3.8.3.1)');
  }
  const retainHandling = (options >> 4) & 3;
  if (retainHandling === 3)
    throw new ProtocolError('SUBSCRIBE has Retain Handling 3 (MQTT 5.0 section 3.8.3.1)');
  const noLocal = (options & 4) !== 0;
  if (noLocal && topicFilter.startsWith('$share/')) {
    throw new ProtocolError(`No Local on the Shared Subscription ${quote(topicFilter)} [MQTT-3.8.3-4]`);
  }
  return {
    topicFilter,
    qos: qos as QoS,
    noLocal,
    retainAsPublished: (options & 8) !== 0,
    retainHandling: retainHandling as RetainHandling,
  };
}

/** The bytes of the body; throws on a filter or option that no SUBSCRIBE may carry. */
export function subscribeSize(packet: SubscribePacket, protocolVersion: ProtocolVersion): number {
  assertPacketIdentifier(packet.packetIdentifier);
  if (packet.subscriptions.length === 0)
    throw new UsageError('SUBSCRIBE needs at least one Topic Filter [MQTT-3.8.3-2]');
  let size = 2;
  if (protocolVersion === 5) {
    const propertySize = propertiesSize(packet.properties, 'subscribe');
    size += variableByteIntegerSize(propertySize) + propertySize;
  }
  for (const { topicFilter, qos, noLocal, retainHandling } of packet.subscriptions) {
    const { shareName } = parseTopicFilter(topicFilter);
    if (qos !== 0 && qos !== 1 && qos !== 2)
      throw new UsageError(`QoS must be 0, 1 or 2, got ${String(qos)}`);
    if (retainHandling !== 0 && retainHandling !== 1 && retainHandling !== 2) {
      throw new UsageError(`Retain Handling must be 0, 1 or 2, got ${String(retainHandling)}`);
    }
    if (noLocal && shareName !== undefined) {
      throw new UsageError(`No Local on the Shared Subscription ${quote(topicFilter)} [MQTT-3.8.3-4]`);
    }
    size += utf8FieldSize(topicFilter) + 1;
  }
  return size;
}

/** Writes the body. */
export function writeSubscribe(
  writer: ByteWriter,
  packet: SubscribePacket,
  protocolVersion: ProtocolVersion,
): void {
  writer.uint16(packet.packetIdentifier);
  if (protocolVersion === 5) {
    writeProperties(writer, packet.properties, 'subscribe', propertiesSize(packet.properties, 'subscribe'));
  }
  for (const { topicFilter, qos, noLocal, retainAsPublished, retainHandling } of packet.subscriptions) {
    writer.utf8(topicFilter);
    const optionBits = (noLocal ? 4 : 0) | (retainAsPublished ? 8 : 0) | (retainHandling << 4);
    writer.uint8(protocolVersion === 5 ? qos | optionBits : qos);
  }
}
