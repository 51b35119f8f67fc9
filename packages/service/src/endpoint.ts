/** One handler with the Topic Filter it serves and the rules it is served by. Knows no connection. */
import { UsageError, type UserProperties } from '@petrel/protocol';
import type { DeclaredOperation } from './contracts/contract.js';
import {
  type DeliveryPolicy,
  type ResolvedDeliveryPolicy,
  resolveDeliveryPolicy,
} from './delivery-policy.js';
import { type EventHandler, type HandlerContext, type Respond, respondWith } from './handler.js';
import type { InboundMessage, SubscribeOptions } from './link.js';
import type { PayloadForm } from './payload-codec.js';
import { TopicPattern } from './topic-pattern.js';

/** One message on its way into one handler. */
export interface Delivery {
  readonly data: unknown;
  readonly message: InboundMessage;
  readonly userProperties: UserProperties;
  readonly topicFilter: string;
  /** Answers the request; missing where nobody waits, or where another handler answers. */
  readonly respond: Respond | undefined;
  readonly signal: AbortSignal;
}

/** What a service does with the messages of a Topic Filter. */
export interface Endpoint {
  /** Topic Filter as subscribed, with `$share/<name>/` where the handler is one of a group. */
  readonly topicFilter: string;
  /** How it was declared, where its wildcards have names. */
  readonly pattern?: TopicPattern;
  /** Serves the service itself, such as discovery: neither listed nor watched. */
  readonly isInternal?: boolean;
  /** What its messages must be, where a contract says it. */
  readonly operation?: DeclaredOperation;
  /** Answers requests, and gets no replies of others. */
  readonly responds: boolean;
  readonly payload: PayloadForm;
  readonly subscribe: SubscribeOptions;
  readonly policy: ResolvedDeliveryPolicy;
  /** Resolves when the message is dealt with; a rejection becomes the error reply, or is reported. */
  handle(delivery: Delivery): Promise<void>;
}

/** Options of one handler. */
export interface HandlerOptions extends DeliveryPolicy, SubscribeOptions {
  /** Overrules the Content Type: raw `bytes`, `text`, or `json`. Default `auto`. */
  readonly payload?: PayloadForm;
}

const optionNames: { readonly [Name in keyof Required<HandlerOptions>]: true } = {
  qos: true,
  noLocal: true,
  retainAsPublished: true,
  retainHandling: true,
  payload: true,
  acknowledge: true,
  concurrency: true,
  maximumWaiting: true,
};
const payloadForms: readonly unknown[] = ['auto', 'bytes', 'text', 'json'];

/**
 * Makes an endpoint of a plain handler function. Subscribes with QoS 1 unless told otherwise. Throws UsageError, and
 * TopicError where the pattern is no Topic Filter.
 */
export function createEndpoint(
  topicPattern: string,
  responds: boolean,
  handler: EventHandler<never>,
  options: HandlerOptions,
  defaults: ResolvedDeliveryPolicy,
): Endpoint {
  assertHandler(topicPattern, handler, options);
  const pattern = new TopicPattern(topicPattern);
  const { payload = 'auto', acknowledge, concurrency, maximumWaiting, ...subscribe } = options;
  return {
    topicFilter: pattern.topicFilter,
    pattern,
    responds,
    payload,
    subscribe: { qos: 1, ...subscribe },
    policy: resolveDeliveryPolicy(
      {
        ...(acknowledge && { acknowledge }),
        ...(concurrency !== undefined && { concurrency }),
        ...(maximumWaiting !== undefined && { maximumWaiting }),
      },
      defaults,
    ),
    handle: async (delivery) => {
      const { data, respond } = delivery;
      const result = handler(data as never, contextOf(delivery, pattern));
      if (respond === undefined) await result;
      else await respondWith(result, respond, delivery);
    },
  };
}

function contextOf(delivery: Delivery, pattern: TopicPattern): HandlerContext {
  const { message, userProperties, topicFilter } = delivery;
  return {
    topicName: message.topicName,
    topicFilter,
    message,
    userProperties,
    isRequest: delivery.respond !== undefined,
    get parameters() {
      return pattern.parametersOf(message.topicName);
    },
    get signal() {
      return delivery.signal;
    },
  };
}

function assertHandler(topicFilter: string, handler: unknown, options: HandlerOptions): void {
  const of = `of the handler of "${topicFilter}"`;
  if (typeof handler !== 'function')
    throw new UsageError(`the handler of "${topicFilter}" must be a function, got ${typeof handler}`);
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(optionNames, name)) continue;
    throw new UsageError(
      `option "${name}" ${of} is unknown; known are ${Object.keys(optionNames).join(', ')}`,
    );
  }
  const { payload = 'auto' } = options;
  if (payloadForms.includes(payload)) return;
  throw new UsageError(
    `option "payload" ${of} must be "auto", "bytes", "text" or "json", got ${JSON.stringify(payload)}`,
  );
}
