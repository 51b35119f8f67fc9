/** Bytes → packet: one check of the first byte, one switch. */
import type { ByteReader } from './byte-reader.js';
import { MalformedPacketError, ProtocolError } from './errors.js';
import type { Packet } from './packet.js';
import { packetTypeByCode } from './packet-type.js';
import { decodeAcknowledgement } from './packets/acknowledgement.js';
import { decodeAuth } from './packets/auth.js';
import { decodeConnack } from './packets/connack.js';
import { decodeConnect } from './packets/connect.js';
import { decodeDisconnect } from './packets/disconnect.js';
import { pingreq, pingresp } from './packets/ping.js';
import { decodePublish, type TopicNameDecoder } from './packets/publish.js';
import { decodeSuback } from './packets/suback.js';
import { decodeSubscribe } from './packets/subscribe.js';
import { decodeUnsuback } from './packets/unsuback.js';
import { decodeUnsubscribe } from './packets/unsubscribe.js';
import { clauseOf, type ProtocolVersion, protocolVersionName, type Sender } from './protocol-version.js';

const publishCode = 3;

/**
 * Decodes one whole packet whose body lies between the reader's position and its end.
 *
 * Throws MalformedPacketError, ProtocolError, TopicError or UnsupportedProtocolVersionError; `sender` is the end that wrote the bytes.
 */
export function decodePacket(
  reader: ByteReader,
  firstByte: number,
  protocolVersion: ProtocolVersion,
  sender: Sender,
  topicNames: TopicNameDecoder,
): Packet {
  if (firstByte >> 4 === publishCode)
    return decodePublish(reader, firstByte & 0x0f, protocolVersion, sender, topicNames);
  const packet = decodeBody(reader, firstByte, protocolVersion, sender);
  if (reader.remaining > 0) {
    throw new MalformedPacketError(
      `${packet.type.toUpperCase()} has ${reader.remaining} bytes behind its last field`,
    );
  }
  return packet;
}

function decodeBody(reader: ByteReader, firstByte: number, version: ProtocolVersion, sender: Sender): Packet {
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
  switch (type) {
    case 'connect':
      return decodeConnect(reader);
    case 'connack':
      return decodeConnack(reader, version);
    case 'puback':
    case 'pubrec':
    case 'pubrel':
    case 'pubcomp':
      return decodeAcknowledgement(type, reader, version, sender) as Packet;
    case 'subscribe':
      return decodeSubscribe(reader, version);
    case 'suback':
      return decodeSuback(reader, version);
    case 'unsubscribe':
      return decodeUnsubscribe(reader, version);
    case 'unsuback':
      return decodeUnsuback(reader, version);
    case 'pingreq':
      return pingreq;
    case 'pingresp':
      return pingresp;
    case 'disconnect':
      return decodeDisconnect(reader, version, sender);
    case 'auth':
      return decodeAuth(reader, sender);
    case 'publish':
      // PUBLISH carries data in its flags and was taken before the table.
      throw new MalformedPacketError('PUBLISH is decoded on its own path');
  }
}
