/** The changes that a data folder records, one number each; what follows the number is in record-writer and record-reader. */

/** First byte of each record. A new kind, or another content, is a new format version. */
export const recordKind = {
  session: 1,
  sessionGone: 2,
  sessionRenamed: 3,
  subscription: 4,
  subscriptionGone: 5,
  message: 6,
  delivery: 7,
  deliveryChanged: 8,
  deliveryGone: 9,
  received: 10,
  receivedGone: 11,
  retained: 12,
  retainedGone: 13,
  messageAt: 14,
  end: 15,
} as const;

/** How a delivery differs from a queued one of QoS 1; bits. */
export const deliveryFlag = { qos2: 1, retain: 2, released: 4, hasIdentifier: 8, hasTerms: 16 } as const;

/** What stands in a message besides topic and payload; the two lowest bits are its QoS. */
export const messageFlag = { retain: 4, expires: 8, hasPublisher: 16, hasProperties: 32 } as const;

/** The same for a session. */
export const sessionFlag = { hasPrincipal: 1, disconnected: 2, hasWill: 4 } as const;

/** The same for a subscription; the QoS in the lowest two bits, Retain Handling in the next. */
export const subscriptionFlag = {
  noLocal: 16,
  retainAsPublished: 32,
  hasIdentifier: 64,
  awaitsRetained: 128,
} as const;

/** How a session gets a message, besides its QoS. */
export interface StoredTerms {
  readonly subscriptionIdentifiers: readonly number[];
  readonly sharedGroup: string | undefined;
}
