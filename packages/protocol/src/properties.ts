/** The properties objects that packets carry, one shape each; `property-table` says what may stand where, `property-codec` reads and writes them. */

/** User Properties in the order they were given; names may repeat. */
export type UserProperties = readonly (readonly [name: string, value: string])[];

/** What any packet may carry. */
export interface CommonProperties {
  readonly userProperties?: UserProperties | undefined;
}

/** Properties of CONNECT. Intervals in seconds, sizes in bytes. */
export interface ConnectProperties extends CommonProperties {
  readonly sessionExpiryInterval?: number | undefined;
  readonly receiveMaximum?: number | undefined;
  readonly maximumPacketSize?: number | undefined;
  readonly topicAliasMaximum?: number | undefined;
  readonly requestResponseInformation?: boolean | undefined;
  readonly requestProblemInformation?: boolean | undefined;
  readonly authenticationMethod?: string | undefined;
  readonly authenticationData?: Uint8Array | undefined;
}

/** Properties that travel with a message from its publisher to its receivers unchanged. */
export interface MessageProperties extends CommonProperties {
  /** 1 means that the payload is UTF-8 text. */
  readonly payloadFormatIndicator?: number | undefined;
  /** Seconds. */
  readonly messageExpiryInterval?: number | undefined;
  readonly contentType?: string | undefined;
  readonly responseTopic?: string | undefined;
  readonly correlationData?: Uint8Array | undefined;
}

/** Properties of the Will inside CONNECT. */
export interface WillProperties extends MessageProperties {
  /** Seconds. */
  readonly willDelayInterval?: number | undefined;
}

/** Properties of PUBLISH: those of the message, and those of this hop. */
export interface PublishProperties extends MessageProperties {
  readonly topicAlias?: number | undefined;
  readonly subscriptionIdentifiers?: readonly number[] | undefined;
}

/** Properties of CONNACK; an absent limit means the standard's default. */
export interface ConnackProperties extends CommonProperties {
  readonly sessionExpiryInterval?: number | undefined;
  readonly receiveMaximum?: number | undefined;
  readonly maximumQoS?: number | undefined;
  readonly retainAvailable?: boolean | undefined;
  readonly maximumPacketSize?: number | undefined;
  readonly assignedClientIdentifier?: string | undefined;
  readonly topicAliasMaximum?: number | undefined;
  readonly reasonString?: string | undefined;
  readonly wildcardSubscriptionAvailable?: boolean | undefined;
  readonly subscriptionIdentifiersAvailable?: boolean | undefined;
  readonly sharedSubscriptionAvailable?: boolean | undefined;
  readonly serverKeepAlive?: number | undefined;
  readonly responseInformation?: string | undefined;
  readonly serverReference?: string | undefined;
  readonly authenticationMethod?: string | undefined;
  readonly authenticationData?: Uint8Array | undefined;
}

/** Properties of PUBACK, PUBREC, PUBREL, PUBCOMP, SUBACK and UNSUBACK. */
export interface AcknowledgementProperties extends CommonProperties {
  readonly reasonString?: string | undefined;
}

/** Properties of SUBSCRIBE. */
export interface SubscribeProperties extends CommonProperties {
  readonly subscriptionIdentifier?: number | undefined;
}

/** Properties of DISCONNECT. */
export interface DisconnectProperties extends CommonProperties {
  readonly sessionExpiryInterval?: number | undefined;
  readonly reasonString?: string | undefined;
  readonly serverReference?: string | undefined;
}

/** Properties of AUTH. */
export interface AuthProperties extends CommonProperties {
  readonly authenticationMethod?: string | undefined;
  readonly authenticationData?: Uint8Array | undefined;
  readonly reasonString?: string | undefined;
}

/** The one empty set: what every packet of MQTT 3.x has, and most of MQTT 5. */
export const noProperties: Readonly<Record<never, never>> = Object.freeze({});
