/** One subscription of one session, and the terms under which a message reaches it. */
import type { QoS, RetainHandling } from '@petrel/protocol';
import type { Session } from './session.js';
import type { StoredSubscription } from './stores/store.js';

/** A granted subscription. Its terms never change: subscribing again puts another one in its place. */
export class Subscription implements StoredSubscription {
  /** For this subscription alone. */
  readonly terms: DeliveryTerms;
  /** From the moment it was granted until all of them were sent. */
  awaitsRetained = false;

  constructor(
    readonly session: Session,
    /** As the client sent it, with `$share/…`. */
    readonly requestedFilter: string,
    /** The real filter. */
    readonly topicFilter: string,
    readonly shareName: string | undefined,
    readonly qos: QoS,
    readonly noLocal: boolean,
    readonly retainAsPublished: boolean,
    readonly retainHandling: RetainHandling,
    readonly subscriptionIdentifier: number | undefined,
  ) {
    this.terms = DeliveryTerms.of([this]);
  }

  /** The key of its group; undefined unless it is shared. */
  get sharedGroup(): string | undefined {
    return this.shareName === undefined ? undefined : `${this.shareName}/${this.topicFilter}`;
  }
}

/** How a session gets a message that one or more of its subscriptions match. */
export class DeliveryTerms {
  private constructor(
    /** The highest granted one [MQTT-3.3.4-2]. */
    readonly qos: QoS,
    readonly retainAsPublished: boolean,
    /** All of them that this client gave [MQTT-3.3.4-4]. */
    readonly subscriptionIdentifiers: readonly number[],
    /** The same as properties on the wire; undefined for none. */
    readonly encodedIdentifiers: Uint8Array | undefined,
    readonly sharedGroup: string | undefined,
  ) {}

  /** What the subscriptions of one session, at least one, come to together. */
  static of(subscriptions: readonly Subscription[]): DeliveryTerms {
    let qos: QoS = 0;
    let retainAsPublished = false;
    const identifiers = new Set<number>();
    let sharedGroup: string | undefined;
    for (const subscription of subscriptions) {
      if (subscription.qos > qos) qos = subscription.qos;
      retainAsPublished ||= subscription.retainAsPublished;
      if (subscription.subscriptionIdentifier !== undefined)
        identifiers.add(subscription.subscriptionIdentifier);
      sharedGroup = subscription.sharedGroup;
    }
    return DeliveryTerms.restored(qos, [...identifiers], sharedGroup, retainAsPublished);
  }

  /** For a delivery that a store kept. */
  static restored(
    qos: QoS,
    subscriptionIdentifiers: readonly number[],
    sharedGroup: string | undefined,
    retainAsPublished = false,
  ): DeliveryTerms {
    return new DeliveryTerms(
      qos,
      retainAsPublished,
      subscriptionIdentifiers,
      subscriptionIdentifiers.length === 0 ? undefined : encodeIdentifiers(subscriptionIdentifiers),
      sharedGroup,
    );
  }
}

function encodeIdentifiers(identifiers: readonly number[]): Uint8Array {
  const bytes: number[] = [];
  for (const identifier of identifiers) {
    bytes.push(0x0b);
    let rest = identifier;
    for (; rest >= 0x80; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
    bytes.push(rest);
  }
  return Uint8Array.from(bytes);
}
