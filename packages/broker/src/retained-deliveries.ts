/**
 * Retained messages that new subscriptions of one connection are still to get: found piece by piece, as fast as the client takes them, and read
 * from the store where they are not in memory.
 */
import type { Message } from './message.js';
import type { RetainedEntry } from './retained-messages.js';
import type { RetainedReplay } from './retained-replay.js';
import type { DeliveryTerms, Subscription } from './subscription.js';

/** How many messages are looked for at once. */
const pieceSize = 64;
/** What is read from the store at once, besides the first of them. */
const readBytes = 262_144;

interface Reading {
  readonly subscription: Subscription;
  readonly replay: RetainedReplay<Message>;
}

/** Reads messages of these numbers, those that are still there. */
export type ReadRetained = (numbers: readonly number[]) => Promise<ReadonlyMap<number, Message>>;

/** A line of readings, one for each subscription that asked. */
export class RetainedDeliveries {
  readonly #readings: Reading[] = [];
  readonly #read: ReadRetained;
  readonly #tellSent: (subscription: Subscription) => void;
  #piece: readonly RetainedEntry<Message>[] = [];
  #next = 0;
  #loaded: ReadonlyMap<number, Message> | undefined;
  /** The piece up to here was asked for. */
  #loadedTo = 0;
  #loading: Promise<void> | undefined;
  /** What is read for an earlier one is not wanted any more. */
  #generation = 0;

  /** `tellSent`: a subscription has got everything. */
  constructor(read: ReadRetained, tellSent: (subscription: Subscription) => void) {
    this.#read = read;
    this.#tellSent = tellSent;
  }

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

  /** Settles when what comes next has been read; undefined when nothing is being read. */
  get loading(): Promise<void> | undefined {
    return this.#loading;
  }

  /**
   * The next message, left in place; undefined when there is none, though a long search may go on, see isEmpty, or the store is being read,
   * see loading. What was replaced meanwhile is passed over: the new one has been delivered live, and an old one behind it would be the last word.
   */
  peek(now: number): Message | undefined {
    for (;;) {
      if (this.#loading !== undefined) return undefined;
      const entry = this.#piece[this.#next] ?? this.#find(now);
      if (entry === undefined) return undefined;
      if (!entry.isCurrent) {
        this.advance();
        continue;
      }
      if (entry.message !== undefined) return entry.message;
      if (this.#next >= this.#loadedTo) {
        this.#load();
        return undefined;
      }
      const message = this.#loaded?.get(entry.number);
      if (message !== undefined) return message;
      this.advance();
    }
  }

  /** How the message that peek() showed is to be delivered. */
  get terms(): DeliveryTerms {
    return this.subscription.terms;
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
    this.#tellSent(reading.subscription);
  }

  /** Lets go of what was read and not sent: it is read again. */
  unload(): void {
    this.#generation += 1;
    this.#loaded = undefined;
    this.#loadedTo = this.#next;
  }

  /** The first entry of the next piece that is not empty. */
  #find(now: number): RetainedEntry<Message> | undefined {
    for (let reading = this.#readings[0]; reading !== undefined; reading = this.#readings[0]) {
      this.#piece = reading.replay.take(pieceSize, now);
      this.#next = 0;
      this.#loadedTo = 0;
      if (this.#piece.length > 0 || !reading.replay.done) return this.#piece[0];
      this.#readings.shift();
      this.#tellSent(reading.subscription);
    }
    return undefined;
  }

  #load(): void {
    const numbers: number[] = [];
    let bytes = 0;
    let to = this.#next;
    for (; to < this.#piece.length && bytes < readBytes; to++) {
      const entry = this.#piece[to] as RetainedEntry<Message>;
      if (entry.message !== undefined || !entry.isCurrent) continue;
      numbers.push(entry.number);
      bytes += entry.sizeBytes;
    }
    const generation = this.#generation;
    const loading = this.#read(numbers).then((loaded) => {
      if (this.#generation !== generation) return;
      this.#loaded = loaded;
      this.#loadedTo = to;
    });
    this.#loading = loading.finally(() => {
      this.#loading = undefined;
    });
  }

  #forgetPiece(): void {
    this.#piece = [];
    this.#next = 0;
    this.unload();
  }
}
