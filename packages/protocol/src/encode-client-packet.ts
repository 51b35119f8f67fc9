/** What a client encodes: the size first, then exactly that many bytes. Its own file, so that a browser ships no more. */
import type { ByteWriter } from './byte-writer.js';
import { UsageError } from './errors.js';
import { fixedHeaderSize, largestPacketSize, remainingLengthOf } from './fixed-header.js';
import type { Packet } from './packet.js';
import { packetTypeDefinition } from './packet-type.js';
import { acknowledgementSize, writeAcknowledgement } from './packets/acknowledgement.js';
import { authSize, writeAuth } from './packets/auth.js';
import { connectSize, writeConnect } from './packets/connect.js';
import { disconnectSize, writeDisconnect } from './packets/disconnect.js';
import { publishFlags, publishSize, writePublish } from './packets/publish.js';
import { subscribeSize, writeSubscribe } from './packets/subscribe.js';
import { unsubscribeSize, writeUnsubscribe } from './packets/unsubscribe.js';
import type { ProtocolVersion } from './protocol-version.js';

/** Any packet that a client may send. */
export type ClientPacket = Exclude<Packet, { readonly type: 'connack' | 'suback' | 'unsuback' | 'pingresp' }>;

/** The bytes that a packet takes, fixed header included. Throws UsageError or TopicError on a packet that breaks a rule of its type. */
export function encodedClientPacketSize(packet: ClientPacket, protocolVersion: ProtocolVersion): number {
  const remainingLength = assertedBodySize(packet, clientBodySize(packet, protocolVersion));
  return fixedHeaderSize(remainingLength) + remainingLength;
}

/**
 * Writes a packet at the writer's position; the array behind it must have room for `size` bytes, which are `encodedClientPacketSize` of
 * the same packet.
 */
export function writeClientPacket(
  writer: ByteWriter,
  packet: ClientPacket,
  protocolVersion: ProtocolVersion,
  size: number,
): void {
  writeFixedHeader(writer, packet, remainingLengthOf(size));
  writeClientBody(writer, packet, protocolVersion);
}

/** Writes packet type, flags and Remaining Length. */
export function writeFixedHeader(writer: ByteWriter, packet: Packet, remainingLength: number): void {
  const { code, flags } = packetTypeDefinition(packet.type);
  writer.uint8((code << 4) | (packet.type === 'publish' ? publishFlags(packet) : (flags as number)));
  writer.variableByteInteger(remainingLength);
}

/** The size of a body, if MQTT can express it. */
export function assertedBodySize(packet: Packet, size: number): number {
  if (size > largestPacketSize - 5)
    throw new UsageError(`${packet.type.toUpperCase()} of ${size} bytes is larger than MQTT allows`);
  return size;
}

/** The bytes of a body. */
export function clientBodySize(packet: ClientPacket, version: ProtocolVersion): number {
  switch (packet.type) {
    case 'publish':
      return publishSize(packet, version);
    case 'puback':
    case 'pubrec':
    case 'pubrel':
    case 'pubcomp':
      return acknowledgementSize(packet, version);
    case 'connect':
      return connectSize(packet);
    case 'subscribe':
      return subscribeSize(packet, version);
    case 'unsubscribe':
      return unsubscribeSize(packet, version);
    case 'disconnect':
      return disconnectSize(packet, version);
    case 'auth':
      return authSize(packet, version);
    case 'pingreq':
      return 0;
  }
}

/** Writes a body. */
export function writeClientBody(writer: ByteWriter, packet: ClientPacket, version: ProtocolVersion): void {
  switch (packet.type) {
    case 'publish':
      writePublish(writer, packet, version);
      break;
    case 'puback':
    case 'pubrec':
    case 'pubrel':
    case 'pubcomp':
      writeAcknowledgement(writer, packet, version);
      break;
    case 'connect':
      writeConnect(writer, packet);
      break;
    case 'subscribe':
      writeSubscribe(writer, packet, version);
      break;
    case 'unsubscribe':
      writeUnsubscribe(writer, packet, version);
      break;
    case 'disconnect':
      writeDisconnect(writer, packet, version);
      break;
    case 'auth':
      writeAuth(writer, packet);
      break;
    case 'pingreq':
      break;
  }
}
