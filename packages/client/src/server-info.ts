/** What the server said about itself in its CONNACK, with the standard's defaults filled in, and what follows for sending. */
import {
  type ConnackPacket,
  encodedClientPacketSize,
  hasWildcards,
  type ParsedTopicFilter,
  type ProtocolVersion,
  type PublishPacket,
  type QoS,
  reasonCode,
  type UserProperties,
} from '@petrel/protocol';
import { DeliveryError } from './errors.js';

/** The server of the current connection and its limits. */
export interface ServerInfo {
  /** URL without credentials. */
  readonly url: string;
  readonly protocolVersion: ProtocolVersion;
  readonly sessionPresent: boolean;
  /** The server's choice where the client left it open, else the client's own. */
  readonly clientIdentifier: string;
  /** Seconds; 0 = none. */
  readonly keepAlive: number;
  /** Seconds that the session outlives the connection; undefined on MQTT 3.x. */
  readonly sessionExpiryInterval: number | undefined;
  /** QoS 1 and 2 messages that may be unacknowledged. */
  readonly receiveMaximum: number;
  /** Bytes; Infinity where the server named no limit. */
  readonly maximumPacketSize: number;
  readonly maximumQoS: QoS;
  readonly topicAliasMaximum: number;
  readonly retainAvailable: boolean;
  readonly wildcardSubscriptionAvailable: boolean;
  readonly subscriptionIdentifiersAvailable: boolean;
  readonly sharedSubscriptionAvailable: boolean;
  readonly responseInformation: string | undefined;
  readonly userProperties: UserProperties;
}

/** What the client asked for, which holds where the server says nothing. */
export interface AskedFor {
  readonly url: string;
  readonly protocolVersion: ProtocolVersion;
  readonly clientIdentifier: string;
  readonly keepAlive: number;
  readonly sessionExpiryInterval: number;
}

/** Reads a successful CONNACK. */
export function serverInfo({ sessionPresent, properties }: ConnackPacket, asked: AskedFor): ServerInfo {
  const isVersion5 = asked.protocolVersion === 5;
  return Object.freeze({
    url: asked.url,
    protocolVersion: asked.protocolVersion,
    sessionPresent,
    clientIdentifier: properties.assignedClientIdentifier ?? asked.clientIdentifier,
    keepAlive: properties.serverKeepAlive ?? asked.keepAlive, // [MQTT-3.1.2-21] [MQTT-3.2.2-21]
    sessionExpiryInterval: isVersion5
      ? (properties.sessionExpiryInterval ?? asked.sessionExpiryInterval)
      : undefined,
    receiveMaximum: properties.receiveMaximum ?? 65_535,
    maximumPacketSize: properties.maximumPacketSize ?? Number.POSITIVE_INFINITY,
    maximumQoS: (properties.maximumQoS ?? 2) as QoS,
    topicAliasMaximum: properties.topicAliasMaximum ?? 0, // [MQTT-3.2.2-18]
    retainAvailable: properties.retainAvailable ?? true,
    wildcardSubscriptionAvailable: properties.wildcardSubscriptionAvailable ?? true,
    subscriptionIdentifiersAvailable: isVersion5 && (properties.subscriptionIdentifiersAvailable ?? true),
    sharedSubscriptionAvailable: properties.sharedSubscriptionAvailable ?? true,
    responseInformation: properties.responseInformation,
    userProperties: properties.userProperties ?? [],
  });
}

/** Throws DeliveryError where the server has said that it will not take this message. */
export function assertServerTakesPublish(server: ServerInfo, packet: PublishPacket): void {
  const { qos, retain, topicName } = packet;
  if (qos > server.maximumQoS) {
    throw limit(
      `PUBLISH to "${topicName}" has QoS ${qos}, the server takes at most ${server.maximumQoS} [MQTT-3.2.2-11]`,
      reasonCode.qosNotSupported,
    );
  }
  if (retain && !server.retainAvailable) {
    throw limit(
      `PUBLISH to "${topicName}" is retained, the server keeps no retained messages [MQTT-3.2.2-14]`,
      reasonCode.retainNotSupported,
    );
  }
  if (server.maximumPacketSize === Number.POSITIVE_INFINITY) return;
  const size = encodedClientPacketSize(packet, server.protocolVersion);
  if (size <= server.maximumPacketSize) return;
  throw limit(
    `PUBLISH to "${topicName}" takes ${size} bytes, the server's Maximum Packet Size is ${server.maximumPacketSize} [MQTT-3.2.2-15]`,
    reasonCode.packetTooLarge,
  );
}

/** Throws DeliveryError where the server has said that it has no such subscriptions. */
export function assertServerTakesFilter(
  server: ServerInfo,
  { topicFilter, shareName }: ParsedTopicFilter,
): void {
  if (shareName !== undefined && !server.sharedSubscriptionAvailable) {
    throw limit(
      `the server has no Shared Subscriptions, "$share/${shareName}/${topicFilter}" is one (MQTT 5.0 section 3.2.2.3.13)`,
      reasonCode.sharedSubscriptionsNotSupported,
    );
  }
  if (hasWildcards(topicFilter) && !server.wildcardSubscriptionAvailable) {
    throw limit(
      `the server has no wildcard subscriptions, "${topicFilter}" is one (MQTT 5.0 section 3.2.2.3.11)`,
      reasonCode.wildcardSubscriptionsNotSupported,
    );
  }
}

function limit(message: string, code: number): DeliveryError {
  return new DeliveryError('PETREL_SERVER_LIMIT', message, { reasonCode: code });
}
