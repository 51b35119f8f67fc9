/** Writes records into a batch. What each looks like stands here and, the other way round, in record-reader. */
import {
  type MessageProperties,
  noProperties,
  propertiesSize,
  variableByteIntegerSize,
} from '@petrel/protocol';
import type { StoredMessage, StoredSession, StoredSubscription, StoredWill } from '../store.js';
import { type ByteBuffer, checksumBytes } from './byte-buffer.js';
import type { IndexedDelivery } from './delivery-index.js';
import { deliveryFlag, messageFlag, recordKind, sessionFlag, subscriptionFlag } from './records.js';

/** Sessions and messages are named by numbers that are never used again. */
export class RecordWriter {
  readonly #bytes: ByteBuffer;

  constructor(bytes: ByteBuffer) {
    this.#bytes = bytes;
  }

  session(number: number, session: StoredSession): void {
    const { principalName, disconnectedAt, will } = session;
    this.#begin(recordKind.session, number);
    this.#bytes.uint8(
      (principalName === undefined ? 0 : sessionFlag.hasPrincipal) |
        (disconnectedAt === undefined ? 0 : sessionFlag.disconnected) |
        (will === undefined ? 0 : sessionFlag.hasWill),
    );
    this.#bytes.text(session.clientIdentifier);
    this.#bytes.varint(session.sessionExpiryInterval);
    if (principalName !== undefined) this.#bytes.text(principalName);
    if (disconnectedAt !== undefined) this.#bytes.float64(disconnectedAt);
    if (will !== undefined) this.#will(will);
  }

  sessionGone(number: number): void {
    this.#begin(recordKind.sessionGone, number);
  }

  sessionRenamed(number: number, clientIdentifier: string): void {
    this.#begin(recordKind.sessionRenamed, number);
    this.#bytes.text(clientIdentifier);
  }

  subscription(number: number, subscription: StoredSubscription): void {
    const { subscriptionIdentifier } = subscription;
    this.#begin(recordKind.subscription, number);
    this.#bytes.uint8(
      subscription.qos |
        (subscription.retainHandling << 2) |
        (subscription.noLocal ? subscriptionFlag.noLocal : 0) |
        (subscription.retainAsPublished ? subscriptionFlag.retainAsPublished : 0) |
        (subscriptionIdentifier === undefined ? 0 : subscriptionFlag.hasIdentifier) |
        (subscription.awaitsRetained ? subscriptionFlag.awaitsRetained : 0),
    );
    this.#bytes.text(subscription.requestedFilter);
    if (subscriptionIdentifier !== undefined) this.#bytes.varint(subscriptionIdentifier);
  }

  subscriptionGone(number: number, requestedFilter: string): void {
    this.#begin(recordKind.subscriptionGone, number);
    this.#bytes.text(requestedFilter);
  }

  /** Gives back where in the batch the body begins, and its length. */
  message(number: number, message: StoredMessage): { readonly start: number; readonly length: number } {
    const { topicName, publisher, expiresAt, properties, payload } = message;
    const bytes = this.#bytes;
    const hasProperties = properties !== noProperties && Object.keys(properties).length > 0;
    // The length in front is needed to pass over a message without reading it, and known only behind it.
    const size = this.#sizeOf(message, hasProperties) + checksumBytes;
    this.#begin(recordKind.message, number);
    bytes.varint(size);
    const start = bytes.length;
    bytes.uint8(
      message.qos |
        (message.retain ? messageFlag.retain : 0) |
        (expiresAt === undefined ? 0 : messageFlag.expires) |
        (publisher === undefined ? 0 : messageFlag.hasPublisher) |
        (hasProperties ? messageFlag.hasProperties : 0),
    );
    bytes.text(topicName);
    if (publisher !== undefined) bytes.text(publisher);
    if (expiresAt !== undefined) bytes.float64(expiresAt);
    if (hasProperties) bytes.properties(properties);
    bytes.raw(payload);
    bytes.checksum(start);
    return { start, length: size };
  }

  /** A message as it stands in another segment, with its checksum. */
  messageBody(number: number, body: Uint8Array): number {
    this.#begin(recordKind.message, number);
    this.#bytes.varint(body.length);
    const start = this.#bytes.length;
    this.#bytes.raw(body);
    return start;
  }

  delivery(session: number, delivery: IndexedDelivery): void {
    const { packetIdentifier, terms } = delivery;
    const { subscriptionIdentifiers, sharedGroup } = terms;
    const hasTerms = subscriptionIdentifiers.length > 0 || sharedGroup !== undefined;
    const bytes = this.#bytes;
    this.#begin(recordKind.delivery, session);
    bytes.varint(delivery.sequence);
    bytes.varint(delivery.messageNumber);
    bytes.uint8(
      (delivery.qos === 2 ? deliveryFlag.qos2 : 0) |
        (delivery.retain ? deliveryFlag.retain : 0) |
        (delivery.released ? deliveryFlag.released : 0) |
        (packetIdentifier === 0 ? 0 : deliveryFlag.hasIdentifier) |
        (hasTerms ? deliveryFlag.hasTerms : 0),
    );
    if (packetIdentifier !== 0) bytes.varint(packetIdentifier);
    if (!hasTerms) return;
    bytes.varint(subscriptionIdentifiers.length);
    for (const identifier of subscriptionIdentifiers) bytes.varint(identifier);
    bytes.text(sharedGroup ?? '');
  }

  deliveryChanged(session: number, sequence: number, packetIdentifier: number, released: boolean): void {
    this.#begin(recordKind.deliveryChanged, session);
    this.#bytes.varint(sequence);
    this.#bytes.varint(packetIdentifier * 2 + (released ? 1 : 0));
  }

  deliveryGone(session: number, sequence: number): void {
    this.#begin(recordKind.deliveryGone, session);
    this.#bytes.varint(sequence);
  }

  received(session: number, packetIdentifier: number): void {
    this.#begin(recordKind.received, session);
    this.#bytes.varint(packetIdentifier);
  }

  receivedGone(session: number, packetIdentifier: number): void {
    this.#begin(recordKind.receivedGone, session);
    this.#bytes.varint(packetIdentifier);
  }

  retained(messageNumber: number): void {
    this.#begin(recordKind.retained, messageNumber);
  }

  retainedGone(messageNumber: number): void {
    this.#begin(recordKind.retainedGone, messageNumber);
  }

  /** In a snapshot: where a message lies, which stays where it is. */
  messageAt(number: number, segment: number, offset: number, length: number): void {
    this.#begin(recordKind.messageAt, number);
    this.#bytes.varint(segment);
    this.#bytes.varint(offset);
    this.#bytes.varint(length);
  }

  /** The last record of a snapshot: without it there is none. */
  end(): void {
    this.#begin(recordKind.end, 0);
  }

  #begin(kind: number, number: number): void {
    this.#bytes.uint8(kind);
    this.#bytes.varint(number);
  }

  #will(will: StoredWill): void {
    this.#bytes.uint8(will.qos | (will.retain ? messageFlag.retain : 0));
    this.#bytes.varint(will.willDelayInterval);
    this.#bytes.text(will.topicName);
    const { willDelayInterval: _, ...properties } = will.properties as { willDelayInterval?: number };
    this.#bytes.properties(properties);
    this.#bytes.varint(will.payload.length);
    this.#bytes.raw(will.payload);
  }

  #sizeOf({ topicName, publisher, expiresAt, properties, payload }: StoredMessage, has: boolean): number {
    return (
      1 +
      textSize(topicName) +
      (publisher === undefined ? 0 : textSize(publisher)) +
      (expiresAt === undefined ? 0 : 8) +
      (has ? propertiesBytes(properties) : 0) +
      payload.length
    );
  }
}

function textSize(text: string): number {
  const size = Buffer.byteLength(text);
  return size + (size < 0x80 ? 1 : size < 0x4000 ? 2 : 3);
}

function propertiesBytes(properties: MessageProperties): number {
  const size = propertiesSize(properties, 'publish');
  return size + variableByteIntegerSize(size);
}
