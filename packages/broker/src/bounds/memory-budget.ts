/**
 * What clients make the broker keep, all together: sessions, subscriptions, messages that wait, Topic Aliases, unfinished exchanges. The bounds of
 * single tables multiply; this one is the sum. Counts, and says whether there is room; what is refused without it, others decide.
 */
import type { TransportKind } from '../transport.js';

/** What a connection without CONNECT costs. Measured, and rounded up. */
export const connectionBytes: Readonly<Record<TransportKind, number>> = {
  tcp: 8_192,
  unix: 8_192,
  tls: 49_152,
  websocket: 16_384,
  memory: 4_096,
};
/** What a session costs without its texts. */
export const sessionBytes = 2_048;
/** What one level of a topic tree costs. */
export const levelBytes = 256;
/** What a subscription costs besides its levels. */
export const subscriptionBytes = 768;
/** What the Packet Identifier of a QoS 2 message costs that was not released. */
export const identifierBytes = 64;

/** Bytes of a delivery besides its message. */
const deliveryBytes = 120;

/** A message, as far as its size matters. */
export interface HeldMessage {
  /** How many deliveries wait with it. */
  holders: number;
}

/** One per broker. */
export class MemoryBudget {
  readonly #maximumBytes: number;
  readonly #elsewhere: () => number;
  #bytes = 0;

  /** `elsewhere` gives bytes that have a counter of their own. */
  constructor(maximumBytes: number, elsewhere: () => number) {
    this.#maximumBytes = maximumBytes;
    this.#elsewhere = elsewhere;
  }

  /** Everything that is counted. */
  get bytes(): number {
    return this.#bytes + this.#elsewhere();
  }

  /** Nothing may grow that could as well be refused. */
  get isSpent(): boolean {
    return this.#bytes + this.#elsewhere() >= this.#maximumBytes;
  }

  /** Counts more, or less where `bytes` is negative. */
  take(bytes: number): void {
    this.#bytes += bytes;
  }

  /** A delivery waits; its message of `heldBytes` counts once, for however many it waits. */
  hold(message: HeldMessage, heldBytes: number): void {
    this.#bytes += message.holders === 0 ? heldBytes + deliveryBytes : deliveryBytes;
    message.holders += 1;
  }

  /** The delivery is over. */
  release(message: HeldMessage, heldBytes: number): void {
    message.holders -= 1;
    this.#bytes -= message.holders === 0 ? heldBytes + deliveryBytes : deliveryBytes;
  }
}
