/** CONNECT (section 3.1): who is it, may it, which session. Everything is decided before anything is changed. */

import { randomUUID } from 'node:crypto';
import {
  type ConnackProperties,
  type ConnectPacket,
  noProperties,
  PacketTooLargeError,
  ProtocolError,
  reasonCode,
  type Will,
} from '@petrel/protocol';
import type { Connection } from '../connection.js';
import type { ConnectionTerms } from '../connection-terms.js';
import { AccessError, StoreError } from '../errors.js';
import { isRefusal } from '../hook-runner.js';
import type { AuthenticationRequest, Client, Refusal } from '../hooks.js';
import type { ResolvedLimits } from '../options.js';
import type { Session } from '../session.js';
import type { Store } from '../stores/store.js';
import { assertUserProperties } from './user-properties.js';

/** Accepts the client and answers CONNACK, or throws what connection-error turns into a refusal. */
export async function handleConnect(connection: Connection, packet: ConnectPacket): Promise<void> {
  if (connection.session !== undefined) {
    throw new ProtocolError('second CONNECT on one connection [MQTT-3.1.0-2]');
  }
  const { context } = connection;
  const { limits } = context.options;
  connection.maximumAnswerSize = packet.properties.maximumPacketSize; // [MQTT-3.2.2-19] [MQTT-3.2.2-20]
  if (packet.will !== undefined) assertUserProperties(connection, packet.will.properties);
  assertConnectAllowed(packet, limits);
  // A Will Topic with too many levels is refused now: nobody is there to be told once it is published.
  if (packet.will !== undefined) context.topics.findName(packet.will.topicName);
  const client = await authenticate(connection, packet);
  context.sessions.assertOwner(client);
  await authorizeWill(connection, client, packet.will);
  refuseUnlessAllowed(await context.hooks.connect(client, packet), 'the connect hook refuses the client');
  const revoked = packet.cleanStart ? [] : await revokedFilters(connection, client);
  if (connection.isEnding) return;
  const sessionExpiryInterval = Math.min(
    wantedExpiryInterval(packet, limits),
    limits.maximumSessionExpiryInterval,
  );
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
  const isAnswered = connection.send({
    type: 'connack',
    sessionPresent,
    reasonCode: reasonCode.success, // [MQTT-3.1.4-5]
    properties: connackProperties(packet, client, terms, sessionExpiryInterval, limits),
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

/** Settles when the store owns what was written so far. */
async function owned(store: Store): Promise<void> {
  try {
    await store.commit();
  } catch (cause) {
    throw new StoreError('the store failed', cause);
  }
}

function assertConnectAllowed(packet: ConnectPacket, limits: ResolvedLimits): void {
  const { clientIdentifier, cleanStart, protocolVersion, will, properties } = packet;
  if (properties.authenticationMethod !== undefined) {
    throw new AccessError('no Authentication Method is supported [MQTT-4.12.0-1]', {
      reasonCode: reasonCode.badAuthenticationMethod,
    });
  }
  if (clientIdentifier === '' && (protocolVersion === 3 || (protocolVersion === 4 && !cleanStart))) {
    throw new AccessError('an empty Client Identifier needs Clean Session [MQTT-3.1.3-8]', {
      reasonCode: reasonCode.clientIdentifierNotValid,
    });
  }
  if (will === undefined) return;
  if (will.qos > limits.maximumQoS) {
    throw new AccessError(
      `Will has QoS ${will.qos}, the Maximum QoS is ${limits.maximumQoS} [MQTT-3.2.2-12]`,
      {
        reasonCode: reasonCode.qosNotSupported,
      },
    );
  }
  if (will.retain && !limits.retainAvailable) {
    throw new AccessError('Will has RETAIN, which is not available [MQTT-3.2.2-13]', {
      reasonCode: reasonCode.retainNotSupported,
    });
  }
}

async function authenticate(connection: Connection, packet: ConnectPacket): Promise<Client> {
  const { transport, context } = connection;
  const request: AuthenticationRequest = {
    // An assigned identifier is treated as if the client had sent it [MQTT-3.1.3-6] [MQTT-3.1.3-7].
    clientIdentifier: packet.clientIdentifier === '' ? `petrel-${randomUUID()}` : packet.clientIdentifier,
    userName: packet.userName,
    password: packet.password,
    protocolVersion: packet.protocolVersion,
    transport: transport.kind,
    remoteAddress: transport.remoteAddress,
    peerCertificate: transport.peerCertificate,
  };
  const answer = await context.hooks.authenticate(request);
  if (isRefusal(answer)) throw refusalError(answer, 'authentication failed');
  const { password: _, ...known } = request;
  return { ...known, principal: answer };
}

async function authorizeWill({ context }: Connection, client: Client, will: Will | undefined): Promise<void> {
  if (will === undefined) return;
  const refusal = await context.accessControl.authorizeWill(client, will.topicName, will.qos, will.retain);
  refuseUnlessAllowed(refusal, 'the client may not publish to its Will Topic');
}

/** The filters of a stored session that its owner may not subscribe to any more. */
async function revokedFilters({ context }: Connection, client: Client): Promise<string[]> {
  const revoked: string[] = [];
  if (!context.hooks.has.authorizeSubscribe) return revoked;
  const subscriptions = context.sessions.get(client.clientIdentifier)?.subscriptions.values() ?? [];
  for (const { requestedFilter, topicFilter, shareName, qos } of [...subscriptions]) {
    const refusal = await context.accessControl.authorizeSubscribe(client, topicFilter, shareName, qos);
    if (refusal !== undefined) revoked.push(requestedFilter);
  }
  return revoked;
}

function refuseUnlessAllowed(refusal: Refusal | undefined, message: string): void {
  if (refusal !== undefined) throw refusalError(refusal, message);
}

function refusalError(refusal: Refusal, message: string): AccessError {
  return new AccessError(refusal.reasonString ?? message, { reasonCode: refusal.reasonCode });
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

function connackProperties(
  packet: ConnectPacket,
  client: Client,
  terms: ConnectionTerms,
  sessionExpiryInterval: number,
  limits: ResolvedLimits,
): ConnackProperties {
  if (packet.protocolVersion !== 5) return noProperties;
  return {
    receiveMaximum: limits.receiveMaximum,
    maximumPacketSize: limits.maximumPacketSizeBytes,
    ...(sessionExpiryInterval !== (packet.properties.sessionExpiryInterval ?? 0) && {
      sessionExpiryInterval,
    }),
    ...(limits.maximumQoS < 2 && { maximumQoS: limits.maximumQoS }), // [MQTT-3.2.2-9]
    ...(!limits.retainAvailable && { retainAvailable: false }),
    ...(packet.clientIdentifier === '' && { assignedClientIdentifier: client.clientIdentifier }), // [MQTT-3.2.2-16]
    ...(limits.topicAliasMaximum > 0 && { topicAliasMaximum: limits.topicAliasMaximum }),
    ...(!limits.wildcardSubscriptionAvailable && { wildcardSubscriptionAvailable: false }),
    ...(!limits.subscriptionIdentifiersAvailable && { subscriptionIdentifiersAvailable: false }),
    ...(!limits.sharedSubscriptionAvailable && { sharedSubscriptionAvailable: false }),
    ...(terms.keepAlive !== packet.keepAlive && { serverKeepAlive: terms.keepAlive }),
  };
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
