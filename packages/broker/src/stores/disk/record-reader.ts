/** Reads the records of a batch one by one, in the order in which they were written, and hands each to a visitor. */
import type { QoS, RetainHandling } from '@petrel/protocol';
import { noProperties } from '@petrel/protocol';
import type { StoredMessage, StoredSession, StoredSubscription, StoredWill } from '../store.js';
import { type ByteCursor, CorruptRecord } from './byte-cursor.js';
import { type IndexedDelivery, plainTerms } from './delivery-index.js';
import {
  deliveryFlag,
  messageFlag,
  recordKind,
  type StoredTerms,
  sessionFlag,
  subscriptionFlag,
} from './records.js';

/** Who is told what stands in a batch. */
export interface RecordVisitor {
  session(number: number, session: StoredSession): void;
  sessionGone(number: number): void;
  sessionRenamed(number: number, clientIdentifier: string): void;
  subscription(session: number, subscription: StoredSubscription): void;
  subscriptionGone(session: number, requestedFilter: string): void;
  /** Where the body lies in the bytes that are read. */
  message(number: number, offset: number, length: number): void;
  delivery(session: number, delivery: IndexedDelivery): void;
  deliveryChanged(session: number, sequence: number, packetIdentifier: number, released: boolean): void;
  deliveryGone(session: number, sequence: number): void;
  received(session: number, packetIdentifier: number): void;
  receivedGone(session: number, packetIdentifier: number): void;
  retained(messageNumber: number): void;
  retainedGone(messageNumber: number): void;
  messageAt(number: number, segment: number, offset: number, length: number): void;
  end(): void;
}

/** Reads one record; throws CorruptRecord. */
export function readRecord(cursor: ByteCursor, visitor: RecordVisitor): void {
  const kind = cursor.uint8();
  const number = cursor.varint();
  switch (kind) {
    case recordKind.session:
      visitor.session(number, readSession(cursor));
      return;
    case recordKind.sessionGone:
      visitor.sessionGone(number);
      return;
    case recordKind.sessionRenamed:
      visitor.sessionRenamed(number, cursor.text());
      return;
    case recordKind.subscription:
      visitor.subscription(number, readSubscription(cursor));
      return;
    case recordKind.subscriptionGone:
      visitor.subscriptionGone(number, cursor.text());
      return;
    case recordKind.message: {
      const length = cursor.varint();
      visitor.message(number, cursor.position, length);
      cursor.skip(length);
      return;
    }
    case recordKind.delivery:
      visitor.delivery(number, readDelivery(cursor));
      return;
    case recordKind.deliveryChanged: {
      const sequence = cursor.varint();
      const state = cursor.varint();
      visitor.deliveryChanged(number, sequence, Math.floor(state / 2), state % 2 === 1);
      return;
    }
    case recordKind.deliveryGone:
      visitor.deliveryGone(number, cursor.varint());
      return;
    case recordKind.received:
      visitor.received(number, cursor.varint());
      return;
    case recordKind.receivedGone:
      visitor.receivedGone(number, cursor.varint());
      return;
    case recordKind.retained:
      visitor.retained(number);
      return;
    case recordKind.retainedGone:
      visitor.retainedGone(number);
      return;
    case recordKind.messageAt:
      visitor.messageAt(number, cursor.varint(), cursor.varint(), cursor.varint());
      return;
    case recordKind.end:
      visitor.end();
      return;
    default:
      throw new CorruptRecord(`there is no record of kind ${kind}`);
  }
}

/** A message that was read; knows its number, which is no part of the message. */
export class KeptMessage implements StoredMessage {
  /** Behind a getter: two messages are equal when what was published is. */
  #number: number;

  constructor(
    number: number,
    readonly topicName: string,
    readonly payload: Uint8Array,
    readonly qos: QoS,
    readonly retain: boolean,
    readonly properties: StoredMessage['properties'],
    readonly expiresAt: number | undefined,
    readonly publisher: string | undefined,
  ) {
    this.#number = number;
  }

  get storeNumber(): number {
    return this.#number;
  }

  set storeNumber(number: number) {
    this.#number = number;
  }
}

/** Reads what a retained message is found by, and when it ends. */
export function readMessageHead(cursor: ByteCursor): Pick<StoredMessage, 'topicName' | 'expiresAt'> {
  cursor.assertChecksum();
  const flags = cursor.uint8();
  const topicName = cursor.text();
  if (flags & messageFlag.hasPublisher) cursor.skip(cursor.varint());
  return { topicName, expiresAt: flags & messageFlag.expires ? cursor.float64() : undefined };
}

/** Reads the body of a message and checks it, which ends where the cursor ends. */
export function readMessage(cursor: ByteCursor, number: number): KeptMessage {
  cursor.assertChecksum();
  const flags = cursor.uint8();
  const topicName = cursor.text();
  const publisher = flags & messageFlag.hasPublisher ? cursor.text() : undefined;
  const expiresAt = flags & messageFlag.expires ? cursor.float64() : undefined;
  const properties = flags & messageFlag.hasProperties ? cursor.properties() : noProperties;
  const payload = cursor.raw(cursor.end - cursor.position);
  const retain = (flags & messageFlag.retain) !== 0;
  const qos = (flags & 3) as QoS;
  return new KeptMessage(number, topicName, payload, qos, retain, properties, expiresAt, publisher);
}

function readSession(cursor: ByteCursor): StoredSession {
  const flags = cursor.uint8();
  const clientIdentifier = cursor.text();
  const sessionExpiryInterval = cursor.varint();
  return {
    clientIdentifier,
    sessionExpiryInterval,
    principalName: flags & sessionFlag.hasPrincipal ? cursor.text() : undefined,
    disconnectedAt: flags & sessionFlag.disconnected ? cursor.float64() : undefined,
    will: flags & sessionFlag.hasWill ? readWill(cursor) : undefined,
  };
}

function readWill(cursor: ByteCursor): StoredWill {
  const flags = cursor.uint8();
  const willDelayInterval = cursor.varint();
  const topicName = cursor.text();
  const properties = cursor.properties();
  const payload = cursor.raw(cursor.varint());
  const retain = (flags & messageFlag.retain) !== 0;
  return { topicName, payload, qos: (flags & 3) as QoS, retain, properties, willDelayInterval };
}

function readSubscription(cursor: ByteCursor): StoredSubscription {
  const flags = cursor.uint8();
  return {
    requestedFilter: cursor.text(),
    qos: (flags & 3) as QoS,
    retainHandling: ((flags >> 2) & 3) as RetainHandling,
    noLocal: (flags & subscriptionFlag.noLocal) !== 0,
    retainAsPublished: (flags & subscriptionFlag.retainAsPublished) !== 0,
    subscriptionIdentifier: flags & subscriptionFlag.hasIdentifier ? cursor.varint() : undefined,
    awaitsRetained: (flags & subscriptionFlag.awaitsRetained) !== 0,
  };
}

function readDelivery(cursor: ByteCursor): IndexedDelivery {
  const sequence = cursor.varint();
  const messageNumber = cursor.varint();
  const flags = cursor.uint8();
  return {
    sequence,
    messageNumber,
    qos: flags & deliveryFlag.qos2 ? 2 : 1,
    retain: (flags & deliveryFlag.retain) !== 0,
    released: (flags & deliveryFlag.released) !== 0,
    packetIdentifier: flags & deliveryFlag.hasIdentifier ? cursor.varint() : 0,
    terms: flags & deliveryFlag.hasTerms ? readTerms(cursor) : plainTerms,
  };
}

function readTerms(cursor: ByteCursor): StoredTerms {
  const subscriptionIdentifiers = Array.from({ length: cursor.varint() }, () => cursor.varint());
  const sharedGroup = cursor.text();
  return { subscriptionIdentifiers, sharedGroup: sharedGroup === '' ? undefined : sharedGroup };
}
