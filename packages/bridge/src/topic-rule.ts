/** One rule in one direction: which filter to subscribe to, and what a topic is called on the other side. */
import type { QoS } from '@petrel/protocol';

/** A rule, seen from the server that the messages come from. */
export interface TopicRule {
  readonly topicFilter: string;
  readonly qos: QoS;
  readonly sourcePrefix: string;
  readonly targetPrefix: string;
}

/** The Topic Name behind the other prefix. Of `topicName` only those that the rule's filter matches are asked for. */
export function targetTopicOf({ sourcePrefix, targetPrefix }: TopicRule, topicName: string): string {
  return targetPrefix + topicName.slice(sourcePrefix.length);
}

/** The filter that matches what the rule publishes on the other side. */
export function targetFilterOf({ topicFilter, sourcePrefix, targetPrefix }: TopicRule): string {
  return targetPrefix + topicFilter.slice(sourcePrefix.length);
}

/** Whether some Topic Name matches both filters (MQTT 5.0 section 4.7.1). */
export function filtersMeet(first: string, second: string): boolean {
  const one = first.split('/');
  const other = second.split('/');
  for (let level = 0; ; level++) {
    const a = one[level];
    const b = other[level];
    // "#" takes its parent level too, so "a" and "a/#" meet.
    if (a === '#' || b === '#') return level > 0 || !begins$(a === '#' ? b : a);
    if (a === undefined || b === undefined) return a === b;
    if (a === b) continue;
    const wildcard = a === '+' || b === '+';
    if (!wildcard || (level === 0 && begins$(a === '+' ? b : a))) return false;
  }
}

/** Wildcards at the first level match no topic that begins with "$" [MQTT-4.7.2-1]. */
function begins$(level: string | undefined): boolean {
  return level?.startsWith('$') === true;
}
