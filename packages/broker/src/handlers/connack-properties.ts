/** What CONNACK tells an MQTT 5 client (section 3.2.2.3): only what differs from what the standard assumes, and what was asked for. */
import { type ConnackProperties, type ConnectPacket, noProperties } from '@petrel/protocol';
import type { ConnectionTerms } from '../connection-terms.js';
import type { ResolvedLimits } from '../options.js';

/** What was decided about a client. */
export interface Decided {
  readonly clientIdentifier: string;
  readonly terms: ConnectionTerms;
  /** Seconds. */
  readonly sessionExpiryInterval: number;
  /** The last message of enhanced authentication. */
  readonly authenticationData: Uint8Array | undefined;
  readonly responseInformation: string | undefined;
}

/** The properties; none on MQTT 3.x. */
export function connackProperties(
  { protocolVersion, clientIdentifier, keepAlive, properties: asked }: ConnectPacket,
  decided: Decided,
  limits: ResolvedLimits,
): ConnackProperties {
  if (protocolVersion !== 5) return noProperties;
  const { terms, sessionExpiryInterval, authenticationData, responseInformation } = decided;
  const { authenticationMethod } = asked;
  return {
    receiveMaximum: limits.receiveMaximum,
    maximumPacketSize: limits.maximumPacketSizeBytes,
    ...(sessionExpiryInterval !== (asked.sessionExpiryInterval ?? 0) && { sessionExpiryInterval }),
    ...(limits.maximumQoS < 2 && { maximumQoS: limits.maximumQoS }), // [MQTT-3.2.2-9]
    ...(!limits.retainAvailable && { retainAvailable: false }),
    ...(clientIdentifier === '' && { assignedClientIdentifier: decided.clientIdentifier }), // [MQTT-3.2.2-16]
    ...(limits.topicAliasMaximum > 0 && { topicAliasMaximum: limits.topicAliasMaximum }),
    ...(!limits.wildcardSubscriptionAvailable && { wildcardSubscriptionAvailable: false }),
    ...(!limits.subscriptionIdentifiersAvailable && { subscriptionIdentifiersAvailable: false }),
    ...(!limits.sharedSubscriptionAvailable && { sharedSubscriptionAvailable: false }),
    ...(terms.keepAlive !== keepAlive && { serverKeepAlive: terms.keepAlive }),
    ...(authenticationMethod !== undefined && { authenticationMethod }), // [MQTT-4.12.0-5] [MQTT-4.12.0-6]
    ...(authenticationData !== undefined && { authenticationData }),
    ...(responseInformation !== undefined && { responseInformation }), // [MQTT-3.1.2-28]
  };
}
