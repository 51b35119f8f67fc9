/** From a NestJS pattern and the extras of its decorator to what is subscribed. */
import {
  describeEndpoint,
  type Endpoint,
  escapeTopicLevel,
  type HandlerDefaults,
  type HandlerOptions,
  TopicPattern,
} from '@petrel/service';
import { type StockSubscribeOptions, toSubscribeOptions } from './options.js';

/** Extras of `@MessagePattern` and `@EventPattern`: how one handler is served. */
export interface HandlerExtras extends StockSubscribeOptions, HandlerOptions {}

/** Extras are the second argument of the decorator itself, or its `extras` member, as the documentation shows. */
export function readExtras(extras: unknown): HandlerExtras {
  if (typeof extras !== 'object' || extras === null) return {};
  const { extras: inner, ...outer } = extras as HandlerExtras & { extras?: HandlerExtras };
  return typeof inner === 'object' && inner !== null ? { ...outer, ...inner } : outer;
}

/** An endpoint but for its handler; throws UsageError or TopicError that names the handler's pattern. */
export function routeOf(
  pattern: string,
  responds: boolean,
  extras: HandlerExtras,
  defaults: HandlerDefaults & { readonly subscribe: HandlerOptions },
): Omit<Endpoint, 'handle'> {
  const { nl: _, rap: __, rh: ___, ...options } = extras;
  const own = { ...defaults.subscribe, ...options, ...toSubscribeOptions(extras) };
  const topicPattern = new TopicPattern(isObjectPattern(pattern) ? asText(pattern) : pattern);
  return describeEndpoint(topicPattern, responds, own, defaults);
}

/** NestJS writes an object pattern as JSON, in which nothing is a parameter. */
function isObjectPattern(pattern: string): boolean {
  return pattern.startsWith('{');
}

function asText(pattern: string): string {
  return pattern.split('/').map(escapeTopicLevel).join('/');
}
