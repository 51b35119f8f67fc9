/** The second half of CONNECT: who it is, is known; may it, which session, CONNACK. Everything is decided before anything is changed. */
import { type ConnectPacket, PacketTooLargeError, reasonCode, type Will } from '@petrel/protocol';
import type { Connection } from '../connection.js';
import type { ConnectionTerms } from '../connection-terms.js';
import { refusalError, StoreError } from '../errors.js';
import type { Client, Refusal } from '../hooks.js';
import type { ResolvedLimits } from '../options.js';
import type { Session } from '../session.js';
import type { Store } from '../stores/store.js';
import { connackProperties } from './connack-properties.js';
import { revokedFilters } from './revoke-subscriptions.js';

/** Gives an authenticated client its session and answers CONNACK, or throws what connection-error turns into a refusal. */
export async function acceptClient(
  connection: Connection,
  packet: ConnectPacket,
  client: Client,
  authenticationData: Uint8Array | undefined,
): Promise<void> {
  const { context } = connection;
  const { limits } = context.options;
  const { clientIdentifier } = client;
  context.sessions.assertOwner(client);
  await authorizeWill(connection, client, packet.will);
  refuseUnlessAllowed(await context.hooks.connect(client, packet), 'the connect hook refuses the client');
  const revoked = packet.cleanStart ? [] : await revokedFilters(connection, client);
  const responseInformation = await askedResponseInformation(connection, packet, client);
  if (connection.isEnding) return;
  const wanted = wantedExpiryInterval(packet, limits);
  const sessionExpiryInterval = Math.min(wanted, limits.maximumSessionExpiryInterval);
  const terms = connectionTerms(packet, limits);
  connection.accept(client, terms);
  const sessionPresent = context.sessions.open(connection, {
    client,
    cleanStart: packet.cleanStart,
    sessionExpiryInterval,
    will: packet.will && detachWill(packet.will),
  });
  const session = connection.session as unknown as Session;
  for (const topicFilter of revoked) context.sessions.unsubscribe(session, topicFilter);
  await owned(context.store);
  if (connection.isEnding) return;
  const decided = { clientIdentifier, terms, sessionExpiryInterval, authenticationData, responseInformation };
  const isAnswered = connection.send({
    type: 'connack',
    sessionPresent,
    reasonCode: reasonCode.success, // [MQTT-3.1.4-5]
    properties: connackProperties(packet, decided, limits),
  });
  // Nothing may come before CONNACK [MQTT-3.2.0-1], so without one there is nothing to stay for.
  if (!isAnswered)
    throw new PacketTooLargeError(
      `CONNACK is larger than the client's Maximum Packet Size of ${terms.maximumPacketSize}`,
    );
  session.ready();
  context.metrics.connectionsAccepted += 1;
  context.hooks.tell('connected', client, { sessionPresent });
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
async function owned(store: Store): Promise<void> {
  try {
    await store.commit();
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
