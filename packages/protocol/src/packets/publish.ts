/** PUBLISH (section 3.3): the packet that carries a message, and the hot one. */
import type { ByteReader } from '../byte-reader.js';
import { type ByteWriter, utf8FieldSize, variableByteIntegerSize } from '../byte-writer.js';
import { MalformedPacketError, PetrelError, ProtocolError, UsageError } from '../errors.js';
import { noProperties, type PublishProperties } from '../properties.js';
import { decodeProperties, propertiesSize, writeProperties } from '../property-codec.js';
import type { ProtocolVersion, QoS, Sender } from '../protocol-version.js';
import { assertNoWildcard, assertTopicName } from '../topic-name.js';
import { decodeUtf8 } from '../utf8.js';
import { assertPacketIdentifier, decodePacketIdentifier } from './packet-identifier-field.js';

/** PUBLISH. `payload` is a view into the bytes received; `packetIdentifier` is 0 at QoS 0; `topicName` is empty behind a Topic Alias. */
export interface PublishPacket {
  readonly type: 'publish';
  readonly topicName: string;
  readonly payload: Uint8Array;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly dup: boolean;
  readonly packetIdentifier: number;
  readonly properties: PublishProperties;
}

/** Turns the bytes of a Topic Name into text; a table may answer known names without decoding them again. */
export interface TopicNameDecoder {
  /** Returns a valid Topic Name or throws; `start` < `end`. */
  decode(bytes: Uint8Array, start: number, end: number): string;
}

/** Decodes and validates every time. */
export const plainTopicNames: TopicNameDecoder = {
  decode(bytes, start, end) {
    const topicName = decodeUtf8(bytes, start, end, 'Topic Name');
    assertNoWildcard(topicName, 'Topic Name');
    return topicName;
  },
};

/** Reads the body; `flags` are bits 3–0 of the first byte. */
export function decodePublish(
  reader: ByteReader,
  flags: number,
  protocolVersion: ProtocolVersion,
  sender: Sender,
  topicNames: TopicNameDecoder,
): PublishPacket {
  const qos = (flags >> 1) & 3;
  const dup = (flags & 8) !== 0;
  if (qos === 3) throw new MalformedPacketError('PUBLISH has QoS 3 [MQTT-3.3.1-4]');
  if (dup && qos === 0) throw new MalformedPacketError('PUBLISH has DUP at QoS 0 [MQTT-3.3.1-2]');
  const topicName = decodeTopicName(reader, topicNames); // [MQTT-3.3.2-1]
  const packetIdentifier = qos === 0 ? 0 : decodePacketIdentifier(reader, protocolVersion); // [MQTT-2.2.1-2]
  let properties: PublishProperties = noProperties;
  if (protocolVersion === 5) {
    properties = decodeProperties<PublishProperties>(reader, 'publish');
    if (properties !== noProperties) assertPublishProperties(properties, sender);
  }
  if (topicName === '' && properties.topicAlias === undefined) {
    if (protocolVersion === 5)
      throw new ProtocolError('PUBLISH has neither a Topic Name nor a Topic Alias [MQTT-4.7.3-1]');
    throw new MalformedPacketError('PUBLISH Topic Name is empty [MQTT-4.7.3-1]');
  }
  return {
    type: 'publish',
    topicName,
    payload: reader.rest(),
    qos: qos as QoS,
    retain: (flags & 1) !== 0,
    dup,
    packetIdentifier,
    properties,
  };
}

function decodeTopicName(reader: ByteReader, topicNames: TopicNameDecoder): string {
  const size = reader.uint16('Topic Name');
  if (size === 0) return '';
  if (size > reader.remaining) {
    throw new MalformedPacketError(`Topic Name needs ${size} bytes, the packet has ${reader.remaining} left`);
  }
  const start = reader.position;
  reader.position = start + size;
  return topicNames.decode(reader.bytes, start, start + size);
}

function assertPublishProperties(properties: PublishProperties, sender: Sender): void {
  if (properties.subscriptionIdentifiers !== undefined && sender === 'client') {
    throw new ProtocolError('PUBLISH from a client has a Subscription Identifier [MQTT-3.3.4-6]');
  }
  assertPublishableProperties(properties, 'PUBLISH');
}

/** What holds for the properties of a message, published or as a Will: a Response Topic is a Topic Name [MQTT-3.3.2-14]. */
export function assertPublishableProperties({ responseTopic }: PublishProperties, where: string): void {
  if (responseTopic === undefined) return;
  try {
    assertTopicName(responseTopic, `${where} Response Topic`);
  } catch (cause) {
    if (!(cause instanceof PetrelError)) throw cause;
    throw new ProtocolError(`${cause.message} [MQTT-3.3.2-14]`, { cause });
  }
}

/** Bits 3–0 of the first byte. */
export function publishFlags({ dup, qos, retain }: PublishPacket): number {
  return (dup ? 8 : 0) | (qos << 1) | (retain ? 1 : 0);
}

/** The bytes of the body; throws on what no PUBLISH may say. */
export function publishSize(packet: PublishPacket, protocolVersion: ProtocolVersion): number {
  const { topicName, qos, dup, properties } = packet;
  const { topicAlias, responseTopic } = properties;
  if (qos !== 0 && qos !== 1 && qos !== 2)
    throw new UsageError(`QoS must be 0, 1 or 2, got ${String(qos)} [MQTT-3.3.1-4]`);
  if (dup && qos === 0) throw new UsageError('DUP is always false at QoS 0 [MQTT-3.3.1-2]');
  if (qos > 0) assertPacketIdentifier(packet.packetIdentifier);
  if (topicName === '' && (protocolVersion !== 5 || topicAlias === undefined))
    throw new UsageError('PUBLISH needs a Topic Name or a Topic Alias [MQTT-4.7.3-1]');
  assertNoWildcard(topicName, 'Topic Name');
  let size = utf8FieldSize(topicName) + (qos > 0 ? 2 : 0) + packet.payload.length;
  if (protocolVersion === 5) {
    if (responseTopic !== undefined) assertTopicName(responseTopic, 'Response Topic');
    const propertySize = propertiesSize(properties, 'publish');
    size += variableByteIntegerSize(propertySize) + propertySize;
  }
  return size;
}

/** Writes the body. */
export function writePublish(
  writer: ByteWriter,
  packet: PublishPacket,
  protocolVersion: ProtocolVersion,
): void {
  writer.utf8(packet.topicName);
  if (packet.qos > 0) writer.uint16(packet.packetIdentifier);
  if (protocolVersion === 5) {
    writeProperties(writer, packet.properties, 'publish', propertiesSize(packet.properties, 'publish'));
  }
  writer.raw(packet.payload);
}
