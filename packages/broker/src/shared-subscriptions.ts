/**
 * Shared Subscriptions (section 4.8.2): the groups of a ShareName and a Topic Filter, and which member takes a message.
 * Knows nothing of sessions; what a member can do at the moment is asked, never remembered.
 */

/** `ready`: connected with room in its window. `busy`: connected, would have to queue. `offline`: a durable session. */
export type MemberState = 'ready' | 'busy' | 'offline';

/** The members of one Shared Subscription. */
export class SharedGroup<M, K = unknown> {
  readonly shareName: string;
  /** The filter behind `$share/ShareName/`. */
  readonly topicFilter: string;
  readonly #members: M[] = [];
  readonly #keys: K[] = [];
  readonly #indexes = new Map<K, number>();
  #next = 0;

  constructor(shareName: string, topicFilter: string) {
    this.shareName = shareName;
    this.topicFilter = topicFilter;
  }

  get size(): number {
    return this.#members.length;
  }

  /** Adds a member, or replaces the one under the same key and gives that one back. */
  set(key: K, member: M): M | undefined {
    const index = this.#indexes.get(key);
    if (index === undefined) {
      this.#indexes.set(key, this.#members.length);
      this.#keys.push(key);
      this.#members.push(member);
      return undefined;
    }
    const previous = this.#members[index];
    this.#members[index] = member;
    return previous;
  }

  /** Removes a member and gives it back; its share falls to the others. */
  delete(key: K): M | undefined {
    const index = this.#indexes.get(key);
    if (index === undefined) return undefined;
    const previous = this.#members[index];
    this.#indexes.delete(key);
    const lastKey = this.#keys.pop()!;
    const lastMember = this.#members.pop()!;
    if (index < this.#members.length) {
      this.#keys[index] = lastKey;
      this.#members[index] = lastMember;
      this.#indexes.set(lastKey, index);
    }
    return previous;
  }

  /** Whether the test holds for a member. */
  some(test: (member: M) => boolean): boolean {
    return this.#members.some(test);
  }

  /**
   * The member whose turn it is: the next ready one, else the next busy one, else the next offline one, so that
   * an absent member is no black hole while anybody else is there. Undefined only for a group without members.
   */
  choose(stateOf: (member: M) => MemberState): M | undefined {
    const count = this.#members.length;
    let chosen = -1;
    let chosenState: MemberState = 'offline';
    for (let step = 0; step < count; step++) {
      const index = (this.#next + step) % count;
      const state = stateOf(this.#members[index]!);
      if (chosen !== -1 && (state === chosenState || state === 'offline')) continue;
      chosen = index;
      chosenState = state;
      if (state === 'ready') break;
    }
    if (chosen === -1) return undefined;
    this.#next = (chosen + 1) % count;
    return this.#members[chosen];
  }
}

/** All groups of a broker. */
export class SharedSubscriptions<M, K = unknown> {
  readonly #groups = new Map<string, SharedGroup<M, K>>();

  /** Groups that have members. */
  get size(): number {
    return this.#groups.size;
  }

  find(shareName: string, topicFilter: string): SharedGroup<M, K> | undefined {
    return this.#groups.get(groupKey(shareName, topicFilter));
  }

  /** Adds or replaces a member; `created` tells that the group is new and has to be put into the subscription tree. */
  join(shareName: string, topicFilter: string, key: K, member: M): SharedJoin<M, K> {
    const name = groupKey(shareName, topicFilter);
    const existing = this.#groups.get(name);
    const group = existing ?? new SharedGroup<M, K>(shareName, topicFilter);
    if (existing === undefined) this.#groups.set(name, group);
    return { group, previous: group.set(key, member), created: existing === undefined };
  }

  /** Removes a member; `emptied` is the group when it was the last one, to be taken out of the subscription tree. */
  leave(shareName: string, topicFilter: string, key: K): SharedLeave<M, K> {
    const group = this.find(shareName, topicFilter);
    const previous = group?.delete(key);
    if (group === undefined || group.size > 0) return { previous };
    this.#groups.delete(groupKey(shareName, topicFilter));
    return { previous, emptied: group };
  }
}

/** What join() did. */
export interface SharedJoin<M, K> {
  readonly group: SharedGroup<M, K>;
  readonly previous: M | undefined;
  readonly created: boolean;
}

/** What leave() did; `previous` is undefined when there was no such member. */
export interface SharedLeave<M, K> {
  readonly previous: M | undefined;
  readonly emptied?: SharedGroup<M, K>;
}

/** A ShareName contains no slash [MQTT-4.8.2-2], so the first one ends it. */
function groupKey(shareName: string, topicFilter: string): string {
  return `${shareName}/${topicFilter}`;
}
