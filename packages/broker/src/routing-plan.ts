/** Where the messages of one topic go: computed once, kept with the topic, true until a subscription changes. */
import type { Session } from './session.js';
import type { SharedGroup } from './shared-subscriptions.js';
import { DeliveryTerms, Subscription } from './subscription.js';

/** What the subscription tree holds: subscriptions, and groups of shared ones. */
export type Subscriber = Subscription | SharedGroup<Subscription, Session>;

/** One session that gets a single copy of each message. */
export interface Receiver {
  readonly session: Session;
  readonly terms: DeliveryTerms;
  /** For messages of its own: without the No Local subscriptions; undefined when none is left [MQTT-3.8.3-3]. */
  readonly ownTerms: DeliveryTerms | undefined;
}

/** All receivers of a topic. */
export interface RoutingPlan {
  /** Of the subscription tree for which it was last found true. */
  revision: number;
  /** What it was made from: the same list means the same plan. */
  readonly subscribers: readonly Subscriber[];
  readonly receivers: readonly Receiver[];
  /** Each takes one message of its own choosing. */
  readonly groups: readonly SharedGroup<Subscription, Session>[];
}

/** Merges the subscriptions that match a topic into one copy per session. */
export function makeRoutingPlan(subscribers: readonly Subscriber[], revision: number): RoutingPlan {
  const groups: SharedGroup<Subscription, Session>[] = [];
  const bySession = new Map<Session, Subscription[]>();
  for (const subscriber of subscribers) {
    if (!(subscriber instanceof Subscription)) {
      groups.push(subscriber);
      continue;
    }
    const others = bySession.get(subscriber.session);
    if (others === undefined) bySession.set(subscriber.session, [subscriber]);
    else others.push(subscriber);
  }
  const receivers: Receiver[] = [];
  for (const [session, subscriptions] of bySession) receivers.push(makeReceiver(session, subscriptions));
  return { revision, subscribers, receivers, groups };
}

function makeReceiver(session: Session, subscriptions: readonly Subscription[]): Receiver {
  const terms =
    subscriptions.length === 1 ? (subscriptions[0] as Subscription).terms : DeliveryTerms.of(subscriptions);
  const own = subscriptions.filter((subscription) => !subscription.noLocal);
  if (own.length === subscriptions.length) return { session, terms, ownTerms: terms };
  return { session, terms, ownTerms: own.length === 0 ? undefined : DeliveryTerms.of(own) };
}
