/** One handler with the Topic Filter it serves and the rules it is served by. Knows no connection. */
import { UsageError, type UserProperties } from '@petrel/protocol';
import type { DeclaredOperation } from './contracts/contract.js';
import {
  type DeliveryPolicy,
  deliveryPolicyNames,
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
  /** Which call for this message it is, from 1. */
  readonly attempt: number;
  /** Acknowledges the message, where the policy is `manual`. */
  readonly ack: () => void;
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

/** A handler in service. */
export interface Registration {
  /** Unsubscribes, unless another handler needs the same messages. */
  close(): Promise<void>;
}

/** Options of one handler. */
export interface HandlerOptions extends DeliveryPolicy, SubscribeOptions {
  /** Overrules the Content Type: raw `bytes`, `text`, or `json`. Default `auto`. */
  readonly payload?: PayloadForm | undefined;
  /** ShareName: of those in the group one gets each message. `false`: not shared, whatever the service's option says. */
  readonly group?: string | false | undefined;
}

/** What a handler has where its own options say nothing. */
export interface HandlerDefaults {
  readonly policy: ResolvedDeliveryPolicy;
  /** ShareName of the service. */
  readonly group: string | undefined;
}

const subscribeNames = ['qos', 'noLocal', 'retainAsPublished', 'retainHandling'] as const;
/** The names of all options of a handler. */
export const handlerOptionNames = [
  ...subscribeNames,
  'payload',
  'group',
  ...deliveryPolicyNames,
] as const satisfies readonly (keyof HandlerOptions)[];
const payloadForms: readonly unknown[] = ['auto', 'bytes', 'text', 'json'];

/**
 * An endpoint but for its handler. Subscribes with QoS 1 unless told otherwise. Throws UsageError, and TopicError where the
 * pattern is no Topic Filter.
 */
export function describeEndpoint(
  pattern: TopicPattern,
  responds: boolean,
  options: HandlerOptions,
  defaults: HandlerDefaults,
): Omit<Endpoint, 'handle'> {
  assertOptions(pattern.pattern, options);
  const { payload = 'auto', group = defaults.group } = options;
  const topicFilter = inGroup(pattern.topicFilter, group);
  const { qos = 1, noLocal, retainAsPublished, retainHandling } = options;
  const policy = resolveDeliveryPolicy(options, defaults.policy);
  if (responds && options.deduplicate) {
    throw new UsageError(
      `option "deduplicate" of "${pattern.pattern}" is for events: a repeated request waits for an answer too`,
    );
  }
  return {
    topicFilter,
    pattern,
    responds,
    payload,
    subscribe: {
      qos,
      // [MQTT-3.8.3-4]
      ...(noLocal !== undefined && !topicFilter.startsWith('$share/') && { noLocal }),
      ...(retainAsPublished !== undefined && { retainAsPublished }),
      ...(retainHandling !== undefined && { retainHandling }),
    },
    policy: responds ? Object.freeze({ ...policy, deduplicate: false as const }) : policy,
  };
}

/** Makes an endpoint of a plain handler function. Throws UsageError, and TopicError where the pattern is no Topic Filter. */
export function createEndpoint(
  topicPattern: string,
  responds: boolean,
  handler: EventHandler<never>,
  options: HandlerOptions,
  defaults: HandlerDefaults,
): Endpoint {
  if (typeof handler !== 'function')
    throw new UsageError(`the handler of "${topicPattern}" must be a function, got ${typeof handler}`);
  const pattern = new TopicPattern(topicPattern);
  return {
    ...describeEndpoint(pattern, responds, options, defaults),
    handle: async (delivery) => {
      const { data, respond } = delivery;
      const result = handler(data as never, contextOf(delivery, pattern));
      if (respond === undefined) await result;
      else await respondWith(result, respond, delivery);
    },
  };
}

/** Throws UsageError unless the name can stand between `$share/` and the filter. */
export function assertGroup(group: string | false | undefined): void {
  if (group === undefined || group === false) return;
  if (typeof group === 'string' && group !== '' && !/[/+#\0]/.test(group)) return;
  throw new UsageError(
    `option "group" must be a ShareName without "/", "+" and "#" [MQTT-4.8.2-2], got ${JSON.stringify(group)}`,
  );
}

function inGroup(topicFilter: string, group: string | false | undefined): string {
  assertGroup(group);
  const isShared = topicFilter.startsWith('$share/');
  return isShared || group === undefined || group === false ? topicFilter : `$share/${group}/${topicFilter}`;
}

function contextOf(delivery: Delivery, pattern: TopicPattern): HandlerContext {
  const { message, userProperties, topicFilter, attempt, ack } = delivery;
  return {
    topicName: message.topicName,
    topicFilter,
    message,
    userProperties,
    isRequest: delivery.respond !== undefined,
    attempt,
    ack,
    get parameters() {
      return pattern.parametersOf(message.topicName);
    },
    get signal() {
      return delivery.signal;
    },
  };
}

function assertOptions(pattern: string, options: HandlerOptions): void {
  const of = `of the handler of "${pattern}"`;
  const known: readonly string[] = handlerOptionNames;
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new UsageError(`option "${unknown}" ${of} is unknown; known are ${known.join(', ')}`);
  }
  const { payload = 'auto' } = options;
  if (payloadForms.includes(payload)) return;
  throw new UsageError(
    `option "payload" ${of} must be "auto", "bytes", "text" or "json", got ${JSON.stringify(payload)}`,
  );
}
