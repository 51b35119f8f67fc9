/** The subscriptions of a client, and which of them a message is for. Knows nothing of SUBSCRIBE. */
import type { SubscriptionRequest } from '@petrel/protocol';
import { FilterTree } from './filter-tree.js';
import type { Filter, ResolvedSubscribeOptions } from './subscribe-options.js';
import type { Subscription } from './subscription.js';

/** One Topic Filter that the client asks the server for, on behalf of one or more subscriptions. */
export interface FilterEntry {
  readonly filter: Filter;
  /** Subscription Identifier: tells which filter a copy of a message is for. */
  readonly identifier: number;
  readonly subscriptions: Set<Subscription>;
  /** What to ask for, so that everybody gets what he wants. */
  request: SubscriptionRequest;
}

interface Target {
  readonly subscription: Subscription;
  /** Of the first of its filters that match: the one copy that counts. */
  readonly identifier: number;
}

/** What a Topic Name leads to. */
interface Plan {
  readonly everybody: readonly Subscription[];
  readonly targets: readonly Target[];
  readonly identifiers: ReadonlySet<number>;
}

const largestIdentifier = 268_435_455;
const plansKept = 4_096;

export class Subscriptions {
  readonly #entries = new Map<string, FilterEntry>();
  readonly #tree = new FilterTree<FilterEntry>();
  /** By Topic Name; dropped whenever a filter comes or goes. */
  readonly #plans = new Map<string, Plan>();
  #lastIdentifier: number;

  /** Identifiers count from behind `lastIdentifier`. */
  constructor(lastIdentifier = 0) {
    this.#lastIdentifier = lastIdentifier;
  }

  /** All filters, in the order they came. */
  entries(): IterableIterator<FilterEntry> {
    return this.#entries.values();
  }

  get(filter: string): FilterEntry | undefined {
    return this.#entries.get(filter);
  }

  /** Adds a subscription to a filter. */
  join(filter: Filter, options: ResolvedSubscribeOptions, subscription: Subscription): FilterEntry {
    let entry = this.#entries.get(filter.text);
    if (entry === undefined) {
      entry = this.#newEntry(filter, options);
      this.#entries.set(filter.text, entry);
      this.#tree.add(filter.parsed.topicFilter, entry);
    } else {
      entry.request = combined(entry.request, options);
    }
    entry.subscriptions.add(subscription);
    this.#plans.clear();
    return entry;
  }

  /** Takes a subscription off a filter; true when the filter has nobody left and is gone. */
  leave(filter: string, subscription: Subscription): boolean {
    const entry = this.#entries.get(filter);
    if (!entry?.subscriptions.delete(subscription)) return false;
    this.#plans.clear();
    if (entry.subscriptions.size > 0) return false;
    this.#entries.delete(filter);
    this.#tree.delete(entry.filter.parsed.topicFilter, entry);
    return true;
  }

  /**
   * The subscriptions that one PUBLISH is for, each once.
   *
   * A server sends one message for overlapping filters, or a copy for each. Its Subscription Identifiers tell which it is: each subscription
   * takes the copy of its first matching filter. Without identifiers a message goes to everybody it matches.
   */
  of(topicName: string, identifiers: readonly number[] | undefined): readonly Subscription[] {
    const plan = this.#plans.get(topicName) ?? this.#plan(topicName);
    if (identifiers === undefined || plan.identifiers.size <= 1) return plan.everybody;
    // An identifier of an earlier process' subscription says nothing about ours.
    if (!identifiers.every((identifier) => plan.identifiers.has(identifier))) return plan.everybody;
    const meant = plan.targets.filter(({ identifier }) => identifiers.includes(identifier));
    return meant.map(({ subscription }) => subscription);
  }

  #plan(topicName: string): Plan {
    const targets = new Map<Subscription, Target>();
    const identifiers = new Set<number>();
    const entries = this.#tree.match(topicName).sort((left, right) => left.identifier - right.identifier);
    for (const { identifier, subscriptions } of entries) {
      identifiers.add(identifier);
      for (const subscription of subscriptions) {
        if (!targets.has(subscription)) targets.set(subscription, { subscription, identifier });
      }
    }
    const plan = { everybody: [...targets.keys()], targets: [...targets.values()], identifiers };
    if (this.#plans.size >= plansKept) this.#plans.clear();
    this.#plans.set(topicName, plan);
    return plan;
  }

  #newEntry(
    filter: Filter,
    { qos, noLocal, retainAsPublished, retainHandling }: ResolvedSubscribeOptions,
  ): FilterEntry {
    this.#lastIdentifier = this.#lastIdentifier >= largestIdentifier ? 1 : this.#lastIdentifier + 1;
    return {
      filter,
      identifier: this.#lastIdentifier,
      subscriptions: new Set(),
      request: { topicFilter: filter.text, qos, noLocal, retainAsPublished, retainHandling },
    };
  }
}

/** The server knows one set of options for each filter. Retain Handling is the newcomer's: it only matters now. */
function combined(request: SubscriptionRequest, options: ResolvedSubscribeOptions): SubscriptionRequest {
  return {
    topicFilter: request.topicFilter,
    qos: Math.max(request.qos, options.qos) as SubscriptionRequest['qos'],
    noLocal: request.noLocal && options.noLocal,
    retainAsPublished: request.retainAsPublished || options.retainAsPublished,
    retainHandling: options.retainHandling,
  };
}
