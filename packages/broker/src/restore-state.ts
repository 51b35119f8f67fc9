/** Puts back what a store kept of an earlier run: sessions with all they contain, retained messages, and the timers of both. */
import { parseTopicFilter } from '@petrel/protocol';
import type { BrokerContext } from './broker-context.js';
import { restoreMessage } from './create-message.js';
import type { Client } from './hooks.js';
import { orphanPrefix, redeliverQueue } from './orphaned-queue.js';
import { restoreDelivery } from './queue-tail.js';
import { Session } from './session.js';
import type { RestoredSession, RestoredState, StoredRetained, StoredSession } from './stores/store.js';
import { Subscription } from './subscription.js';

/** Fills an empty broker. */
export async function restoreState(context: BrokerContext, state: RestoredState): Promise<void> {
  const now = context.clock.now();
  await restoreRetained(context, state, now);
  const orphans: string[] = [];
  const sessions: Session[] = [];
  for (const restored of state.sessions) {
    const { clientIdentifier } = restored.session;
    if (clientIdentifier.startsWith(orphanPrefix)) orphans.push(clientIdentifier);
    else sessions.push(restoreSession(context, restored));
  }
  for (const name of orphans) redeliverQueue(context, name);
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

async function restoreRetained(
  { retainedMessages, store, topics }: BrokerContext,
  { retained, retainedInStore }: RestoredState,
  now: number,
): Promise<void> {
  for (const stored of retained) {
    const message = restoreMessage(stored, topics);
    if (message.isExpired(now)) store.deleteRetained(message.topicName, message.storeNumber);
    // The store has it already.
    else retainedMessages.setHere(message, now);
  }
  const expired: StoredRetained[] = [];
  for await (const some of retainedInStore ?? []) {
    for (const kept of some) {
      const { topicName, storeNumber, sizeBytes, expiresAt } = kept;
      if (expiresAt !== undefined && expiresAt <= now) expired.push(kept);
      else retainedMessages.restore(topicName, storeNumber, sizeBytes, expiresAt);
    }
  }
  for (const { topicName, storeNumber } of expired) store.deleteRetained(topicName, storeNumber);
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
    if (kept.awaitsRetained) replayRetained(context, subscription);
  }
  session.deliveries.restoreQueue(restored.lastSequence, restored.queued);
  for (const kept of deliveries) session.deliveries.restore(restoreDelivery(context, kept));
  for (const packetIdentifier of receivedIdentifiers) session.inbound.restore(packetIdentifier);
  session.countUnreleased(receivedIdentifiers.length);
  return session;
}

/** Begins anew what the last run had not finished: how far it came, nobody knows. */
function replayRetained({ retainedMessages }: BrokerContext, subscription: Subscription): void {
  subscription.awaitsRetained = true;
  const { session, topicFilter } = subscription;
  session.deliveries.replay(subscription, retainedMessages.match(topicFilter));
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
