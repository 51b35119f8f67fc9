/** What an operator may look at while the broker runs: sessions with what they subscribed to, and retained messages. Changes nothing. */
import { assertTopicFilter, type ProtocolVersion, type QoS, UsageError } from '@petrel/protocol';
import type { BrokerContext } from './broker-context.js';
import type { Session } from './session.js';
import type { TransportKind } from './transport.js';
import type { Undelivered } from './undelivered.js';

const mostAtOnce = 1_000;

/** One session as broker.sessions() shows it. */
export interface SessionInfo {
  readonly clientIdentifier: string;
  /** Undefined for an anonymous client. */
  readonly principalName: string | undefined;
  readonly connected: boolean;
  /** As the client sent them, with `$share/…`. */
  readonly topicFilters: readonly string[];
  /** QoS 1 and 2 messages that wait. */
  readonly queuedMessages: number;
  /** QoS 1 and 2 messages sent and not acknowledged to the end. */
  readonly inFlightMessages: number;
  /** Seconds. */
  readonly sessionExpiryInterval: number;
}

/** One session as broker.session() shows it. */
export interface SessionDetail extends SessionInfo {
  /** Of the last connection. */
  readonly protocolVersion: ProtocolVersion;
  readonly transport: TransportKind;
  readonly remoteAddress: string | undefined;
  /** Seconds; 0 = none, undefined without a connection. */
  readonly keepAlive: number | undefined;
  /** Milliseconds since the Unix epoch; undefined while connected. */
  readonly disconnectedAt: number | undefined;
  readonly hasWill: boolean;
  readonly queuedBytes: number;
  readonly subscriptions: readonly SubscriptionInfo[];
  /** The last decisions against messages for this client, the newest first; at most 32. */
  readonly undelivered: readonly Undelivered[];
}

/** One subscription as it was granted. */
export interface SubscriptionInfo {
  readonly topicFilter: string;
  readonly qos: QoS;
  readonly noLocal: boolean;
  readonly retainAsPublished: boolean;
  readonly subscriptionIdentifier: number | undefined;
}

/** Which retained messages to look at. */
export interface RetainedQuery {
  /** Default `#`, which leaves out topics that begin with `$`. */
  readonly topicFilter?: string | undefined;
  /** Messages to pass over, 0 or more. Default 0. */
  readonly offset?: number | undefined;
  /** Messages, 1–1,000. Default 100. */
  readonly limit?: number | undefined;
}

/** One retained message. */
export interface RetainedInfo {
  readonly topicName: string;
  readonly payload: Uint8Array;
  readonly qos: QoS;
  /** Client Identifier; undefined where the broker's own program published it. */
  readonly publisher: string | undefined;
  /** Milliseconds since the Unix epoch; undefined = never. */
  readonly expiresAt: number | undefined;
  readonly contentType: string | undefined;
}

/** A piece of the retained messages. */
export interface RetainedPage {
  readonly messages: readonly RetainedInfo[];
  /** Whether there were more behind these. */
  readonly hasMore: boolean;
}

/** What a list of sessions shows. */
export function sessionInfo(session: Session): SessionInfo {
  return {
    clientIdentifier: session.clientIdentifier,
    principalName: session.principalName,
    connected: session.connection !== undefined,
    topicFilters: [...session.subscriptions.keys()],
    queuedMessages: session.deliveries.queued,
    inFlightMessages: session.deliveries.inFlight,
    sessionExpiryInterval: session.sessionExpiryInterval,
  };
}

/** What is shown of one session. */
export function sessionDetail(session: Session): SessionDetail {
  const { client, connection } = session;
  return {
    ...sessionInfo(session),
    protocolVersion: client.protocolVersion,
    transport: client.transport,
    remoteAddress: client.remoteAddress,
    keepAlive: connection?.terms?.keepAlive,
    disconnectedAt: connection === undefined ? wholeMs(session.disconnectedAt) : undefined,
    hasWill: session.will !== undefined,
    queuedBytes: session.deliveries.queuedBytes,
    subscriptions: [...session.subscriptions.values()].map((subscription) => ({
      topicFilter: subscription.requestedFilter,
      qos: subscription.qos,
      noLocal: subscription.noLocal,
      retainAsPublished: subscription.retainAsPublished,
      subscriptionIdentifier: subscription.subscriptionIdentifier,
    })),
    undelivered: session.undelivered,
  };
}

/** The clock knows parts of a millisecond; those who look on do not expect them. */
function wholeMs(time: number | undefined): number | undefined {
  return time === undefined ? undefined : Math.floor(time);
}

/** Reads a piece, in no order that means anything; throws UsageError or TopicError for a query that no rule allows. */
export async function retainedPage(context: BrokerContext, query: RetainedQuery): Promise<RetainedPage> {
  const { topicFilter = '#', offset = 0, limit = 100 } = query;
  assertTopicFilter(topicFilter);
  if (!Number.isSafeInteger(offset) || offset < 0)
    throw new UsageError(`"offset" must be an integer of at least 0, got ${String(offset)}`);
  if (!Number.isInteger(limit) || limit < 1 || limit > mostAtOnce)
    throw new UsageError(`"limit" must be an integer 1–${mostAtOnce}, got ${String(limit)}`);
  const { store, clock } = context;
  const replay = context.retainedMessages.match(topicFilter);
  const now = clock.now();
  for (let passed = 0; passed < offset && !replay.done; ) {
    passed += replay.take(Math.min(offset - passed, mostAtOnce), now).length;
    // A long list holds up nobody.
    await new Promise((resolve) => setImmediate(resolve));
  }
  const entries = [];
  while (entries.length <= limit && !replay.done)
    entries.push(...replay.take(limit + 1 - entries.length, now));
  const shown = entries.slice(0, limit);
  const numbers = shown.filter(({ message }) => message === undefined).map(({ number }) => number);
  const stored = numbers.length === 0 ? undefined : await store.retainedReader?.read(numbers);
  const messages = shown.flatMap(({ message, number }) => message ?? stored?.get(number) ?? []);
  return {
    messages: messages.map(({ topicName, payload, qos, publisher, expiresAt, properties }) => ({
      topicName,
      payload: payload.slice(),
      qos,
      publisher,
      expiresAt: wholeMs(expiresAt),
      contentType: properties.contentType,
    })),
    hasMore: entries.length > limit,
  };
}
