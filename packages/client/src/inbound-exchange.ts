/** One received QoS 1 or 2 message from its PUBLISH to its acknowledgement; outlives a connection while the session does. */
import type { Acknowledger } from './receipt.js';

/** What an exchange tells its inbox. */
export interface ExchangeOwner {
  onSettled(exchange: InboundExchange): void;
  onAbandoned(exchange: InboundExchange, cause: Error): void;
  onLeft(exchange: InboundExchange): void;
}

export class InboundExchange implements Acknowledger {
  readonly packetIdentifier: number;
  readonly qos: 1 | 2;
  readonly topicName: string;
  /** The worst that a handler said. */
  reasonCode = 0;
  readonly #owner: ExchangeOwner;
  #handlers = 1;

  constructor(owner: ExchangeOwner, packetIdentifier: number, qos: 1 | 2, topicName: string) {
    this.#owner = owner;
    this.packetIdentifier = packetIdentifier;
    this.qos = qos;
    this.topicName = topicName;
  }

  /** How many will settle it; 1 unless this says otherwise. */
  expect(handlers: number): this {
    this.#handlers = handlers;
    return this;
  }

  /** Everybody has handled it. */
  get isSettled(): boolean {
    return this.#handlers === 0;
  }

  settle(reasonCode: number): void {
    this.reasonCode = Math.max(this.reasonCode, reasonCode);
    if (--this.#handlers === 0) this.#owner.onSettled(this);
  }

  abandon(cause: Error): void {
    this.#owner.onAbandoned(this, cause);
  }

  leave(): void {
    this.#owner.onLeft(this);
  }
}
