/** Topic Filters (section 4.7) and Shared Subscriptions (section 4.8.2): what a subscription asks for. */
import { TopicError } from './errors.js';
import { assertTopicText } from './topic-name.js';
import { quote } from './utf8.js';

const filterInvalid = 0x8f;

/** A Topic Filter taken apart; `topicFilter` never begins with `$share/`. */
export interface ParsedTopicFilter {
  readonly topicFilter: string;
  /** The ShareName of a Shared Subscription. */
  readonly shareName?: string;
}

/** Throws TopicError unless the value is a Topic Filter; `$share/…` is checked as a Shared Subscription. */
export function assertTopicFilter(filter: string): void {
  parseTopicFilter(filter);
}

/** Tells whether the value is a Topic Filter. */
export function isTopicFilter(filter: string): boolean {
  try {
    parseTopicFilter(filter);
    return true;
  } catch {
    return false;
  }
}

/** Validates a Topic Filter and splits off the ShareName; throws TopicError naming the filter and the rule. */
export function parseTopicFilter(filter: string): ParsedTopicFilter {
  if (filter.length === 0) throw invalid('Topic Filter is empty [MQTT-4.7.3-1]');
  assertTopicText(filter, 'Topic Filter', filterInvalid);
  if (filter !== '$share' && !filter.startsWith('$share/')) {
    assertWildcards(filter, filter);
    return { topicFilter: filter };
  }
  const shareNameEnd = filter.indexOf('/', 7);
  const shareName = filter.slice(7, shareNameEnd === -1 ? undefined : shareNameEnd);
  if (shareName === '') throw invalid(`Shared Subscription ${quote(filter)} has no ShareName [MQTT-4.8.2-1]`);
  if (shareName.includes('+') || shareName.includes('#')) {
    throw invalid(`ShareName of ${quote(filter)} contains a wildcard [MQTT-4.8.2-2]`);
  }
  const topicFilter = shareNameEnd === -1 ? '' : filter.slice(shareNameEnd + 1);
  if (topicFilter === '') {
    throw invalid(
      `Shared Subscription ${quote(filter)} has no Topic Filter behind its ShareName [MQTT-4.8.2-2]`,
    );
  }
  // Legal by the letter, and a way around whoever takes the prefix off once; a server may refuse any filter.
  if (topicFilter.startsWith('$share/')) {
    throw invalid(`Shared Subscription ${quote(filter)} holds another Shared Subscription`);
  }
  assertWildcards(topicFilter, filter);
  return { topicFilter, shareName };
}

function assertWildcards(topicFilter: string, whole: string): void {
  for (let index = 0; index < topicFilter.length; index++) {
    const unit = topicFilter.charCodeAt(index);
    if (unit !== plus && unit !== hash) continue;
    const opens = index === 0 || topicFilter.charCodeAt(index - 1) === slash;
    if (unit === hash && !(opens && index === topicFilter.length - 1)) {
      throw invalid(`Topic Filter ${quote(whole)} has "#" other than as its last level [MQTT-4.7.1-1]`);
    }
    const closes = index === topicFilter.length - 1 || topicFilter.charCodeAt(index + 1) === slash;
    if (unit === plus && !(opens && closes)) {
      throw invalid(`Topic Filter ${quote(whole)} has "+" beside other characters of a level [MQTT-4.7.1-2]`);
    }
  }
}

const slash = 0x2f;
const plus = 0x2b;
const hash = 0x23;
const dollar = 0x24;

function invalid(message: string): TopicError {
  return new TopicError(message, { reasonCode: filterInvalid });
}

/** Tells whether a Topic Filter contains `+` or `#`. */
export function hasWildcards(topicFilter: string): boolean {
  return topicFilter.includes('+') || topicFilter.includes('#');
}

/**
 * Tells whether a valid Topic Name matches a valid Topic Filter (without `$share/…`).
 *
 * Linear in the length of both. A filter that begins with a wildcard never matches a name that begins with `$` [MQTT-4.7.2-1].
 */
export function topicMatches(topicFilter: string, topicName: string): boolean {
  const first = topicFilter.charCodeAt(0);
  if (topicName.charCodeAt(0) === dollar && (first === plus || first === hash)) return false;
  let at = 0;
  for (let index = 0; index < topicFilter.length; index++) {
    const unit = topicFilter.charCodeAt(index);
    if (unit === hash) return true;
    if (unit === plus) {
      // One whole level, which may be empty [MQTT-4.7.1-2].
      while (at < topicName.length && topicName.charCodeAt(at) !== slash) at++;
    } else if (at < topicName.length && topicName.charCodeAt(at) === unit) {
      at++;
    } else {
      // "a/#" also matches its parent "a" (section 4.7.1.2).
      return (
        at === topicName.length &&
        unit === slash &&
        index === topicFilter.length - 2 &&
        topicFilter.endsWith('#')
      );
    }
  }
  return at === topicName.length;
}
