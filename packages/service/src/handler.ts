/** What a handler is called with, and how its result becomes replies. Knows no topic layout and no connection. */
import type { UserProperties } from '@petrel/protocol';
import { RequestError, ServiceError } from './errors.js';
import type { Reply } from './exchange.js';
import type { InboundMessage, PublishOptions } from './link.js';
import type { TopicParameters } from './topic-pattern.js';

/** What a handler is told beside the data. */
export interface HandlerContext<Pattern extends string = string> {
  readonly topicName: string;
  /** The Topic Filter the handler was registered with, parameters as wildcards. */
  readonly topicFilter: string;
  /** The levels of the topic that the pattern gives names to: `{ room: 'kitchen' }` for `sensors/:room`. */
  readonly parameters: TopicParameters<Pattern>;
  /** QoS, Retain, DUP, properties and the payload as it arrived. */
  readonly message: InboundMessage;
  /** User Properties of the message, and the metadata of a NestJS envelope. */
  readonly userProperties: UserProperties;
  /** The sender waits for what this handler returns. */
  readonly isRequest: boolean;
  /** Which call for this message it is, from 1. */
  readonly attempt: number;
  /** Acknowledges the message, where the policy is `manual`; elsewhere, and the second time, it does nothing. */
  ack(): void;
  /** Aborted when the service stops waiting for this handler: at its `timeoutMs`, or when the service closes. */
  readonly signal: AbortSignal;
}

/** Handles an event: the message is acknowledged when the returned promise settles. */
export type EventHandler<Data = unknown, Pattern extends string = string> = (
  data: Data,
  context: HandlerContext<Pattern>,
) => unknown;

/**
 * Answers a request: with a value, a promise, or an AsyncIterable or Observable whose values become a stream of
 * replies. What it throws goes to the caller with name, message, code and details.
 */
export type RequestHandler<Data = unknown, Result = unknown, Pattern extends string = string> = (
  data: Data,
  context: HandlerContext<Pattern>,
) => Result | Promise<Result>;

/** Data together with how to publish it, as the result of a request handler. */
export class Outbound<Data = unknown> {
  readonly data: Data;
  readonly options: PublishOptions;

  constructor(data: Data, options: PublishOptions = {}) {
    this.data = data;
    this.options = options;
  }
}

/** Publishes one reply; of those that have more behind them, it resolves when the next one may follow. Throws PayloadError. */
export type Respond = (reply: Reply, options?: PublishOptions) => Promise<void> | undefined;

/** Values of an Observable that may wait for their reader. */
export const mostWaitingReplies = 10_000;

interface Subscribable {
  subscribe(observer: { next(value: unknown): void; error(error: unknown): void; complete(): void }): {
    unsubscribe(): void;
  };
}

/** Publishes what a request handler returned; resolves after the last reply. */
export async function respondWith(
  result: unknown,
  respond: Respond,
  delivery: { readonly signal: AbortSignal },
): Promise<void> {
  const value = await result;
  if (isAsyncIterable(value)) return respondWithAll(value, respond, delivery.signal);
  if (isSubscribable(value)) return respondWithObservable(value, respond, delivery.signal);
  return respondOnce('last', value, respond);
}

async function respondWithAll(
  values: AsyncIterable<unknown>,
  respond: Respond,
  signal: AbortSignal,
): Promise<void> {
  for await (const value of values) {
    if (signal.aborted) break;
    await respondOnce('next', value, respond);
  }
  await respond({ kind: 'end' });
}

async function respondWithObservable(
  source: Subscribable,
  respond: Respond,
  signal: AbortSignal,
): Promise<void> {
  // Replies leave in the order of the values, one after the other.
  let sent: Promise<void> = Promise.resolve();
  let waiting = 0;
  let subscription: ReturnType<Subscribable['subscribe']> | undefined;
  let abort = () => {};
  try {
    await new Promise<void>((resolve, reject) => {
      abort = () => reject(signal.reason as Error);
      signal.addEventListener('abort', abort);
      subscription = source.subscribe({
        next: (value) => {
          if (++waiting > mostWaitingReplies) return reject(overrun());
          sent = sent.then(() => respondOnce('next', value, respond));
          sent.then(() => waiting--, reject);
        },
        error: reject,
        complete: resolve,
      });
    });
  } finally {
    subscription?.unsubscribe();
    signal.removeEventListener('abort', abort);
  }
  await sent;
  await respond({ kind: 'end' });
}

function respondOnce(kind: 'next' | 'last', value: unknown, respond: Respond): Promise<void> | undefined {
  return value instanceof Outbound
    ? respond({ kind, data: value.data }, value.options)
    : respond({ kind, data: value });
}

/** An Observable cannot be slowed down: who gives more than its reader takes is stopped. */
export function overrun(): ServiceError {
  const why = `a handler is ${mostWaitingReplies} values ahead of its reader; an AsyncIterable would wait`;
  return new ServiceError('PETREL_STREAM_OVERRUN', why);
}

/** What a failed handler says to its caller: a remote error is passed on as it came. */
export function failureOf(error: unknown): unknown {
  return error instanceof RequestError && 'details' in error ? error.details : error;
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

function isSubscribable(value: unknown): value is Subscribable {
  return (
    typeof value === 'object' &&
    value !== null &&
    'subscribe' in value &&
    typeof value.subscribe === 'function'
  );
}
