/** One QoS 1 or 2 message on its way to one session, from queueing to the end of its exchange. */
import type { QoS } from '@petrel/protocol';
import type { Message } from './message.js';
import type { StoredDelivery } from './stores/store.js';
import type { DeliveryTerms } from './subscription.js';

/** Bytes that a delivery takes besides its message. */
const ownBytes = 120;

/** Queued while `packetIdentifier` is 0, sent from then on. */
export class Delivery implements StoredDelivery {
  packetIdentifier = 0;
  released = false;

  constructor(
    readonly sequence: number,
    readonly message: Message,
    readonly qos: 1 | 2,
    /** RETAIN as this receiver sees it. */
    readonly retain: boolean,
    readonly terms: DeliveryTerms,
  ) {}

  get subscriptionIdentifiers(): readonly number[] {
    return this.terms.subscriptionIdentifiers;
  }

  get sharedGroup(): string | undefined {
    return this.terms.sharedGroup;
  }

  /** What it counts in a queue; a message shared by several queues counts in each. */
  get sizeBytes(): number {
    return this.message.sizeBytes + ownBytes;
  }
}

/** The lower of the two [MQTT-3.8.4-8]. */
export function effectiveQoS(published: QoS, granted: QoS): QoS {
  return published < granted ? published : granted;
}
