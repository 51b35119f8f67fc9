/**
 * The messages of a subscription as an async iterator over a bounded buffer.
 *
 * A message is acknowledged when the loop asks for the next one. Before a loop has begun, messages are acknowledged as they are buffered, so
 * that a subscription nobody iterates cannot stop the connection.
 */
import { reasonCode } from '@petrel/protocol';
import type { Message } from './message.js';
import type { Receipt } from './receipt.js';

/** Bounds of a stream. */
export interface StreamBounds {
  /** Messages, 1 or more. */
  readonly bufferMessages: number;
  /** Which message loses when the buffer is full. It is refused with 0x97 on MQTT 5. */
  readonly overflow: 'drop-oldest' | 'drop-newest';
}

interface Buffered {
  readonly message: Message;
  readonly receipt: Receipt;
}

type Result = IteratorResult<Message, undefined>;

interface Waiter {
  resolve(result: Result): void;
  reject(error: Error): void;
}

const done: Result = Object.freeze({ done: true, value: undefined });

export class MessageStream implements AsyncIterator<Message, undefined> {
  readonly #bounds: StreamBounds;
  readonly #onReturn: () => Promise<void>;
  readonly #waiters: Waiter[] = [];
  #buffer: Buffered[] = [];
  #iterating = false;
  /** Handed out, not yet followed by another next(). */
  #current: Receipt | undefined;
  #ended = false;
  #error: Error | undefined;
  #dropped = 0;

  /** `onReturn` is called when a loop is left early. */
  constructor(bounds: StreamBounds, onReturn: () => Promise<void>) {
    this.#bounds = bounds;
    this.#onReturn = onReturn;
  }

  /** Messages lost to the bound so far. */
  get dropped(): number {
    return this.#dropped;
  }

  /** From now on messages wait for the loop. */
  begin(): void {
    this.#iterating = true;
  }

  push(message: Message, receipt: Receipt): void {
    const waiter = this.#waiters.shift();
    if (waiter !== undefined) {
      this.#hand(receipt);
      waiter.resolve({ done: false, value: message });
      return;
    }
    if (!this.#iterating) receipt.acknowledge();
    this.#buffer.push({ message, receipt });
    if (this.#buffer.length <= this.#bounds.bufferMessages) return;
    const lost = this.#bounds.overflow === 'drop-oldest' ? this.#buffer.shift() : this.#buffer.pop();
    lost?.receipt.acknowledge(reasonCode.quotaExceeded);
    this.#dropped++;
  }

  /** No more messages come; a loop takes what is buffered, then ends, or throws when there is an error. */
  end(error?: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    for (const waiter of this.#waiters.splice(0)) {
      if (error === undefined) waiter.resolve(done);
      else waiter.reject(error);
    }
  }

  next(): Promise<Result> {
    this.#hand(undefined);
    const buffered = this.#buffer.shift();
    if (buffered !== undefined) {
      this.#hand(buffered.receipt);
      return Promise.resolve({ done: false, value: buffered.message });
    }
    if (this.#error !== undefined) return Promise.reject(this.#error);
    if (this.#ended) return Promise.resolve(done);
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
  }

  async return(): Promise<Result> {
    this.#hand(undefined);
    this.end();
    // What nobody will look at is acknowledged all the same [MQTT-4.5.0-2].
    for (const { receipt } of this.#buffer.splice(0)) receipt.acknowledge();
    await this.#onReturn();
    return done;
  }

  /** The next message goes out, so the one before is done with. */
  #hand(receipt: Receipt | undefined): void {
    this.#current?.acknowledge();
    this.#current = receipt;
  }
}
