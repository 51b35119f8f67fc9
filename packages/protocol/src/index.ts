/** MQTT 3.1, 3.1.1 and 5.0 on the wire: packets, topics, reason codes, delivery state. Pure: no I/O, no timers, runs anywhere. */
export { ByteReader } from './byte-reader.js';
export { ByteWriter, variableByteIntegerSize } from './byte-writer.js';
export { decodePacket } from './decode-packet.js';
export { type BodyDecoder, decodeServerBody } from './decode-server-packet.js';
export { InboundDelivery, type InboundOutcome } from './delivery/inbound.js';
export { OutboundDelivery, type OutboundEntry, type PubrecOutcome } from './delivery/outbound.js';
export { PacketIdentifiers } from './delivery/packet-identifiers.js';
export {
  type AssignedTopicAlias,
  InboundTopicAliases,
  OutboundTopicAliases,
} from './delivery/topic-aliases.js';
export { describePacket } from './describe-packet.js';
export {
  type ClientPacket,
  encodedClientPacketSize,
  writeClientPacket,
} from './encode-client-packet.js';
export { encodedSize, encodePacket, writePacket } from './encode-packet.js';
export {
  AuthenticationError,
  MalformedPacketError,
  PacketTooLargeError,
  PetrelError,
  type PetrelErrorCode,
  type PetrelErrorOptions,
  ProtocolError,
  protocolErrorCodes,
  TopicError,
  UnsupportedProtocolVersionError,
  UsageError,
} from './errors.js';
export { fixedHeaderSize, largestPacketSize, packetSize } from './fixed-header.js';
export { FrameReader, type PacketReaderOptions } from './frame-reader.js';
export type { Packet } from './packet.js';
export { PacketReader } from './packet-reader.js';
export {
  type PacketType,
  type PacketTypeDefinition,
  packetTypeByCode,
  packetTypeDefinition,
  packetTypeTable,
} from './packet-type.js';
export type { AcknowledgementPacket, AcknowledgementType } from './packets/acknowledgement.js';
export type { AuthPacket } from './packets/auth.js';
export type { ConnackPacket } from './packets/connack.js';
export type { ConnectPacket, Will } from './packets/connect.js';
export type { DisconnectPacket } from './packets/disconnect.js';
export { type PingreqPacket, type PingrespPacket, pingreq, pingresp } from './packets/ping.js';
export type { PubackPacket } from './packets/puback.js';
export type { PubcompPacket } from './packets/pubcomp.js';
export { type PublishPacket, plainTopicNames, type TopicNameDecoder } from './packets/publish.js';
export type { PubrecPacket } from './packets/pubrec.js';
export type { PubrelPacket } from './packets/pubrel.js';
export type { SubackPacket } from './packets/suback.js';
export type { RetainHandling, SubscribePacket, SubscriptionRequest } from './packets/subscribe.js';
export type { UnsubackPacket } from './packets/unsuback.js';
export type { UnsubscribePacket } from './packets/unsubscribe.js';
export {
  type AcknowledgementProperties,
  type AuthProperties,
  type CommonProperties,
  type ConnackProperties,
  type ConnectProperties,
  type DisconnectProperties,
  type MessageProperties,
  noProperties,
  type PublishProperties,
  type SubscribeProperties,
  type UserProperties,
  type WillProperties,
} from './properties.js';
export { assertPropertyNames, decodeProperties, propertiesSize, writeProperties } from './property-codec.js';
export {
  type PropertyDefinition,
  type PropertyKind,
  type PropertyOwner,
  propertyTable,
} from './property-table.js';
export { type ProtocolVersion, protocolVersionName, type QoS, type Sender } from './protocol-version.js';
export {
  describeReasonCode,
  fromConnectReturnCode,
  isReasonCodeOf,
  type ReasonCodeName,
  reasonCode,
  reasonCodeName,
  toConnectReturnCode,
} from './reason-code.js';
export * as scram from './scram/index.js';
export { ServerPacketReader } from './server-packet-reader.js';
export {
  assertTopicFilter,
  hasWildcards,
  isTopicFilter,
  type ParsedTopicFilter,
  parseTopicFilter,
  topicMatches,
} from './topic-filter.js';
export { assertTopicName, isTopicName } from './topic-name.js';
export { TopicNameCache } from './topic-name-cache.js';
export { decodeUtf8, utf8Size } from './utf8.js';
