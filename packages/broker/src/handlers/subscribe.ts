/** SUBSCRIBE (section 3.8): each filter is judged by itself, and SUBACK answers them all at once. */
import {
  hasWildcards,
  noProperties,
  type ParsedTopicFilter,
  parseTopicFilter,
  type QoS,
  reasonCode,
  type SubscribePacket,
  type SubscriptionRequest,
  TopicError,
  utf8Size,
} from '@petrel/protocol';
import type { Connection } from '../connection.js';
import type { Client, Refusal } from '../hooks.js';
import type { Message } from '../message.js';
import type { ResolvedLimits } from '../options.js';
import type { RetainedReplay } from '../retained-replay.js';
import type { Session } from '../session.js';
import { Subscription } from '../subscription.js';

/** Grants or refuses every filter in order, answers SUBACK [MQTT-3.8.4-1], then sends retained messages. */
export async function handleSubscribe(connection: Connection, packet: SubscribePacket): Promise<void> {
  const { context, acknowledgements } = connection;
  const session = connection.session as Session;
  const { packetIdentifier, properties } = packet;
  const reasonCodes: number[] = [];
  let reasonString: string | undefined;
  const replays: (readonly [Subscription, RetainedReplay<Message>])[] = [];
  for (const request of packet.subscriptions) {
    const granted = await grant(connection, request, properties.subscriptionIdentifier);
    if (connection.isEnding) return;
    if (!(granted instanceof Subscription)) {
      reasonCodes.push(granted.reasonCode);
      reasonString ??= granted.reasonString;
      continue;
    }
    subscribe(connection, granted);
    reasonCodes.push(granted.qos); // [MQTT-3.8.4-7]
    // Begun together with the subscription: what is stored from now on comes live.
    if (granted.awaitsRetained) replays.push([granted, context.retainedMessages.match(granted.topicFilter)]);
    const { topicFilter, shareName, qos } = granted;
    context.hooks.tell('subscribed', connection.client as Client, { topicFilter, shareName, qos });
  }
  const answer = (): void => {
    const isTold = reasonString !== undefined && connection.terms?.requestProblemInformation; // [MQTT-3.1.2-29]
    const told = isTold ? { reasonString } : noProperties;
    connection.send({ type: 'suback', packetIdentifier, reasonCodes, properties: told }); // [MQTT-3.8.4-2]
    for (const [subscription, replay] of replays) session.deliveries.replay(subscription, replay);
    session.deliveries.pump();
  };
  const commit = session.isStored ? context.store.commit() : undefined;
  if (acknowledgements.mayLeaveNow(commit)) answer();
  else acknowledgements.after(commit, answer);
}

/** The subscription, or why there is none. */
async function grant(
  connection: Connection,
  request: SubscriptionRequest,
  subscriptionIdentifier: number | undefined,
): Promise<Subscription | Refusal> {
  const { context } = connection;
  const { limits } = context.options;
  const session = connection.session as Session;
  const { refusal: storeRefusal } = context.store;
  if (session.isStored && storeRefusal !== undefined) return { reasonCode: storeRefusal };
  const client = connection.client as Client;
  const parsed = parse(request.topicFilter);
  if (parsed === undefined) return { reasonCode: reasonCode.topicFilterInvalid };
  const unavailable = whyUnavailable(parsed, subscriptionIdentifier, limits);
  if (unavailable !== undefined) return { reasonCode: unavailable };
  const { topicFilter, shareName } = parsed;
  const isNew = !session.subscriptions.has(request.topicFilter);
  const isFull =
    session.subscriptions.size >= limits.maximumSubscriptionsPerSession || context.memory.isSpent;
  if (isNew && isFull) return { reasonCode: reasonCode.quotaExceeded };
  const qos = Math.min(request.qos, limits.maximumQoS) as QoS; // [MQTT-3.2.2-10]
  const refusal =
    (await context.accessControl.authorizeSubscribe(client, topicFilter, shareName, qos)) ??
    (await context.hooks.subscribe(client, { topicFilter, shareName, qos }));
  if (refusal !== undefined) return refusal;
  return new Subscription(
    session,
    request.topicFilter,
    topicFilter,
    shareName,
    qos,
    request.noLocal,
    request.retainAsPublished,
    request.retainHandling,
    subscriptionIdentifier,
  );
}

/** Puts the subscription in force, in place of one with the same filter. */
function subscribe({ context }: Connection, subscription: Subscription): void {
  const { session, topicFilter } = subscription;
  const previous = session.addSubscription(subscription);
  context.router.subscribe(subscription);
  subscription.awaitsRetained =
    wantsRetained(subscription, previous) && !context.retainedMessages.hasNothingFor(topicFilter);
  if (previous !== undefined) session.deliveries.endReplay(previous);
  if (session.isStored) context.store.putSubscription(session.clientIdentifier, subscription);
}

function parse(topicFilter: string): ParsedTopicFilter | undefined {
  try {
    return parseTopicFilter(topicFilter);
  } catch (error) {
    if (error instanceof TopicError) return undefined;
    throw error;
  }
}

function whyUnavailable(
  { topicFilter, shareName }: ParsedTopicFilter,
  subscriptionIdentifier: number | undefined,
  limits: ResolvedLimits,
): number | undefined {
  if (utf8Size(topicFilter) > limits.maximumTopicBytes) return reasonCode.topicFilterInvalid;
  if (topicFilter.split('/', limits.maximumTopicLevels + 1).length > limits.maximumTopicLevels) {
    return reasonCode.topicFilterInvalid;
  }
  if (shareName !== undefined && !limits.sharedSubscriptionAvailable)
    return reasonCode.sharedSubscriptionsNotSupported;
  if (hasWildcards(topicFilter) && !limits.wildcardSubscriptionAvailable) {
    return reasonCode.wildcardSubscriptionsNotSupported;
  }
  if (subscriptionIdentifier !== undefined && !limits.subscriptionIdentifiersAvailable) {
    return reasonCode.subscriptionIdentifiersNotSupported;
  }
  return undefined;
}

function wantsRetained(
  { shareName, retainHandling }: Subscription,
  previous: Subscription | undefined,
): boolean {
  if (shareName !== undefined || retainHandling === 2) return false; // [MQTT-3.3.1-11]
  return retainHandling === 0 || previous === undefined; // [MQTT-3.3.1-9] [MQTT-3.3.1-10]
}
