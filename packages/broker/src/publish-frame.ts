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
import { scanProperties } from './property-scan.js';
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
  /** Offset of the Property Length where the properties were only looked at and `properties` is empty; 0 elsewhere. */
  propertiesAt = 0;
  /** Offset of the value of the Message Expiry Interval, where the properties were only looked at; 0 for none. */
  expiryAt = 0;
  /** Seconds; undefined for none. */
  messageExpiryInterval: number | undefined;
  userPropertyCount = 0;
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
    if (isVersion5 && isPlain) {
      const behind = this.#scan(bytes, at, frameEnd);
      isPlain = behind > 0;
      at = behind;
    } else {
      this.#noProperties();
    }
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

  #noProperties(): void {
    this.propertiesAt = 0;
    this.expiryAt = 0;
    this.messageExpiryInterval = undefined;
    this.userPropertyCount = 0;
  }

  /** Looks at the properties and gives back the offset behind them; 0 where the decoder has to read them. */
  #scan(bytes: Uint8Array, lengthAt: number, frameEnd: number): number {
    this.#noProperties();
    const first = bytes[lengthAt] as number;
    if (first === 0) return lengthAt + 1;
    const second = first < 0x80 ? 0 : (bytes[lengthAt + 1] as number);
    // Longer ones are rare enough, and so is a length that is not in its shortest form.
    if (second >= 0x80 || (first >= 0x80 && second === 0)) return 0;
    const start = first < 0x80 ? lengthAt + 1 : lengthAt + 2;
    const end = start + (first & 0x7f) + (second << 7);
    if (end > frameEnd) return 0;
    const scanned = scanProperties(bytes, start, end);
    if (scanned === undefined) return 0;
    this.propertiesAt = lengthAt;
    this.expiryAt = scanned.expiryAt;
    this.messageExpiryInterval = scanned.messageExpiryInterval;
    this.userPropertyCount = scanned.userProperties;
    return end;
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
    this.#noProperties();
    this.messageExpiryInterval = properties.messageExpiryInterval;
    this.userPropertyCount = properties.userProperties?.length ?? 0;
    this.topic = packet.topicName === '' ? undefined : topics.findName(packet.topicName);
    // An alias belongs to this connection only, and what is left of an expiry interval changes with time.
    const isForwardable =
      properties.topicAlias === undefined && properties.messageExpiryInterval === undefined;
    this.form = isForwardable ? (reader.protocolVersion === 5 ? 5 : 3) : 0;
  }
}
