/**
 * The readings of one stream that its device still keeps: everything no receipt names yet.
 *
 * A PUBACK says that the broker has a reading, not that the service has it, so it lets go of nothing. Time is an argument;
 * no socket, no timer.
 */
import type { NumberedReading, Reading } from '../house/messages.js';

export interface OutboxOptions {
  /** Number of the first reading; default 1. */
  firstSequence?: number;
  /** Readings kept at most, then the oldest goes; default 20,000. */
  capacity?: number;
  /** Readings sent and not yet named by a receipt, at most; default 200. */
  window?: number;
  /** Without a receipt for this long, what was sent is sent again; doubles up to ten times as long; default 3,000 ms. */
  receiptTimeoutMs?: number;
}

export class Outbox {
  /** Readings thrown away because there was no room. */
  dropped = 0;

  readonly #capacity: number;
  readonly #window: number;
  readonly #receiptTimeoutMs: number;
  readonly #kept: (Reading & { sequence: number })[] = [];
  #nextSequence: number;
  /** Sequence number to send next. */
  #cursor: number;
  /** The highest sequence number ever sent. */
  #sentUpTo: number;
  #timeoutMs: number;
  /** When the oldest reading that awaits a receipt was sent, or the last receipt came. */
  #quietSince = 0;

  constructor({
    firstSequence = 1,
    capacity = 20_000,
    window = 200,
    receiptTimeoutMs = 3_000,
  }: OutboxOptions = {}) {
    this.#nextSequence = firstSequence;
    this.#cursor = firstSequence;
    this.#sentUpTo = firstSequence - 1;
    this.#capacity = capacity;
    this.#window = window;
    this.#receiptTimeoutMs = receiptTimeoutMs;
    this.#timeoutMs = receiptTimeoutMs;
  }

  /** Readings measured so far. */
  get taken(): number {
    return this.#nextSequence - 1;
  }

  /** Readings kept. */
  get waiting(): number {
    return this.#kept.length;
  }

  /** The oldest sequence number kept; the next one where nothing is kept. */
  get keepsFrom(): number {
    return this.#kept[0]?.sequence ?? this.#nextSequence;
  }

  take(reading: Reading): void {
    this.#kept.push({ ...reading, sequence: this.#nextSequence++ });
    if (this.#kept.length <= this.#capacity) return;
    this.#kept.shift();
    this.dropped++;
    this.#cursor = Math.max(this.#cursor, this.keepsFrom);
  }

  /** The next reading to send; `undefined` when all are sent or the window is full. */
  next(now: number): NumberedReading | undefined {
    const { keepsFrom } = this;
    const sent = this.#cursor - keepsFrom;
    const reading = this.#kept[sent];
    if (reading === undefined || sent >= this.#window) return undefined;
    if (sent === 0) this.#quietSince = now;
    this.#cursor++;
    this.#sentUpTo = Math.max(this.#sentUpTo, reading.sequence);
    return { ...reading, keepsFrom };
  }

  /** Takes a receipt; an old one, or one for readings never sent, changes nothing. */
  confirm(receivedUpTo: number, now: number): void {
    const count = receivedUpTo - this.keepsFrom + 1;
    if (count <= 0 || receivedUpTo > this.#sentUpTo) return;
    this.#kept.splice(0, count);
    // After a rewind, a receipt for what was sent before spares sending it again.
    this.#cursor = Math.max(this.#cursor, this.keepsFrom);
    this.#quietSince = now;
    this.#timeoutMs = this.#receiptTimeoutMs;
  }

  /** Starts again with the oldest reading kept: the broker, or the service, has forgotten what was sent. */
  rewind(): void {
    this.#cursor = this.keepsFrom;
  }

  /** Rewinds when the receipts have stayed away too long. */
  tick(now: number): void {
    if (this.#cursor === this.keepsFrom || now - this.#quietSince < this.#timeoutMs) return;
    this.rewind();
    this.#timeoutMs = Math.min(this.#timeoutMs * 2, this.#receiptTimeoutMs * 10);
  }
}
