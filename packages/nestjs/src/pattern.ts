/** From a NestJS pattern and the extras of its decorator to what is subscribed. */
import { parseTopicFilter, UsageError } from '@petrel/protocol';
import type { DeliveryPolicy, PayloadForm, SubscribeOptions } from '@petrel/service';
import { type StockSubscribeOptions, toSubscribeOptions } from './options.js';

/** Extras of `@MessagePattern` and `@EventPattern`: how one handler is served. */
export interface HandlerExtras extends StockSubscribeOptions, SubscribeOptions, DeliveryPolicy {
  /** ShareName of this handler; `false`: not shared, whatever the server's option says. */
  readonly group?: string | false;
  /** Overrules the Content Type. Default `auto`. */
  readonly payload?: PayloadForm;
}

/** A pattern ready to subscribe. */
export interface Route {
  /** With `$share/<group>/` where the handler is one of a group. */
  readonly topicFilter: string;
  readonly subscribe: SubscribeOptions;
  readonly policy: DeliveryPolicy;
  readonly payload: PayloadForm;
}

/** Extras are the second argument of the decorator itself, or its `extras` member, as the documentation shows. */
export function readExtras(extras: unknown): HandlerExtras {
  if (typeof extras !== 'object' || extras === null) return {};
  const { extras: inner, ...outer } = extras as HandlerExtras & { extras?: HandlerExtras };
  return typeof inner === 'object' && inner !== null ? { ...outer, ...inner } : outer;
}

/** Resolves a pattern; throws UsageError or TopicError that names the handler's pattern. */
export function routeOf(
  pattern: string,
  extras: HandlerExtras,
  defaults: { readonly subscribe: SubscribeOptions; readonly group: string | undefined },
): Route {
  const { group = defaults.group, payload = 'auto', acknowledge, concurrency, maximumWaiting } = extras;
  const shared = pattern.startsWith('$share/') || group === undefined || group === false;
  const topicFilter = shared ? pattern : `$share/${group}/${pattern}`;
  parseTopicFilter(topicFilter);
  if (!['auto', 'bytes', 'text', 'json'].includes(payload)) {
    throw new UsageError(
      `extra "payload" of "${pattern}" must be "auto", "bytes", "text" or "json", got ${JSON.stringify(payload)}`,
    );
  }
  const subscribe = { qos: 1 as const, ...defaults.subscribe, ...toSubscribeOptions(extras) };
  if (topicFilter.startsWith('$share/')) delete (subscribe as { noLocal?: boolean }).noLocal; // [MQTT-3.8.3-4]
  return {
    topicFilter,
    subscribe,
    policy: {
      ...(acknowledge && { acknowledge }),
      ...(concurrency === undefined ? {} : { concurrency }),
      ...(maximumWaiting === undefined ? {} : { maximumWaiting }),
    },
    payload,
  };
}
