/** Packet → bytes, of both ends: the size first, then exactly that many bytes. */
import { ByteWriter } from './byte-writer.js';
import {
  assertedBodySize,
  clientBodySize,
  writeClientBody,
  writeFixedHeader,
} from './encode-client-packet.js';
import { PacketTooLargeError } from './errors.js';
import { fixedHeaderSize, largestPacketSize, remainingLengthOf } from './fixed-header.js';
import type { Packet } from './packet.js';
import { connackSize, writeConnack } from './packets/connack.js';
import { subackSize, writeSuback } from './packets/suback.js';
import { unsubackSize, writeUnsuback } from './packets/unsuback.js';
import type { ProtocolVersion } from './protocol-version.js';

/**
 * Encodes a packet into an array of its own.
 *
 * An answer larger than `maximumPacketSize` (bytes, fixed header included) loses its Reason String, then its User Properties; what is still
 * larger throws PacketTooLargeError. Throws UsageError or TopicError on a packet that breaks a rule of its type.
 */
export function encodePacket(
  packet: Packet,
  protocolVersion: ProtocolVersion,
  maximumPacketSize: number = largestPacketSize,
): Uint8Array {
  let fitting = packet;
  let remainingLength = bodySize(fitting, protocolVersion);
  let size = fixedHeaderSize(remainingLength) + remainingLength;
  while (size > maximumPacketSize) {
    fitting = smallerPacket(fitting, size, maximumPacketSize);
    remainingLength = bodySize(fitting, protocolVersion);
    size = fixedHeaderSize(remainingLength) + remainingLength;
  }
  const writer = new ByteWriter(new Uint8Array(size));
  writeSized(writer, fitting, protocolVersion, remainingLength);
  return writer.bytes;
}

/** The bytes that a packet takes, fixed header included. */
export function encodedSize(packet: Packet, protocolVersion: ProtocolVersion): number {
  const remainingLength = bodySize(packet, protocolVersion);
  return fixedHeaderSize(remainingLength) + remainingLength;
}

/**
 * Writes a packet at the writer's position; the array behind it must have room for `size` bytes, which are `encodedSize` of the same packet.
 * Computing the size is what validates a packet: whoever has done it already passes it on.
 */
export function writePacket(
  writer: ByteWriter,
  packet: Packet,
  protocolVersion: ProtocolVersion,
  size: number = encodedSize(packet, protocolVersion),
): void {
  writeSized(writer, packet, protocolVersion, remainingLengthOf(size));
}

/** The packet without the next thing that it can spare; throws PacketTooLargeError when there is none. */
function smallerPacket(packet: Packet, size: number, maximumPacketSize: number): Packet {
  if (isAnswer(packet)) {
    // [MQTT-3.2.2-19] [MQTT-3.4.2-2] [MQTT-3.5.2-2] [MQTT-3.6.2-2] [MQTT-3.7.2-2] [MQTT-3.9.2-1] [MQTT-3.11.2-1] [MQTT-3.14.2-3] [MQTT-3.15.2-2]
    if ('reasonString' in packet.properties) return without(packet, 'reasonString');
    // [MQTT-3.2.2-20] [MQTT-3.4.2-3] [MQTT-3.5.2-3] [MQTT-3.6.2-3] [MQTT-3.7.2-3] [MQTT-3.9.2-2] [MQTT-3.11.2-2] [MQTT-3.14.2-4] [MQTT-3.15.2-3]
    if ('userProperties' in packet.properties) return without(packet, 'userProperties');
  }
  throw new PacketTooLargeError(
    `${packet.type.toUpperCase()} of ${size} bytes is larger than the receiver's Maximum Packet Size of ${maximumPacketSize} [MQTT-3.1.2-24]`,
  );
}

type Answer = Extract<Packet, { readonly properties: { readonly reasonString?: string | undefined } }>;

function isAnswer(packet: Packet): packet is Answer {
  switch (packet.type) {
    case 'connack':
    case 'puback':
    case 'pubrec':
    case 'pubrel':
    case 'pubcomp':
    case 'suback':
    case 'unsuback':
    case 'disconnect':
    case 'auth':
      return true;
    default:
      return false;
  }
}

function without(packet: Answer, property: 'reasonString' | 'userProperties'): Packet {
  const properties = { ...packet.properties };
  delete properties[property];
  return { ...packet, properties } as Packet;
}

function writeSized(
  writer: ByteWriter,
  packet: Packet,
  version: ProtocolVersion,
  remainingLength: number,
): void {
  writeFixedHeader(writer, packet, remainingLength);
  switch (packet.type) {
    case 'connack':
      writeConnack(writer, packet, version);
      break;
    case 'suback':
      writeSuback(writer, packet, version);
      break;
    case 'unsuback':
      writeUnsuback(writer, packet, version);
      break;
    case 'pingresp':
      break;
    default:
      writeClientBody(writer, packet, version);
  }
}

function bodySize(packet: Packet, version: ProtocolVersion): number {
  return assertedBodySize(packet, uncheckedBodySize(packet, version));
}

function uncheckedBodySize(packet: Packet, version: ProtocolVersion): number {
  switch (packet.type) {
    case 'connack':
      return connackSize(packet, version);
    case 'suback':
      return subackSize(packet, version);
    case 'unsuback':
      return unsubackSize(packet, version);
    case 'pingresp':
      return 0;
    default:
      return clientBodySize(packet, version);
  }
}
