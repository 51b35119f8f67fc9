/** Answers an operator: why was this message not delivered to that client? */
import { assertTopicName, type QoS, topicMatches } from '@petrel/protocol';
import type { BrokerContext } from './broker-context.js';
import type { Session } from './session.js';
import { shownTopicName, type Undelivered } from './undelivered.js';

/** What would become of a message to this topic now. */
export type DeliveryOutlook =
  | 'delivered'
  /** QoS 1 and 2 wait for the client, QoS 0 is lost. */
  | 'waits'
  /** The client is not connected, and its session keeps nothing. */
  | 'no session'
  | 'no match'
  | 'no rights';

/** The answer. */
export interface DeliveryExplanation {
  readonly topicName: string;
  readonly outlook: DeliveryOutlook;
  /** One sentence. */
  readonly sentence: string;
  /** Subscriptions of the client that match, as it sent them. */
  readonly topicFilters: readonly string[];
  /** The highest QoS of these; undefined without one. */
  readonly qos: QoS | undefined;
  /** True where every one of these keeps back what the client publishes itself (No Local). */
  readonly noLocal: boolean;
  /** True where one of these is a Shared Subscription, whose other members may have got it. */
  readonly isShared: boolean;
  /** The last decisions against messages to this topic for this client, the newest first. */
  readonly recent: readonly Undelivered[];
}

/** Throws TopicError for what is no Topic Name. */
export function explainDelivery(
  context: BrokerContext,
  clientIdentifier: string,
  topicName: string,
): DeliveryExplanation {
  assertTopicName(topicName);
  const session = context.sessions.get(clientIdentifier);
  const matching = [...(session?.subscriptions.values() ?? [])].filter(({ topicFilter }) =>
    topicMatches(topicFilter, topicName),
  );
  const { outlook, sentence } = outlookOf(context, session, matching.length, topicName);
  const noLocal = matching.length > 0 && matching.every((subscription) => subscription.noLocal);
  return {
    topicName,
    outlook,
    sentence: noLocal ? `${sentence}; its own are kept from it (No Local)` : sentence,
    topicFilters: matching.map(({ requestedFilter }) => requestedFilter),
    qos: matching.length === 0 ? undefined : (Math.max(...matching.map(({ qos }) => qos)) as QoS),
    noLocal,
    isShared: matching.some(({ shareName }) => shareName !== undefined),
    recent: recentOf(context, session, topicName),
  };
}

/** What was shed might have been for this client: nobody looked. */
function recentOf(
  { shed }: BrokerContext,
  session: Session | undefined,
  topicName: string,
): readonly Undelivered[] {
  if (session === undefined) return [];
  const shown = shownTopicName(topicName);
  return [...session.undelivered, ...shed.list()]
    .filter((each) => each.topicName === shown)
    .sort((one, other) => other.at - one.at);
}

function outlookOf(
  { accessControl, load }: BrokerContext,
  session: Session | undefined,
  matching: number,
  topicName: string,
): Pick<DeliveryExplanation, 'outlook' | 'sentence'> {
  if (session === undefined)
    return { outlook: 'no session', sentence: 'the client is not connected and has no session that waits' };
  if (matching === 0) {
    const filters = [...session.subscriptions.keys()];
    const held = filters.length === 0 ? 'none at all' : `only ${filters.slice(0, 5).join(', ')}`;
    return { outlook: 'no match', sentence: `none of its subscriptions matches; it has ${held}` };
  }
  if (accessControl.policy !== undefined && !accessControl.mayReceive(session.client, topicName))
    return { outlook: 'no rights', sentence: 'the rules keep messages of this topic from the client' };
  if (session.connection === undefined)
    return {
      outlook: 'waits',
      sentence: 'it is not connected: QoS 1 and 2 wait in its session, QoS 0 is lost',
    };
  const now = load.isShedding ? ' at QoS 1 and 2; the broker has fallen behind and drops QoS 0' : '';
  return {
    outlook: 'delivered',
    sentence: `it is connected, and a message of this topic would be sent to it${now}`,
  };
}
