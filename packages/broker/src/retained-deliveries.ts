/** Retained messages that new subscriptions of one connection are still to get: read piece by piece, as fast as the client takes them. */
import type { Message } from './message.js';
import type { RetainedReplay } from './retained-replay.js';
import type { DeliveryTerms, Subscription } from './subscription.js';

/** How many messages are read from the store at once. */
const pieceSize = 64;

interface Reading {
  readonly subscription: Subscription;
  readonly replay: RetainedReplay<Message>;
}

/** A line of readings, one for each subscription that asked. */
export class RetainedDeliveries {
  readonly #readings: Reading[] = [];
  #piece: readonly Message[] = [];
  #next = 0;

  add(subscription: Subscription, replay: RetainedReplay<Message>): void {
    this.#readings.push({ subscription, replay });
  }

  /** The subscription was replaced or deleted: what it has not got yet it does not get. */
  remove(subscription: Subscription): void {
    const at = this.#readings.findIndex((reading) => reading.subscription === subscription);
    if (at === -1) return;
    this.#readings.splice(at, 1);
    if (at === 0) this.#forgetPiece();
  }

  get isEmpty(): boolean {
    return this.#readings.length === 0;
  }

  /** The next message, left in place; undefined when there is none, though a long search may go on: see isEmpty. */
  peek(now: number): Message | undefined {
    const message = this.#piece[this.#next];
    if (message !== undefined) return message;
    const reading = this.#readings[0];
    if (reading === undefined) return undefined;
    this.#piece = reading.replay.take(pieceSize, now);
    this.#next = 0;
    if (this.#piece.length === 0 && reading.replay.done) {
      this.#readings.shift();
      return this.peek(now);
    }
    return this.#piece[0];
  }

  /** How the message that peek() showed is to be delivered. */
  get terms(): DeliveryTerms {
    return (this.#readings[0] as Reading).subscription.terms;
  }

  get subscription(): Subscription {
    return (this.#readings[0] as Reading).subscription;
  }

  advance(): void {
    this.#next += 1;
    const reading = this.#readings[0];
    if (this.#next < this.#piece.length || reading === undefined || !reading.replay.done) return;
    this.#readings.shift();
    this.#forgetPiece();
  }

  #forgetPiece(): void {
    this.#piece = [];
    this.#next = 0;
  }
}
