/**
 * Which subscriptions a Topic Name reaches. Filters without wildcards are one lookup; the others form a tree whose
 * cost is bounded by the levels of the topic. Knows nothing of sessions: `S` is whatever the router delivers to.
 */
import { hasWildcards } from '@petrel/protocol';
import { BoundedCache } from './bounded-cache.js';
import { SubscriberSet } from './subscriber-set.js';
import { TopicNode } from './topic-node.js';

/** Weight that each generation of the match cache holds, in receivers plus topics plus 8-character pieces of their names. */
const cacheWeight = 1_000_000;

const dollar = 0x24;

/** Subscriptions by Topic Filter (without `$share/…`, already validated) and by the key of whoever holds them. */
export class SubscriptionTree<S, K = unknown> {
  readonly #exact = new Map<string, SubscriberSet<K, S>>();
  readonly #wildcards = new TopicNode<SubscriberSet<K, S>>();
  readonly #matches = new BoundedCache<readonly S[]>(
    cacheWeight,
    (topicName, list) => 4 + (topicName.length >> 3) + list.length,
  );
  #revision = 0;
  #size = 0;

  /** Subscriptions held. */
  get size(): number {
    return this.#size;
  }

  /** Changes with every subscription; a match() result stays true for as long as this stays the same. */
  get revision(): number {
    return this.#revision;
  }

  /** Adds a subscription, or replaces the one under the same filter and key and gives that one back [MQTT-3.8.4-3]. */
  set(topicFilter: string, key: K, subscription: S): S | undefined {
    const previous = this.#ensureSubscribers(topicFilter).set(key, subscription);
    if (previous === undefined) this.#size += 1;
    this.#changed(topicFilter);
    return previous;
  }

  /** Removes the subscription under exactly this filter and key, and gives it back [MQTT-3.10.4-1]. */
  delete(topicFilter: string, key: K): S | undefined {
    const previous = hasWildcards(topicFilter)
      ? this.#deleteWildcard(topicFilter, key)
      : this.#deleteExact(topicFilter, key);
    if (previous === undefined) return undefined;
    this.#size -= 1;
    this.#changed(topicFilter);
    return previous;
  }

  /** All subscriptions that a Topic Name reaches, in no promised order; the list is shared and must not be changed. */
  match(topicName: string): readonly S[] {
    const cached = this.#matches.get(topicName);
    if (cached !== undefined) return cached;
    const list: S[] = [];
    this.#exact.get(topicName)?.appendTo(list);
    this.#matchWildcards(topicName, list);
    this.#matches.set(topicName, list);
    return list;
  }

  #changed(topicFilter: string): void {
    this.#revision += 1;
    // A filter without wildcards reaches the one topic of its own name: all other matches stay true.
    if (hasWildcards(topicFilter)) this.#matches.clear();
    else this.#matches.delete(topicFilter);
  }

  #ensureSubscribers(topicFilter: string): SubscriberSet<K, S> {
    if (!hasWildcards(topicFilter)) {
      const existing = this.#exact.get(topicFilter);
      if (existing !== undefined) return existing;
      const subscribers = new SubscriberSet<K, S>();
      this.#exact.set(topicFilter, subscribers);
      return subscribers;
    }
    let node = this.#wildcards;
    for (let start = 0; start <= topicFilter.length; ) {
      const end = levelEnd(topicFilter, start);
      node = node.ensureChild(topicFilter.slice(start, end));
      start = end + 1;
    }
    return (node.value ??= new SubscriberSet<K, S>());
  }

  #deleteExact(topicFilter: string, key: K): S | undefined {
    const subscribers = this.#exact.get(topicFilter);
    const previous = subscribers?.delete(key);
    if (subscribers?.size === 0) this.#exact.delete(topicFilter);
    return previous;
  }

  #deleteWildcard(topicFilter: string, key: K): S | undefined {
    const path: TopicNode<SubscriberSet<K, S>>[] = [this.#wildcards];
    const levels: string[] = [];
    for (let start = 0; start <= topicFilter.length; ) {
      const end = levelEnd(topicFilter, start);
      const level = topicFilter.slice(start, end);
      const child = path[path.length - 1]!.child(level);
      if (child === undefined) return undefined;
      levels.push(level);
      path.push(child);
      start = end + 1;
    }
    const node = path[path.length - 1]!;
    const previous = node.value?.delete(key);
    if (node.value?.size === 0) node.value = undefined;
    for (let depth = levels.length; depth > 0 && path[depth]!.isEmpty; depth--) {
      path[depth - 1]!.removeChild(levels[depth - 1]!);
    }
    return previous;
  }

  #matchWildcards(topicName: string, list: S[]): void {
    if (this.#wildcards.isEmpty) return;
    const nodes = [this.#wildcards];
    const starts = [0];
    for (let node = nodes.pop(); node !== undefined; node = nodes.pop()) {
      const start = starts.pop()!;
      const wildcardsMayMatch = start > 0 || topicName.charCodeAt(0) !== dollar; // [MQTT-4.7.2-1]
      // "#" stands for the level it follows too: a/# matches a.
      if (wildcardsMayMatch) node.child('#')?.value?.appendTo(list);
      if (start > topicName.length) {
        node.value?.appendTo(list);
        continue;
      }
      const end = levelEnd(topicName, start);
      const plus = wildcardsMayMatch ? node.child('+') : undefined;
      if (plus !== undefined) {
        nodes.push(plus);
        starts.push(end + 1);
      }
      const child = node.child(topicName.slice(start, end));
      if (child !== undefined) {
        nodes.push(child);
        starts.push(end + 1);
      }
    }
  }
}

function levelEnd(topic: string, start: number): number {
  const slash = topic.indexOf('/', start);
  return slash === -1 ? topic.length : slash;
}
