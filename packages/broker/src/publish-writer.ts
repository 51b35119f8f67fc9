/**
 * Writes one PUBLISH for one receiver, out of the bytes that the message already has: as it came, as it came with another
 * first byte and Packet Identifier, or put together from topic, properties and payload. The payload is never encoded again.
 */
import type { QoS } from '@petrel/protocol';
import type { Message } from './message.js';
import { copyBytes, type Output } from './output.js';
import { readUint32 } from './property-scan.js';

/** Larger payloads are passed by reference instead of being copied next to their header. */
const largestCopyBytes = 2048;
const noBytes = new Uint8Array(0);

/** How one receiver gets its copy. */
export interface PublishCopy {
  readonly qos: QoS;
  readonly retain: boolean;
  readonly dup: boolean;
  /** 0 at QoS 0. */
  readonly packetIdentifier: number;
  /** Encoded Subscription Identifier properties; undefined for none. */
  readonly subscriptionIdentifiers: Uint8Array | undefined;
  /** 0 for none. */
  readonly topicAlias: number;
  /** False when the alias alone tells the topic. */
  readonly withTopicName: boolean;
  /** Seconds; undefined for none. */
  readonly messageExpiryInterval: number | undefined;
}

/** The bytes that the copy takes on the wire. */
export function publishCopySize(message: Message, isVersion5: boolean, copy: PublishCopy): number {
  const remainingLength = bodySize(message, isVersion5, copy);
  return 1 + lengthSize(remainingLength) + remainingLength;
}

/** Writes the copy; the caller has checked its size against the receiver's Maximum Packet Size. */
export function writePublishCopy(
  output: Output,
  message: Message,
  isVersion5: boolean,
  copy: PublishCopy,
): void {
  const firstByte = 0x30 | (copy.dup ? 8 : 0) | (copy.qos << 1) | (copy.retain ? 1 : 0);
  if (mayLeaveAsItCame(message, isVersion5, copy)) {
    writeFrame(output, message, firstByte, copy);
    return;
  }
  const remainingLength = bodySize(message, isVersion5, copy);
  const payloadBytes = message.payloadBytes;
  const headerBytes = 1 + lengthSize(remainingLength) + remainingLength - payloadBytes;
  const joined = payloadBytes <= largestCopyBytes;
  let at = output.reserve(joined ? headerBytes + payloadBytes : headerBytes);
  const { slab } = output;
  slab[at++] = firstByte;
  at = writeLength(slab, at, remainingLength);
  at = writeBinary(slab, at, copy.withTopicName ? message.topic.bytes : noBytes);
  if (copy.qos > 0) at = writeUint16(slab, at, copy.packetIdentifier);
  if (isVersion5) at = writeProperties(slab, at, message, copy);
  if (joined) copyBytes(slab, at, message.bytes, message.payloadStart, message.end);
  else output.append(message.bytes, message.payloadStart, message.end);
}

function mayLeaveAsItCame(message: Message, isVersion5: boolean, copy: PublishCopy): boolean {
  return (
    message.frameForm === (isVersion5 ? 5 : 3) &&
    message.qos > 0 === copy.qos > 0 &&
    copy.topicAlias === 0 &&
    copy.subscriptionIdentifiers === undefined
  );
}

function writeFrame(output: Output, message: Message, firstByte: number, copy: PublishCopy): void {
  const { bytes, frameStart, end, expiryAt } = message;
  const { packetIdentifier, messageExpiryInterval = 0 } = copy;
  const isCurrent = expiryAt === 0 || readUint32(bytes, frameStart + expiryAt) === messageExpiryInterval;
  if (packetIdentifier === 0 && isCurrent && bytes[frameStart] === firstByte) {
    output.append(bytes, frameStart, end);
    return;
  }
  const copied = end - frameStart <= largestCopyBytes ? end : message.payloadStart;
  const at = output.reserve(copied - frameStart);
  const { slab } = output;
  copyBytes(slab, at, bytes, frameStart, copied);
  slab[at] = firstByte;
  if (packetIdentifier > 0) {
    let identifierAt = at + 1;
    while ((slab[identifierAt++] as number) >= 0x80);
    writeUint16(slab, identifierAt + 2 + message.topic.bytes.length, packetIdentifier);
  }
  if (!isCurrent) writeUint32(slab, at + expiryAt, messageExpiryInterval); // [MQTT-3.3.2-6]
  if (copied !== end) output.append(bytes, copied, end);
}

function bodySize(message: Message, isVersion5: boolean, copy: PublishCopy): number {
  let size =
    2 + (copy.withTopicName ? message.topic.bytes.length : 0) + (copy.qos > 0 ? 2 : 0) + message.payloadBytes;
  if (isVersion5) {
    const propertySize = propertiesSize(message, copy);
    size += lengthSize(propertySize) + propertySize;
  }
  return size;
}

function propertiesSize(message: Message, copy: PublishCopy): number {
  return (
    message.encodedProperties.length +
    (copy.messageExpiryInterval === undefined ? 0 : 5) +
    (copy.topicAlias === 0 ? 0 : 3) +
    (copy.subscriptionIdentifiers === undefined ? 0 : copy.subscriptionIdentifiers.length)
  );
}

function writeProperties(slab: Uint8Array, start: number, message: Message, copy: PublishCopy): number {
  let at = writeLength(slab, start, propertiesSize(message, copy));
  const { messageExpiryInterval, topicAlias, subscriptionIdentifiers } = copy;
  if (messageExpiryInterval !== undefined) {
    slab[at++] = 0x02;
    at = writeUint32(slab, at, messageExpiryInterval);
  }
  if (topicAlias > 0) {
    slab[at++] = 0x23;
    at = writeUint16(slab, at, topicAlias);
  }
  if (subscriptionIdentifiers !== undefined) at = writeRaw(slab, at, subscriptionIdentifiers);
  return writeRaw(slab, at, message.encodedProperties);
}

function writeRaw(slab: Uint8Array, at: number, bytes: Uint8Array): number {
  copyBytes(slab, at, bytes, 0, bytes.length);
  return at + bytes.length;
}

function writeBinary(slab: Uint8Array, at: number, bytes: Uint8Array): number {
  return writeRaw(slab, writeUint16(slab, at, bytes.length), bytes);
}

function writeUint16(slab: Uint8Array, at: number, value: number): number {
  slab[at] = value >>> 8;
  slab[at + 1] = value;
  return at + 2;
}

function writeUint32(slab: Uint8Array, at: number, value: number): number {
  return writeUint16(slab, writeUint16(slab, at, value >>> 16), value & 0xffff);
}

function lengthSize(value: number): number {
  return value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x200000 ? 3 : 4;
}

/** Writes a Variable Byte Integer. */
function writeLength(slab: Uint8Array, start: number, value: number): number {
  let at = start;
  let rest = value;
  while (rest >= 0x80) {
    slab[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  slab[at++] = rest;
  return at;
}
