/** Bytes → packet, of both ends. */
import type { ByteReader } from './byte-reader.js';
import { type BodyDecoder, decodePacketWith, decodeServerBody } from './decode-server-packet.js';
import type { Packet } from './packet.js';
import { decodeConnect } from './packets/connect.js';
import { pingreq } from './packets/ping.js';
import type { TopicNameDecoder } from './packets/publish.js';
import { decodeSubscribe } from './packets/subscribe.js';
import { decodeUnsubscribe } from './packets/unsubscribe.js';
import type { ProtocolVersion, Sender } from './protocol-version.js';

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
  return decodePacketWith(decodeAnyBody, reader, firstByte, protocolVersion, sender, topicNames);
}

/** Reads the body of what either end may send. */
export const decodeAnyBody: BodyDecoder = (type, reader, version, sender) => {
  switch (type) {
    case 'connect':
      return decodeConnect(reader);
    case 'subscribe':
      return decodeSubscribe(reader, version);
    case 'unsubscribe':
      return decodeUnsubscribe(reader, version);
    case 'pingreq':
      return pingreq;
    default:
      return decodeServerBody(type, reader, version, sender);
  }
};
