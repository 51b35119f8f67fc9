/**
 * The seam between the broker and whatever outlives it. The broker works in memory and tells the store every change to what must
 * survive: sessions with an expiry interval, their subscriptions, deliveries and identifiers, retained messages.
 *
 * The rule of the seam: acknowledge only after the store owns it. Methods that write return at once; commit() tells when everything
 * written so far is owned, and PUBACK, PUBREC, PUBREL, PUBCOMP, SUBACK, UNSUBACK and CONNACK leave after that.
 */
import type { MessageProperties, QoS, RetainHandling } from '@petrel/protocol';

/** A message as a store keeps it; `payload` must be copied or written before the call returns only if the store outlives it. */
export interface StoredMessage {
  readonly topicName: string;
  readonly payload: Uint8Array;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly properties: MessageProperties;
  /** Milliseconds since the Unix epoch; undefined = never. */
  readonly expiresAt: number | undefined;
  readonly publisher: string | undefined;
  /** Where a store leaves the number of a message that it has, so as not to store it twice; 0 = none. Messages of the broker have it. */
  storeNumber?: number;
}

/** The Will that waits in a session. */
export interface StoredWill {
  readonly topicName: string;
  readonly payload: Uint8Array;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly properties: MessageProperties;
  /** Seconds. */
  readonly willDelayInterval: number;
}

/** A session without what it contains. */
export interface StoredSession {
  readonly clientIdentifier: string;
  /** Name of the principal it belongs to; undefined for anonymous ones. */
  readonly principalName: string | undefined;
  /** Seconds; 0xFFFFFFFF = never expires. */
  readonly sessionExpiryInterval: number;
  /** Milliseconds since the Unix epoch; undefined while connected, and so after a crash. */
  readonly disconnectedAt: number | undefined;
  readonly will: StoredWill | undefined;
}

/** One subscription of a session. */
export interface StoredSubscription {
  /** As the client sent it, with `$share/…`. */
  readonly requestedFilter: string;
  readonly qos: QoS;
  readonly noLocal: boolean;
  readonly retainAsPublished: boolean;
  readonly retainHandling: RetainHandling;
  readonly subscriptionIdentifier: number | undefined;
  /** Retained messages that it matched when it was made are still to be sent. */
  readonly awaitsRetained: boolean;
}

/** A QoS 1 or 2 message on its way to a session. */
export interface StoredDelivery {
  /** Rises with each delivery of a session; its key. */
  readonly sequence: number;
  readonly message: StoredMessage;
  readonly qos: 1 | 2;
  readonly retain: boolean;
  readonly subscriptionIdentifiers: readonly number[];
  /** The Shared Subscription (`shareName/topicFilter`) it came through. */
  readonly sharedGroup: string | undefined;
  /** 0 while queued. */
  readonly packetIdentifier: number;
  /** QoS 2 after PUBREC. */
  readonly released: boolean;
}

/** What one session held when the store was opened; deliveries by rising `sequence`. */
export interface RestoredSession {
  readonly session: StoredSession;
  readonly subscriptions: readonly StoredSubscription[];
  /** All of them; only those in flight of a store that reads queued ones back. */
  readonly deliveries: readonly StoredDelivery[];
  /** What such a store keeps. */
  readonly queued?: StoredQueue | undefined;
  /** The sequence behind which new deliveries go on; -1 = from the start. */
  readonly lastSequence: number;
  /** Packet Identifiers of QoS 2 messages received and not released. */
  readonly receivedIdentifiers: readonly number[];
}

/** Queued deliveries that stay in a store until somebody asks for them. */
export interface StoredQueue {
  readonly messages: number;
  readonly bytes: number;
}

/** Reads queued deliveries of sessions, so that the broker need not hold them. */
export interface QueueReader {
  /** The first of them behind a sequence, in order, up to a number of messages or about so many bytes, but one at least if there is one. */
  read(
    clientIdentifier: string,
    afterSequence: number,
    maximumMessages: number,
    maximumBytes: number,
  ): Promise<readonly StoredDelivery[]>;
  /** Whether one of them came through a Shared Subscription. */
  isShared(clientIdentifier: string): boolean;
  /** Deletes the first one between two sequences, which do not belong to it; undefined when there is none. */
  dropFirst(
    clientIdentifier: string,
    afterSequence: number,
    beforeSequence: number,
  ): { readonly sequence: number; readonly bytes: number } | undefined;
}

/** A retained message that stays in a store until somebody asks for it. */
export interface StoredRetained {
  readonly topicName: string;
  /** Above 0; rises with every message. */
  readonly storeNumber: number;
  /** About what `sizeBytes` of the message was. */
  readonly sizeBytes: number;
  /** Milliseconds since the Unix epoch; undefined = never. */
  readonly expiresAt: number | undefined;
}

/** Reads retained messages, so that the broker need not hold them. */
export interface RetainedReader {
  /** Those of these numbers that are still there. */
  read(storeNumbers: readonly number[]): Promise<ReadonlyMap<number, StoredMessage>>;
}

/** All that a store held when it was opened. */
export interface RestoredState {
  readonly sessions: Iterable<RestoredSession>;
  /** Those that the broker is to hold: all, or none of a store that reads them back. */
  readonly retained: Iterable<StoredMessage>;
  /** What such a store keeps, some at a time. */
  readonly retainedInStore?: AsyncIterable<readonly StoredRetained[]> | undefined;
}

/**
 * A store. Writes are applied in the order of the calls and return at once; a write that fails makes the next commit() reject.
 *
 * Time in it is the broker's clock, which is the Unix epoch unless a simulation says otherwise.
 */
export interface Store {
  /** Rises with every write: what led to none need not wait for commit(). */
  readonly written: number;
  /** The Reason Code for what would have to be owned now and cannot be: 0x97 no room, 0x83 the disk fails; undefined while all is well. */
  readonly refusal: number | undefined;
  /** Present in a store that keeps queued deliveries for the broker. */
  readonly queueReader?: QueueReader | undefined;
  /** Present in a store that keeps retained messages for the broker: it leaves their `storeNumber` in what putRetained() is given. */
  readonly retainedReader?: RetainedReader | undefined;
  /** Makes the store ready and gives back what it held. Called once, first. */
  open(): RestoredState | Promise<RestoredState>;
  /** Inserts a session or replaces what is known of it, without touching what it contains. */
  putSession(session: StoredSession): void;
  /** Deletes a session and all it contains. */
  deleteSession(clientIdentifier: string): void;
  /** Gives a session, which has no subscriptions, another name under which no client comes. */
  renameSession(clientIdentifier: string, name: string): void;
  putSubscription(clientIdentifier: string, subscription: StoredSubscription): void;
  deleteSubscription(clientIdentifier: string, requestedFilter: string): void;
  /** Adds a delivery, queued or sent. */
  addDelivery(clientIdentifier: string, delivery: StoredDelivery): void;
  /** Its Packet Identifier or its `released` changed. */
  updateDelivery(clientIdentifier: string, delivery: StoredDelivery): void;
  deleteDelivery(clientIdentifier: string, sequence: number): void;
  addReceivedIdentifier(clientIdentifier: string, packetIdentifier: number): void;
  deleteReceivedIdentifier(clientIdentifier: string, packetIdentifier: number): void;
  /** Stores a message in place of the retained one of its topic, whose `storeNumber` is `replaces`; 0 = there is none, or it has none. */
  putRetained(message: StoredMessage, replaces: number): void;
  deleteRetained(topicName: string, storeNumber: number): void;
  /**
   * Undefined when everything written so far is owned; else a promise, the same one for all who share the group, that resolves when it is
   * and rejects when it cannot be.
   */
  commit(): Promise<void> | undefined;
  /** Commits and lets go of everything. May be called twice. */
  close(): void | Promise<void>;
}
