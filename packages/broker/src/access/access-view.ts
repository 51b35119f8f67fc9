/** What the rules say to one client. Decides about a topic once and remembers it: a client uses few topics, and often. */
import { topicMatches } from '@petrel/protocol';
import { BoundedCache } from '../bounded-cache.js';
import type { Client } from '../hooks.js';
import type { AccessAction, AccessExplanation } from './access-rules.js';
import { covers, overlap } from './filter-relations.js';

/** A rule for this client, with its names filled in. */
export interface BoundRule {
  readonly index: number;
  readonly denies: boolean;
  readonly actions: ReadonlySet<AccessAction>;
  readonly filters: readonly string[];
}

/** Decisions that are remembered, for each client and each of two actions; twice as many while generations change. */
const rememberedDecisions = 128;

/** One per client and policy. */
export class AccessView {
  /** Whose view it is. */
  readonly client: Client;
  readonly #rules: readonly BoundRule[];
  readonly #allowsByDefault: boolean;
  readonly #publish = new Decisions();
  readonly #receive = new Decisions();

  constructor(client: Client, rules: readonly BoundRule[], allowsByDefault: boolean) {
    this.client = client;
    this.#rules = rules;
    this.#allowsByDefault = allowsByDefault;
  }

  mayPublish(topicName: string): boolean {
    return this.#publish.get(topicName) ?? this.#decideOn(this.#publish, 'publish', topicName);
  }

  /** Whether a message may be handed to the client; subscriptions are asked about before. */
  mayReceive(topicName: string): boolean {
    return this.#receive.get(topicName) ?? this.#decideOn(this.#receive, 'receive', topicName);
  }

  /** `topicFilter` is the one behind `$share/ShareName/`. */
  maySubscribe(topicFilter: string, isShared: boolean): boolean {
    return this.explainSubscribe(topicFilter, isShared).allowed;
  }

  /** Why a message may be published or received, or not. */
  explain(action: 'publish' | 'receive', topicName: string): AccessExplanation {
    // Who may not ask for a topic does not get it by asking for more: `#` is allowed, and what is denied in it stays away.
    const isAbout = ({ actions }: BoundRule) =>
      actions.has(action) || (action === 'receive' && actions.has('subscribe'));
    const matches = (filter: string) => topicMatches(filter, topicName);
    return this.#decide(isAbout, matches, matches, topicName);
  }

  /** Why a filter may be subscribed to, or not. */
  explainSubscribe(topicFilter: string, isShared: boolean): AccessExplanation {
    // A member of a Shared Subscription that may not get a message would swallow it for all: there the slightest overlap is too much.
    const isDenied = (filter: string) =>
      isShared ? overlap(filter, topicFilter) : covers(filter, topicFilter);
    return this.#decide(
      ({ actions, denies }) => actions.has('subscribe') || (denies && isShared && actions.has('receive')),
      isDenied,
      (filter) => covers(filter, topicFilter),
      topicFilter,
    );
  }

  #decide(
    isAbout: (rule: BoundRule) => boolean,
    isDenied: (filter: string) => boolean,
    isAllowed: (filter: string) => boolean,
    topic: string,
  ): AccessExplanation {
    let allowing: { index: number; filter: string } | undefined;
    for (const rule of this.#rules) {
      if ((allowing !== undefined && !rule.denies) || !isAbout(rule)) continue;
      const { index, denies, filters } = rule;
      const filter = filters.find(denies ? isDenied : isAllowed);
      if (filter === undefined) continue;
      if (denies) return { allowed: false, rule: index, reason: `rule ${index} denies ${filter}` };
      allowing = { index, filter };
    }
    if (allowing !== undefined) {
      const { index, filter } = allowing;
      return { allowed: true, rule: index, reason: `rule ${index} allows ${filter}` };
    }
    // What begins with $ is somebody's own: nobody gets it by default.
    if (topic.startsWith('$'))
      return { allowed: false, rule: undefined, reason: 'no rule names this topic that begins with $' };
    const what = this.#allowsByDefault ? 'allow' : 'deny';
    return {
      allowed: this.#allowsByDefault,
      rule: undefined,
      reason: `no rule is about it, and the default is ${what}`,
    };
  }

  #decideOn(decisions: Decisions, action: 'publish' | 'receive', topicName: string): boolean {
    const { allowed } = this.explain(action, topicName);
    decisions.set(topicName, allowed);
    return allowed;
  }
}

/** What was decided about topics. The last one is asked about again most of the time. */
class Decisions {
  #lastTopic: string | undefined;
  #last = false;
  #others: BoundedCache<boolean> | undefined;

  get(topicName: string): boolean | undefined {
    if (topicName === this.#lastTopic) return this.#last;
    const known = this.#others?.get(topicName);
    if (known === undefined) return undefined;
    this.#lastTopic = topicName;
    this.#last = known;
    return known;
  }

  set(topicName: string, allowed: boolean): void {
    // A client with one topic has no table.
    if (this.#lastTopic !== undefined) {
      this.#others ??= new BoundedCache<boolean>(rememberedDecisions, () => 1);
      this.#others.delete(topicName);
      this.#others.set(topicName, allowed);
    }
    this.#lastTopic = topicName;
    this.#last = allowed;
  }
}
