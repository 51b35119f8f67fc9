/** From a Topic Name to the sessions that get a copy, and back: the only one who changes the subscription tree. */
import type { Backpressured } from './backpressure.js';
import type { Message } from './message.js';
import { makeRoutingPlan, type RoutingPlan, type Subscriber } from './routing-plan.js';
import type { Session } from './session.js';
import { type SharedGroup, SharedSubscriptions } from './shared-subscriptions.js';
import type { Subscription } from './subscription.js';
import { SubscriptionTree } from './subscription-tree.js';

const stateOf = (member: Subscription) => member.session.memberState;

/** Routes messages and holds the subscriptions of all sessions. */
export class Router {
  readonly #tree = new SubscriptionTree<Subscriber, object>();
  readonly #shared = new SharedSubscriptions<Subscription, Session>();
  #subscriptions = 0;

  /** Subscriptions of all sessions. */
  get size(): number {
    return this.#subscriptions;
  }

  /** Shared Subscriptions with members. */
  get groups(): number {
    return this.#shared.size;
  }

  /** Adds a subscription and gives back the one it replaces [MQTT-3.8.4-3]. */
  subscribe(subscription: Subscription): Subscription | undefined {
    const { session, topicFilter, shareName } = subscription;
    let previous: Subscription | undefined;
    if (shareName === undefined) {
      previous = this.#tree.set(topicFilter, session, subscription) as Subscription | undefined;
    } else {
      const joined = this.#shared.join(shareName, topicFilter, session, subscription);
      if (joined.created) this.#tree.set(topicFilter, joined.group, joined.group);
      previous = joined.previous;
    }
    if (previous === undefined) this.#subscriptions += 1;
    return previous;
  }

  unsubscribe({ session, topicFilter, shareName }: Subscription): void {
    this.#subscriptions -= 1;
    if (shareName === undefined) {
      this.#tree.delete(topicFilter, session);
      return;
    }
    const { emptied } = this.#shared.leave(shareName, topicFilter, session);
    if (emptied !== undefined) this.#tree.delete(topicFilter, emptied);
  }

  /** Gives the message to everybody who asked for it; false when nobody did. `publisher` is slowed down by receivers that lag. */
  publish(message: Message, publisher: Backpressured | undefined): boolean {
    const { receivers, groups } = this.#planOf(message);
    let matched = false;
    for (const { session, terms, ownTerms } of receivers) {
      const applicable = message.publisher === session.clientIdentifier ? ownTerms : terms; // [MQTT-3.8.3-3]
      if (applicable === undefined) {
        session.noteOwn(message);
        continue;
      }
      matched = true;
      session.deliver(message, applicable, message.retain && applicable.retainAsPublished); // [MQTT-3.3.1-12] [MQTT-3.3.1-13]
      if (publisher !== undefined) session.connection?.slowDown(publisher);
    }
    for (const group of groups) if (this.#deliverShared(message, group, publisher)) matched = true;
    return matched;
  }

  /** Whether a session would get the message that outlives its connection. */
  needsStore(message: Message): boolean {
    const { receivers, groups } = this.#planOf(message);
    return (
      receivers.some(({ session }) => session.isStored) ||
      groups.some((group) => group.some(({ session }) => session.isStored))
    );
  }

  /** Whether a session has no room for the message, or no member of a group. */
  isFullFor(message: Message): boolean {
    const { receivers, groups } = this.#planOf(message);
    return (
      receivers.some(({ session }) => session.deliveries.isFullFor(message)) ||
      groups.some((group) => !group.some(({ session }) => !session.deliveries.isFullFor(message)))
    );
  }

  /** Hands a message of a Shared Subscription, whose member is gone, to another one; false when the group has none left. */
  redeliver(message: Message, sharedGroup: string): boolean {
    const slash = sharedGroup.indexOf('/');
    const group = this.#shared.find(sharedGroup.slice(0, slash), sharedGroup.slice(slash + 1));
    return group !== undefined && this.#deliverShared(message, group, undefined);
  }

  #deliverShared(
    message: Message,
    group: SharedGroup<Subscription, Session>,
    publisher: Backpressured | undefined,
  ): boolean {
    const member = group.choose(stateOf);
    if (member === undefined) return false;
    member.session.deliver(message, member.terms, message.retain && member.retainAsPublished); // [MQTT-4.8.2-3]
    if (publisher !== undefined) member.session.connection?.slowDown(publisher);
    return true;
  }

  #planOf(message: Message): RoutingPlan {
    const { topic } = message;
    const { plan } = topic;
    const { revision } = this.#tree;
    if (plan !== undefined && plan.revision === revision) return plan;
    const subscribers = this.#tree.match(topic.topicName);
    // A subscription that has nothing to do with this topic leaves its list, and so its plan, as they were.
    if (plan !== undefined && plan.subscribers === subscribers) {
      plan.revision = revision;
      return plan;
    }
    const renewed = makeRoutingPlan(subscribers, revision);
    topic.plan = renewed;
    return renewed;
  }
}
