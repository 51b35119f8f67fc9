/** What becomes of the messages of one handler: the options, checked and completed. Runs nothing. */
import { assertTopicName, UsageError } from '@petrel/protocol';
import { assertCount, assertMilliseconds, assertOneOf } from './assert-option.js';
import { type Deduplicate, type ResolvedDeduplicate, resolveDeduplicate } from './deduplication.js';
import type { InboundMessage } from './link.js';
import { type ResolvedRetryPolicy, type RetryPolicy, resolveRetryPolicy } from './retry-policy.js';

/** What to do with a message whose handler has failed for good. Requests are answered with the error instead. */
export type OnFailure =
  | 'drop'
  | 'disconnect'
  | { readonly deadLetter: string | ((message: InboundMessage) => string) };

/** How the messages of one handler are treated; each default is that of its service. */
export interface DeliveryPolicy {
  /**
   * `after`: acknowledged when the handler has finished, so that a crash loses nothing. `before`: acknowledged on
   * arrival. `manual`: when the handler calls `context.ack()`, or has failed for good. Means QoS 1 and 2 only. Default `after`.
   */
  readonly acknowledge?: 'after' | 'before' | 'manual' | undefined;
  /** Calls a failed handler again; a number is the calls in all. Default 1: once. */
  readonly retry?: RetryPolicy | number | undefined;
  /**
   * After the last attempt. `drop`: acknowledged, and `onError` hears of it. `disconnect`: left unacknowledged and the connection
   * ended, so that the server sends it again. `{ deadLetter: topic }`: published there with QoS 1, and acknowledged only once the
   * server has that. Default `drop`.
   */
  readonly onFailure?: OnFailure | undefined;
  /** Milliseconds that one call of the handler may take before it has failed and its signal is aborted; 0 = no limit. Default 0. */
  readonly timeoutMs?: number | undefined;
  /** Messages in work at once, from 1; Infinity for no limit. Default 100. */
  readonly concurrency?: number | undefined;
  /**
   * QoS 0 messages that may wait for their turn; more are dropped, and `onError` hears of it once. At QoS 1 and 2 the
   * connection's Receive Maximum is the bound. Default 10,000.
   */
  readonly maximumWaiting?: number | undefined;
  /**
   * `topic`: messages of one topic one after the other, in the order they came. `key`: those that `orderKey` gives the same text for.
   * `false`: as they come. Default `false`.
   */
  readonly ordered?: 'topic' | 'key' | false | undefined;
  /** The key of a message, for `ordered: 'key'`. Default: its User Property `key`, or its topic. */
  readonly orderKey?: ((message: InboundMessage) => string) | undefined;
  /** Events whose id came before are acknowledged and not handled again. Default: none is looked at. */
  readonly deduplicate?: Deduplicate | false | undefined;
}

/** A checked policy without gaps. */
export interface ResolvedDeliveryPolicy {
  readonly acknowledge: 'after' | 'before' | 'manual';
  readonly retry: ResolvedRetryPolicy;
  readonly onFailure: OnFailure;
  readonly timeoutMs: number;
  readonly concurrency: number;
  readonly maximumWaiting: number;
  readonly ordered: 'topic' | 'key' | false;
  readonly orderKey: (message: InboundMessage) => string;
  readonly deduplicate: ResolvedDeduplicate | false;
}

/** The names of the options above. */
export const deliveryPolicyNames = [
  'acknowledge',
  'retry',
  'onFailure',
  'timeoutMs',
  'concurrency',
  'maximumWaiting',
  'ordered',
  'orderKey',
  'deduplicate',
] as const satisfies readonly (keyof DeliveryPolicy)[];

/** What holds where neither a service nor a handler says anything. */
export const defaultDeliveryPolicy: ResolvedDeliveryPolicy = Object.freeze({
  acknowledge: 'after',
  retry: resolveRetryPolicy(1),
  onFailure: 'drop',
  timeoutMs: 0,
  concurrency: 100,
  maximumWaiting: 10_000,
  ordered: false,
  orderKey: keyOf,
  deduplicate: false,
});

/** Completes and checks a policy; throws UsageError naming option, rule and value. */
export function resolveDeliveryPolicy(
  policy: DeliveryPolicy,
  defaults: ResolvedDeliveryPolicy = defaultDeliveryPolicy,
): ResolvedDeliveryPolicy {
  const { acknowledge = defaults.acknowledge, concurrency = defaults.concurrency } = policy;
  const { maximumWaiting = defaults.maximumWaiting, timeoutMs = defaults.timeoutMs } = policy;
  const { ordered = defaults.ordered, orderKey = defaults.orderKey, onFailure = defaults.onFailure } = policy;
  assertOneOf('acknowledge', acknowledge, ['after', 'before', 'manual']);
  assertOneOf('ordered', ordered, ['topic', 'key', false]);
  assertCount('concurrency', concurrency, 1);
  assertCount('maximumWaiting', maximumWaiting, 0);
  assertMilliseconds('timeoutMs', timeoutMs);
  assertOnFailure(onFailure);
  if (typeof orderKey !== 'function') {
    throw new UsageError(`option "orderKey" must be a function, got ${typeof orderKey}`);
  }
  return Object.freeze({
    acknowledge,
    retry: policy.retry === undefined ? defaults.retry : resolveRetryPolicy(policy.retry),
    onFailure,
    timeoutMs,
    concurrency,
    maximumWaiting,
    ordered,
    orderKey,
    deduplicate:
      policy.deduplicate === undefined ? defaults.deduplicate : resolveDeduplicate(policy.deduplicate),
  });
}

function assertOnFailure(onFailure: OnFailure): void {
  if (onFailure === 'drop' || onFailure === 'disconnect') return;
  const topic = typeof onFailure === 'object' && onFailure !== null ? onFailure.deadLetter : undefined;
  if (typeof topic === 'function') return;
  if (typeof topic !== 'string') {
    throw new UsageError(
      `option "onFailure" must be "drop", "disconnect" or { deadLetter: topic }, got ${JSON.stringify(onFailure)}`,
    );
  }
  assertTopicName(topic, 'option "onFailure.deadLetter"');
}

function keyOf({ properties, topicName }: InboundMessage): string {
  return properties.userProperties?.find(([name]) => name === 'key')?.[1] ?? topicName;
}
