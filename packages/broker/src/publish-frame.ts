/**
 * A PUBLISH of a peer, read where it lies. Plain ones, nearly all of them, are read by three offsets; everything else,
 * and everything malformed, goes through the decoder, which alone knows the rules.
 */
import {
  noProperties,
  type PacketReader,
  type PublishPacket,
  type PublishProperties,
  type QoS,
} from '@petrel/protocol';
import type { FrameForm } from './message.js';
import type { Topic, TopicCache } from './topic-cache.js';

const noBytes = new Uint8Array(0);

/** The fields of the PUBLISH that a connection is handling; one per connection, overwritten by the next. */
export class PublishFrame {
  bytes: Uint8Array = noBytes;
  frameStart = 0;
  payloadStart = 0;
  end = 0;
  qos: QoS = 0;
  retain = false;
  dup = false;
  packetIdentifier = 0;
  properties: PublishProperties = noProperties;
  /** Undefined behind a Topic Alias, until that is resolved. */
  topic: Topic | undefined;
  /** How the frame may be forwarded as it is. */
  form: FrameForm = 0;

  /** Reads the frame that the reader stands at; throws what the decoder throws. */
  read(reader: PacketReader, topics: TopicCache): void {
    const { bytes, bodyStart, frameEnd } = reader;
    const flags = reader.firstByte & 0x0f;
    const qos = (flags >> 1) & 3;
    const topicStart = bodyStart + 2;
    const topicEnd = topicStart + (((bytes[bodyStart] as number) << 8) | (bytes[bodyStart + 1] as number));
    let at = topicEnd;
    let packetIdentifier = 0;
    if (qos > 0) {
      packetIdentifier = ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
      at += 2;
    }
    const isVersion5 = reader.protocolVersion === 5;
    let isPlain = topicEnd > topicStart && qos !== 3 && (qos > 0 ? packetIdentifier > 0 : flags < 8);
    // A Property Length of 0 is the one that needs no decoder.
    if (isVersion5 && bytes[at++] !== 0) isPlain = false;
    if (!isPlain || at > frameEnd) {
      this.#decode(reader, topics);
      return;
    }
    this.bytes = bytes;
    this.frameStart = reader.frameStart;
    this.payloadStart = at;
    this.end = frameEnd;
    this.qos = qos as QoS;
    this.retain = (flags & 1) !== 0;
    this.dup = flags >= 8;
    this.packetIdentifier = packetIdentifier;
    this.properties = noProperties;
    this.form = isVersion5 ? 5 : 3;
    const known = this.topic;
    // Most publishers stay with one topic.
    if (known === undefined || !known.hasBytes(bytes, topicStart, topicEnd)) {
      this.topic = topics.find(bytes, topicStart, topicEnd);
    }
  }

  /** Lets go of the chunk, for a connection may be idle from now on. */
  release(): void {
    this.bytes = noBytes;
  }

  #decode(reader: PacketReader, topics: TopicCache): void {
    const packet = reader.decodeFrame() as PublishPacket;
    const { properties, payload } = packet;
    this.bytes = reader.bytes;
    this.frameStart = reader.frameStart;
    this.payloadStart = reader.frameEnd - payload.length;
    this.end = reader.frameEnd;
    this.qos = packet.qos;
    this.retain = packet.retain;
    this.dup = packet.dup;
    this.packetIdentifier = packet.packetIdentifier;
    this.properties = properties;
    this.topic = packet.topicName === '' ? undefined : topics.findName(packet.topicName);
    // An alias belongs to this connection only, and what is left of an expiry interval changes with time.
    const isForwardable =
      properties.topicAlias === undefined && properties.messageExpiryInterval === undefined;
    this.form = isForwardable ? (reader.protocolVersion === 5 ? 5 : 3) : 0;
  }
}
