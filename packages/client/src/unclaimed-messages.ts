/**
 * Messages of a session that an earlier process left, which come before this one has subscribed its handlers. They wait, unacknowledged and so
 * bounded by the Receive Maximum, for the subscribe() they are for, or until their time is over.
 */
import type { Clock } from './clock.js';
import type { InboundExchange } from './inbound-exchange.js';
import type { Message } from './message.js';

/** One message without a subscriber. */
export interface UnclaimedMessage {
  readonly message: Message;
  readonly exchange: InboundExchange;
}

const waitMs = 5_000;

export class UnclaimedMessages {
  #messages: UnclaimedMessage[] = [];
  #cancel: (() => void) | undefined;

  /** True while messages without a subscriber have to wait. */
  get isWaiting(): boolean {
    return this.#cancel !== undefined;
  }

  /** Begins the wait; what is left at its end is acknowledged. */
  start(clock: Clock): void {
    this.#cancel = clock.schedule(waitMs, () => {
      for (const { exchange } of this.#stop()) exchange.settle(0);
    });
  }

  hold(unclaimed: UnclaimedMessage): void {
    this.#messages.push(unclaimed);
  }

  /** Offers every message again, in order; `deliver` says whether it was taken. */
  offer(deliver: (unclaimed: UnclaimedMessage) => boolean): void {
    this.#messages = this.#messages.filter((unclaimed) => !deliver(unclaimed));
  }

  /** Forgets everything; the server keeps what is unacknowledged. */
  clear(): void {
    this.#stop();
  }

  #stop(): readonly UnclaimedMessage[] {
    const messages = this.#messages;
    this.#messages = [];
    this.#cancel?.();
    this.#cancel = undefined;
    return messages;
  }
}
