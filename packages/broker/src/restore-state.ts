/** Puts back what a store kept of an earlier run: sessions with all they contain, retained messages, and the timers of both. */
import { parseTopicFilter } from '@petrel/protocol';
import type { BrokerContext } from './broker-context.js';
import { restoreMessage } from './create-message.js';
import { Delivery } from './delivery.js';
import type { Client } from './hooks.js';
import { Session } from './session.js';
import type { RestoredSession, RestoredState, StoredSession } from './stores/store.js';
import { DeliveryTerms, Subscription } from './subscription.js';

/** Fills an empty broker. */
export function restoreState(context: BrokerContext, state: RestoredState): void {
  const now = context.clock.now();
  for (const stored of state.retained) {
    const message = restoreMessage(stored, context.topics);
    if (!message.isExpired(now)) context.retainedMessages.set(message, now);
  }
  const sessions = [...state.sessions].map((restored) => restoreSession(context, restored));
  // Only now, when every receiver is back, may a Will that became due meanwhile be published.
  for (const session of sessions) {
    // A session that was connected when the last run ended has been without connection since now.
    if (session.disconnectedAt === undefined) {
      session.disconnectedAt = now;
      // Or the next run would begin to count anew, and a session could outlive its interval.
      context.sessions.persist(session);
    }
    context.willMessages.arm(session, session.disconnectedAt);
    context.sessions.armExpiry(session, session.disconnectedAt);
  }
}

function restoreSession(context: BrokerContext, restored: RestoredSession): Session {
  const { session: stored, subscriptions, deliveries, receivedIdentifiers } = restored;
  const session = new Session(absentClient(stored), context);
  session.isStored = true;
  session.sessionExpiryInterval = stored.sessionExpiryInterval;
  session.disconnectedAt = stored.disconnectedAt;
  if (stored.will !== undefined) {
    const { willDelayInterval, properties, ...will } = stored.will;
    session.will = { ...will, properties: { ...properties, willDelayInterval } };
  }
  context.sessions.restore(session);
  for (const kept of subscriptions) {
    const { topicFilter, shareName } = parseTopicFilter(kept.requestedFilter);
    const { requestedFilter, qos, noLocal, retainAsPublished, retainHandling, subscriptionIdentifier } = kept;
    const subscription = new Subscription(
      session,
      requestedFilter,
      topicFilter,
      shareName,
      qos,
      noLocal,
      retainAsPublished,
      retainHandling,
      subscriptionIdentifier,
    );
    session.addSubscription(subscription);
    context.router.subscribe(subscription);
  }
  for (const kept of deliveries) {
    const terms = DeliveryTerms.restored(kept.qos, kept.subscriptionIdentifiers, kept.sharedGroup);
    const message = restoreMessage(kept.message, context.topics);
    const delivery = new Delivery(kept.sequence, message, kept.qos, kept.retain, terms);
    delivery.packetIdentifier = kept.packetIdentifier;
    delivery.released = kept.released;
    session.deliveries.restore(delivery);
  }
  for (const packetIdentifier of receivedIdentifiers) session.inbound.restore(packetIdentifier);
  return session;
}

/** What is known of a client that has not come back yet. */
function absentClient({ clientIdentifier, principalName }: StoredSession): Client {
  return {
    clientIdentifier,
    principal: principalName === undefined ? undefined : { name: principalName },
    userName: principalName,
    protocolVersion: 5,
    transport: 'memory',
    remoteAddress: undefined,
    peerCertificate: undefined,
  };
}
