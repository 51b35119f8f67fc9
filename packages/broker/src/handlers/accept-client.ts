/** The second half of CONNECT: who it is, is known; may it, which session, CONNACK. Everything is decided before anything is changed. */
import { type ConnectPacket, PacketTooLargeError, reasonCode, type Will } from '@petrel/protocol';
import type { BrokerContext } from '../broker-context.js';
import type { Connection } from '../connection.js';
import type { ConnectionTerms } from '../connection-terms.js';
import { AccessError, refusalError, StoreError } from '../errors.js';
import type { Client, Refusal } from '../hooks.js';
import type { ResolvedLimits } from '../options.js';
import type { Session } from '../session.js';
import { connackProperties, type Decided } from './connack-properties.js';
import { revokedFilters } from './revoke-subscriptions.js';

/** What the hooks say of a client that is who it claims to be. */
interface Admission {
  /** Filters of its session that it may not subscribe to any more. */
  readonly revoked: readonly string[];
  readonly responseInformation: string | undefined;
}

const admitted: Admission = { revoked: [], responseInformation: undefined };

/**
 * Gives an authenticated client its session and answers CONNACK, or throws what connection-error turns into a refusal; a promise only
 * where a hook or the store gave one.
 */
export function acceptClient(
  connection: Connection,
  packet: ConnectPacket,
  client: Client,
  authenticationData: Uint8Array | undefined,
): Promise<void> | undefined {
  const { context } = connection;
  context.sessions.assertOwner(client);
  if (!hasQuestions(context, packet))
    return openSession(connection, packet, client, admitted, authenticationData);
  return askHooks(connection, packet, client).then((admission) =>
    openSession(connection, packet, client, admission, authenticationData),
  );
}

function hasQuestions(
  { hooks: { has }, accessControl }: BrokerContext,
  { will, cleanStart, properties }: ConnectPacket,
): boolean {
  return (
    will !== undefined ||
    has.connect ||
    (accessControl.canRevoke && !cleanStart) ||
    (has.responseInformation && properties.requestResponseInformation === true)
  );
}

async function askHooks(connection: Connection, packet: ConnectPacket, client: Client): Promise<Admission> {
  await authorizeWill(connection, client, packet.will);
  const { hooks } = connection.context;
  refuseUnlessAllowed(await hooks.connect(client, packet), 'the connect hook refuses the client');
  const revoked = packet.cleanStart ? [] : await revokedFilters(connection, client);
  return { revoked, responseInformation: await askedResponseInformation(connection, packet, client) };
}

function openSession(
  connection: Connection,
  packet: ConnectPacket,
  client: Client,
  { revoked, responseInformation }: Admission,
  authenticationData: Uint8Array | undefined,
): Promise<void> | undefined {
  if (connection.isEnding) return;
  const { context } = connection;
  const { limits } = context.options;
  const wanted = wantedExpiryInterval(packet, limits);
  const sessionExpiryInterval = Math.min(wanted, limits.maximumSessionExpiryInterval);
  const terms = connectionTerms(packet, limits);
  const { refusal, written } = context.store;
  // Where there is no room, those who come for what they are owed make some.
  const comesForMore = refusal === reasonCode.quotaExceeded && resumes(context, packet, client);
  if (sessionExpiryInterval > 0 && refusal !== undefined && !comesForMore)
    throw new AccessError('a lasting session cannot be stored at the moment', { reasonCode: refusal });
  // One that takes over its own session needs no place of its own.
  if (context.sessions.get(client.clientIdentifier)?.connection === undefined)
    context.principals.assertRoom(client.principal, limits.maximumConnectionsPerPrincipal);
  connection.accept(client, terms);
  const sessionPresent = context.sessions.open(connection, {
    client,
    cleanStart: packet.cleanStart,
    sessionExpiryInterval,
    will: packet.will && detachWill(packet.will),
  });
  const session = connection.session as unknown as Session;
  for (const topicFilter of revoked) context.sessions.unsubscribe(session, topicFilter);
  const { clientIdentifier } = client;
  const decided = { clientIdentifier, terms, sessionExpiryInterval, authenticationData, responseInformation };
  const commit = context.store.written === written ? undefined : context.store.commit();
  if (commit === undefined) {
    welcome(connection, packet, session, sessionPresent, decided);
    return;
  }
  return owned(commit).then(() => welcome(connection, packet, session, sessionPresent, decided));
}

function resumes({ sessions }: BrokerContext, { cleanStart }: ConnectPacket, client: Client): boolean {
  return !cleanStart && sessions.get(client.clientIdentifier)?.isStored === true;
}

function welcome(
  connection: Connection,
  packet: ConnectPacket,
  session: Session,
  sessionPresent: boolean,
  decided: Decided,
): void {
  if (connection.isEnding) return;
  const { context } = connection;
  const isAnswered = connection.send({
    type: 'connack',
    sessionPresent,
    reasonCode: reasonCode.success, // [MQTT-3.1.4-5]
    properties: connackProperties(packet, decided, context.options.limits),
  });
  // Nothing may come before CONNACK [MQTT-3.2.0-1], so without one there is nothing to stay for.
  if (!isAnswered)
    throw new PacketTooLargeError(
      `CONNACK is larger than the client's Maximum Packet Size of ${decided.terms.maximumPacketSize}`,
    );
  session.ready();
  context.metrics.connectionsAccepted += 1;
  context.hooks.tell('connected', session.client, { sessionPresent });
}

async function authorizeWill({ context }: Connection, client: Client, will: Will | undefined): Promise<void> {
  if (will === undefined) return;
  const refusal = await context.accessControl.authorizeWill(client, will.topicName, will.qos, will.retain);
  refuseUnlessAllowed(refusal, 'the client may not publish to its Will Topic');
}

function refuseUnlessAllowed(refusal: Refusal | undefined, message: string): void {
  if (refusal !== undefined) throw refusalError(refusal, message);
}

/** Only a client that asks is told [MQTT-3.1.2-28]. */
async function askedResponseInformation(
  { context }: Connection,
  { properties }: ConnectPacket,
  client: Client,
): Promise<string | undefined> {
  if (properties.requestResponseInformation !== true) return undefined;
  return context.hooks.responseInformation(client);
}

/** Settles when the store owns what was written so far. */
async function owned(commit: Promise<void>): Promise<void> {
  try {
    await commit;
  } catch (cause) {
    throw new StoreError('the store failed', cause);
  }
}

/** Seconds. Clean Session 0 of MQTT 3.x asks for a session without end. */
function wantedExpiryInterval(
  { protocolVersion, cleanStart, properties }: ConnectPacket,
  limits: ResolvedLimits,
): number {
  if (protocolVersion === 5) return properties.sessionExpiryInterval ?? 0;
  return cleanStart ? 0 : limits.maximumSessionExpiryInterval;
}

function connectionTerms(
  { protocolVersion, keepAlive, properties }: ConnectPacket,
  limits: ResolvedLimits,
): ConnectionTerms {
  return {
    protocolVersion,
    keepAlive: protocolVersion === 5 ? serverKeepAlive(keepAlive, limits) : keepAlive,
    receiveMaximum: Math.min(properties.receiveMaximum ?? 65_535, limits.receiveMaximum),
    maximumPacketSize: properties.maximumPacketSize ?? Number.POSITIVE_INFINITY,
    topicAliasMaximum: Math.min(properties.topicAliasMaximum ?? 0, limits.topicAliasMaximum),
    requestProblemInformation: protocolVersion === 5 && (properties.requestProblemInformation ?? true),
  };
}

/** Only MQTT 5 lets the broker choose; seconds. */
function serverKeepAlive(
  wanted: number,
  { serverKeepAlive: fixed, maximumKeepAlive }: ResolvedLimits,
): number {
  if (fixed !== undefined) return fixed;
  if (maximumKeepAlive === 0) return wanted;
  return wanted === 0 ? maximumKeepAlive : Math.min(wanted, maximumKeepAlive);
}

/** The bytes of the Will may be views into what the socket gave; it waits for long. */
function detachWill(will: Will): Will {
  const { correlationData } = will.properties;
  const properties =
    correlationData === undefined
      ? will.properties
      : { ...will.properties, correlationData: new Uint8Array(correlationData) };
  return { ...will, payload: new Uint8Array(will.payload), properties };
}
