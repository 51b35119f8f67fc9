/** One subscribe() call: its filters, its handler or its stream. */
import { UsageError } from '@petrel/protocol';
import type { HandlerRunner, MessageHandler } from './handler-runner.js';
import type { Message } from './message.js';
import { MessageStream } from './message-stream.js';
import type { Receipt } from './receipt.js';
import type { Filter, ResolvedSubscribeOptions } from './subscribe-options.js';

/** What a subscription needs. */
export interface SubscriptionParts {
  readonly filters: readonly Filter[];
  readonly options: ResolvedSubscribeOptions;
  readonly handler: MessageHandler | undefined;
  readonly runner: HandlerRunner;
  readonly unsubscribe: (subscription: Subscription) => Promise<void>;
}

/**
 * A subscription that the server has granted.
 *
 * Without a handler it is an async iterable of its messages; leaving the loop unsubscribes.
 */
export class Subscription implements AsyncIterable<Message> {
  /** Topic Filters as they were given. */
  readonly topicFilters: readonly string[];
  readonly #parts: SubscriptionParts;
  readonly #stream: MessageStream | undefined;
  readonly #reasonCodes = new Map<string, number>();
  #unsubscribed: Promise<void> | undefined;

  /** @internal Made by `client.subscribe`. */
  constructor(parts: SubscriptionParts) {
    this.#parts = parts;
    this.topicFilters = parts.filters.map(({ text }) => text);
    if (parts.handler === undefined)
      this.#stream = new MessageStream(parts.options, () => this.unsubscribe());
  }

  /** What the server granted for the first filter: the highest QoS of its messages, 0–2. */
  get reasonCode(): number {
    return this.#reasonCodes.get(this.topicFilters[0] as string) ?? 0;
  }

  /** What the server granted, in the order of `topicFilters`. */
  get reasonCodes(): readonly number[] {
    return this.topicFilters.map((filter) => this.#reasonCodes.get(filter) ?? 0);
  }

  /** Messages lost because the loop was slower than the buffer is long. */
  get dropped(): number {
    return this.#stream?.dropped ?? 0;
  }

  /** Ends the subscription; resolves when the server has confirmed. May be called twice. */
  unsubscribe(): Promise<void> {
    this.#unsubscribed ??= this.#parts.unsubscribe(this);
    return this.#unsubscribed;
  }

  /** Throws UsageError on a subscription with a handler. All loops over one subscription share its messages. */
  [Symbol.asyncIterator](): AsyncIterator<Message, undefined> {
    if (this.#stream === undefined) throw new UsageError('a subscription with a handler cannot be iterated');
    this.#stream.begin();
    return this.#stream;
  }

  /** @internal Hands a message to the handler or the stream. */
  receive(message: Message, receipt: Receipt): void {
    const { handler, runner } = this.#parts;
    if (handler === undefined) this.#stream?.push(message, receipt);
    else runner.run(handler, message, receipt);
  }

  /** @internal Notes what the server granted. */
  granted(filter: string, reasonCode: number): void {
    this.#reasonCodes.set(filter, reasonCode);
  }

  /** @internal No messages come any more. */
  end(error?: Error): void {
    this.#stream?.end(error);
  }
}
