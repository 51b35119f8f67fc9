/**
 * Slows one client down to the rates that it may have: a client above them is not read for a while, and the window of TCP does the rest. Nothing is
 * refused and nobody is cut off.
 */
import type { Backpressured } from '../backpressure.js';
import type { Clock } from '../clock.js';
import type { Timer, TimerQueue } from '../timer-queue.js';
import { TokenBucket } from './token-bucket.js';

/** The rates; 0 = none. */
export interface ClientRates {
  readonly publishMessagesPerSecond: number;
  readonly bytesPerSecond: number;
}

/** One per connection of a broker that has such rates. */
export class PublishThrottle {
  readonly #client: Backpressured;
  readonly #clock: Clock;
  readonly #timers: TimerQueue;
  readonly #messages: TokenBucket | undefined;
  readonly #bytes: TokenBucket | undefined;
  #resumeAt = 0;
  #timer: Timer | undefined;

  private constructor(rates: ClientRates, client: Backpressured, clock: Clock, timers: TimerQueue) {
    const { publishMessagesPerSecond, bytesPerSecond } = rates;
    const now = clock.now();
    this.#client = client;
    this.#clock = clock;
    this.#timers = timers;
    this.#messages =
      publishMessagesPerSecond === 0 ? undefined : new TokenBucket(publishMessagesPerSecond, now);
    this.#bytes = bytesPerSecond === 0 ? undefined : new TokenBucket(bytesPerSecond, now);
  }

  /** Undefined where no rate is set: then it costs nothing. */
  static of(
    rates: ClientRates,
    client: Backpressured,
    clock: Clock,
    timers: TimerQueue,
  ): PublishThrottle | undefined {
    if (rates.publishMessagesPerSecond === 0 && rates.bytesPerSecond === 0) return undefined;
    return new PublishThrottle(rates, client, clock, timers);
  }

  bytesCame(bytes: number): void {
    const now = this.#clock.now();
    this.#hold(this.#bytes?.spend(bytes, now) ?? 0, now);
  }

  messageCame(): void {
    const now = this.#clock.now();
    this.#hold(this.#messages?.spend(1, now) ?? 0, now);
  }

  /** The connection is over. */
  end(): void {
    this.#timers.cancel(this.#timer);
    this.#timer = undefined;
  }

  #hold(waitMs: number, now: number): void {
    if (waitMs === 0) return;
    this.#resumeAt = Math.max(this.#resumeAt, now + waitMs);
    if (this.#timer === undefined) {
      this.#client.block();
      this.#timer = this.#timers.add(this.#resumeAt, () => {
        this.#timer = undefined;
        this.#client.unblock();
      });
    } else {
      this.#timers.reschedule(this.#timer, this.#resumeAt);
    }
  }
}
