/** What subscribe() can be told, and its check. */
import {
  type ParsedTopicFilter,
  parseTopicFilter,
  type QoS,
  type RetainHandling,
  UsageError,
} from '@petrel/protocol';
import type { StreamBounds } from './message-stream.js';
import { OptionReader, show } from './option-reader.js';

/** Options of `subscribe`; MQTT 3.x servers only learn the QoS. */
export interface SubscribeOptions {
  /** Highest QoS of the messages to get. Default 0. */
  readonly qos?: QoS | undefined;
  /** No messages of our own. Not for Shared Subscriptions. Default false. */
  readonly noLocal?: boolean | undefined;
  /** Keeps the RETAIN flag as the publisher set it. Default false: it tells retained messages from live ones. */
  readonly retainAsPublished?: boolean | undefined;
  /** Retained messages: 0 at every subscribe, 1 for a new subscription only, 2 never. Default 0. */
  readonly retainHandling?: RetainHandling | undefined;
  /** Without a handler: messages, 1 or more, that wait for the loop. Default 1,000. */
  readonly bufferMessages?: number | undefined;
  /** Without a handler: which message loses when the buffer is full. Default `'drop-oldest'`. */
  readonly overflow?: 'drop-oldest' | 'drop-newest' | undefined;
  /** Gives up waiting for the server, and the subscription. */
  readonly signal?: AbortSignal | undefined;
}

/** Checked and completed. */
export interface ResolvedSubscribeOptions extends StreamBounds {
  readonly qos: QoS;
  readonly noLocal: boolean;
  readonly retainAsPublished: boolean;
  readonly retainHandling: RetainHandling;
  readonly signal: AbortSignal | undefined;
}

/** A Topic Filter as it was given, and its parts. */
export interface Filter {
  readonly text: string;
  readonly parsed: ParsedTopicFilter;
}

/** Checks filters; throws TopicError or UsageError. */
export function resolveFilters(given: string | readonly string[]): readonly Filter[] {
  const filters = typeof given === 'string' ? [given] : given;
  if (!Array.isArray(filters) || filters.length === 0) {
    throw new UsageError(`one or more Topic Filters are needed, got ${show(given)} [MQTT-3.8.3-2]`);
  }
  return [...new Set<string>(filters)].map((text) => {
    if (typeof text !== 'string')
      throw new UsageError(`Topic Filter must be a string, got ${show(text)} [MQTT-3.8.3-1]`);
    return { text, parsed: parseTopicFilter(text) };
  });
}

/** Checks the options of one subscribe(). */
export function resolveSubscribeOptions(
  given: SubscribeOptions,
  filters: readonly Filter[],
): ResolvedSubscribeOptions {
  const read = new OptionReader(given);
  const options: ResolvedSubscribeOptions = {
    qos: read.oneOf('qos', [0, 1, 2] as const) ?? 0,
    noLocal: read.boolean('noLocal') ?? false,
    retainAsPublished: read.boolean('retainAsPublished') ?? false,
    retainHandling: read.oneOf('retainHandling', [0, 1, 2] as const) ?? 0,
    bufferMessages:
      read.integer('bufferMessages', { minimum: 1, maximum: Number.MAX_SAFE_INTEGER, unit: 'messages' }) ??
      1_000,
    overflow: read.oneOf('overflow', ['drop-oldest', 'drop-newest'] as const) ?? 'drop-oldest',
    signal: read.of<AbortSignal>('signal', 'an AbortSignal', (value) => value instanceof AbortSignal),
  };
  read.end();
  const shared = filters.find(({ parsed }) => parsed.shareName !== undefined);
  if (options.noLocal && shared !== undefined) {
    throw new UsageError(
      `option "noLocal" is not for the Shared Subscription ${show(shared.text)} [MQTT-3.8.3-4]`,
    );
  }
  return options;
}
