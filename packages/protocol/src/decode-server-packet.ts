/** What a client decodes: one check of the first byte, one switch over what servers send. Its own file, so that a browser ships no more. */
import type { ByteReader } from './byte-reader.js';
import { MalformedPacketError, ProtocolError } from './errors.js';
import type { Packet } from './packet.js';
import { type PacketType, packetTypeByCode } from './packet-type.js';
import { decodeAcknowledgement } from './packets/acknowledgement.js';
import { decodeAuth } from './packets/auth.js';
import { decodeConnack } from './packets/connack.js';
import { decodeDisconnect } from './packets/disconnect.js';
import { pingresp } from './packets/ping.js';
import { decodePublish, type TopicNameDecoder } from './packets/publish.js';
import { decodeSuback } from './packets/suback.js';
import { decodeUnsuback } from './packets/unsuback.js';
import { clauseOf, type ProtocolVersion, protocolVersionName, type Sender } from './protocol-version.js';

/** Reads the body of one packet, PUBLISH excepted. */
export type BodyDecoder = (
  type: PacketType,
  reader: ByteReader,
  protocolVersion: ProtocolVersion,
  sender: Sender,
) => Packet;

const publishCode = 3;

/** Decodes one whole packet: holds its first byte to the table, then has its body read, which must be all of it. */
export function decodePacketWith(
  decodeBody: BodyDecoder,
  reader: ByteReader,
  firstByte: number,
  protocolVersion: ProtocolVersion,
  sender: Sender,
  topicNames: TopicNameDecoder,
): Packet {
  if (firstByte >> 4 === publishCode)
    return decodePublish(reader, firstByte & 0x0f, protocolVersion, sender, topicNames);
  const type = decodeFirstByte(firstByte, protocolVersion, sender);
  const packet = decodeBody(type, reader, protocolVersion, sender);
  if (reader.remaining > 0) {
    throw new MalformedPacketError(
      `${packet.type.toUpperCase()} has ${reader.remaining} bytes behind its last field`,
    );
  }
  return packet;
}

function decodeFirstByte(firstByte: number, version: ProtocolVersion, sender: Sender): PacketType {
  const definition = packetTypeByCode[firstByte >> 4];
  if (definition === undefined) throw new MalformedPacketError('packet type 0 is reserved');
  const { type, title } = definition;
  if (version < definition.since) {
    throw new ProtocolError(`${title} does not exist in MQTT ${protocolVersionName[version]}`);
  }
  if (definition.sender !== 'both' && definition.sender !== sender) {
    throw new ProtocolError(`${title} came from a ${sender}; only a ${definition.sender} sends it`);
  }
  // MQTT 3.1 set DUP and QoS bits on packets that later versions fix, so only the QoS bits are held to there.
  const flags = firstByte & (version === 3 ? 0x06 : 0x0f);
  if (flags !== definition.flags) {
    const clause = clauseOf(version, definition.flagsClause, definition.flagsClause311);
    throw new MalformedPacketError(`${title} has flags 0x${(firstByte & 0x0f).toString(16)} ${clause}`);
  }
  return type;
}

/** Reads the body of what a server may send. */
export const decodeServerBody: BodyDecoder = (type, reader, version, sender) => {
  switch (type) {
    case 'connack':
      return decodeConnack(reader, version);
    case 'puback':
    case 'pubrec':
    case 'pubrel':
    case 'pubcomp':
      return decodeAcknowledgement(type, reader, version, sender) as Packet;
    case 'suback':
      return decodeSuback(reader, version);
    case 'unsuback':
      return decodeUnsuback(reader, version);
    case 'pingresp':
      return pingresp;
    case 'disconnect':
      return decodeDisconnect(reader, version, sender);
    case 'auth':
      return decodeAuth(reader, sender);
    default:
      // PUBLISH carries data in its flags and was taken before the table; the rest has failed the check of its sender.
      throw new MalformedPacketError(`${type.toUpperCase()} is not decoded here`);
  }
};
