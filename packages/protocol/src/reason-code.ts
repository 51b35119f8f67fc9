/**
 * Every Reason Code of MQTT 5 (section 2.4): value, name, the packets that may carry it, and what MQTT 3.x says instead.
 * The rest of Petrel speaks these codes only; 3.x return codes exist on the wire and nowhere else.
 */
import type { PacketType } from './packet-type.js';
import type { Sender } from './protocol-version.js';

/** The named values; `reasonCode.quotaExceeded` is 0x97. */
export const reasonCode = {
  success: 0x00,
  normalDisconnection: 0x00,
  grantedQoS0: 0x00,
  grantedQoS1: 0x01,
  grantedQoS2: 0x02,
  disconnectWithWillMessage: 0x04,
  noMatchingSubscribers: 0x10,
  noSubscriptionExisted: 0x11,
  continueAuthentication: 0x18,
  reAuthenticate: 0x19,
  unspecifiedError: 0x80,
  malformedPacket: 0x81,
  protocolError: 0x82,
  implementationSpecificError: 0x83,
  unsupportedProtocolVersion: 0x84,
  clientIdentifierNotValid: 0x85,
  badUserNameOrPassword: 0x86,
  notAuthorized: 0x87,
  serverUnavailable: 0x88,
  serverBusy: 0x89,
  banned: 0x8a,
  serverShuttingDown: 0x8b,
  badAuthenticationMethod: 0x8c,
  keepAliveTimeout: 0x8d,
  sessionTakenOver: 0x8e,
  topicFilterInvalid: 0x8f,
  topicNameInvalid: 0x90,
  packetIdentifierInUse: 0x91,
  packetIdentifierNotFound: 0x92,
  receiveMaximumExceeded: 0x93,
  topicAliasInvalid: 0x94,
  packetTooLarge: 0x95,
  messageRateTooHigh: 0x96,
  quotaExceeded: 0x97,
  administrativeAction: 0x98,
  payloadFormatInvalid: 0x99,
  retainNotSupported: 0x9a,
  qosNotSupported: 0x9b,
  useAnotherServer: 0x9c,
  serverMoved: 0x9d,
  sharedSubscriptionsNotSupported: 0x9e,
  connectionRateExceeded: 0x9f,
  maximumConnectTime: 0xa0,
  subscriptionIdentifiersNotSupported: 0xa1,
  wildcardSubscriptionsNotSupported: 0xa2,
} as const;

/** The name of a Reason Code. */
export type ReasonCodeName = keyof typeof reasonCode;

// The names of 0x00 that belong to one packet only; everywhere else it reads "success".
const aliases: ReadonlySet<string> = new Set(['normalDisconnection', 'grantedQoS0']);
const nameByCode = new Map<number, ReasonCodeName>();
for (const [name, code] of Object.entries(reasonCode)) {
  if (!aliases.has(name)) nameByCode.set(code, name as ReasonCodeName);
}

/** Names a Reason Code in camelCase; an unknown one by its hexadecimal value. */
export function reasonCodeName(code: number): string {
  return nameByCode.get(code) ?? hex(code);
}

/** Describes a Reason Code for people: `0x97 quota exceeded`. */
export function describeReasonCode(code: number): string {
  const name = nameByCode.get(code);
  if (name === undefined) return hex(code);
  const words = name.replace(/QoS|[A-Z]/g, (part) => (part === 'QoS' ? ' QoS ' : ` ${part.toLowerCase()}`));
  return `${hex(code)} ${words.replace(/^qos/, 'QoS')}`;
}

function hex(code: number): string {
  return `0x${code.toString(16).toUpperCase().padStart(2, '0')}`;
}

const connack = [
  0x00, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8c, 0x90, 0x95, 0x97, 0x99, 0x9a,
  0x9b, 0x9c, 0x9d, 0x9f,
];
const publishAnswer = [0x00, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99];
// Only a server knows that nobody subscribed.
const publishAnswerByServer = [...publishAnswer, 0x10];
// Section 2.4 gives DISCONNECT 0x8C as well; the table of section 3.14.2.1 forgets it.
const disconnectByClient = [
  0x00, 0x04, 0x80, 0x81, 0x82, 0x83, 0x8c, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99,
];
const disconnectByServer = [
  0x00, 0x80, 0x81, 0x82, 0x83, 0x87, 0x89, 0x8b, 0x8c, 0x8d, 0x8e, 0x8f, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97,
  0x98, 0x99, 0x9a, 0x9b, 0x9c, 0x9d, 0x9e, 0x9f, 0xa0, 0xa1, 0xa2,
];

const suback = [0x00, 0x01, 0x02, 0x80, 0x83, 0x87, 0x8f, 0x91, 0x97, 0x9e, 0xa1, 0xa2];
const unsuback = [0x00, 0x11, 0x80, 0x83, 0x87, 0x8f, 0x91];

interface AllowedReasonCodes extends Record<Sender, ReadonlySet<number>> {
  readonly clause: string;
}

/** The Reason Codes that each packet may carry, by the end that sends it. */
const allowed: Partial<Record<PacketType, AllowedReasonCodes>> = {
  connack: row('[MQTT-3.2.2-8]', [], connack),
  puback: row('[MQTT-3.4.2-1]', publishAnswer, publishAnswerByServer),
  pubrec: row('[MQTT-3.5.2-1]', publishAnswer, publishAnswerByServer),
  pubrel: row('[MQTT-3.6.2-1]', [0x00, 0x92], [0x00, 0x92]),
  pubcomp: row('[MQTT-3.7.2-1]', [0x00, 0x92], [0x00, 0x92]),
  suback: row('[MQTT-3.9.3-2]', [], suback),
  unsuback: row('[MQTT-3.11.3-2]', [], unsuback),
  disconnect: row('[MQTT-3.14.2-1]', disconnectByClient, disconnectByServer),
  auth: row('[MQTT-3.15.2-1]', [0x18, 0x19], [0x00, 0x18]),
};

function row(clause: string, client: readonly number[], server: readonly number[]): AllowedReasonCodes {
  return { clause, client: new Set(client), server: new Set(server) };
}

/** Tells whether a packet of this type, sent by this end, may carry the Reason Code. */
export function isReasonCodeOf(type: PacketType, code: number, sender: Sender): boolean {
  return allowed[type]?.[sender].has(code) ?? false;
}

/** The statement that lists the Reason Codes of a packet, in brackets. */
export function reasonCodeClause(type: PacketType): string {
  return allowed[type]?.clause ?? '';
}

const returnCodeByReasonCode: ReadonlyMap<number, number> = new Map([
  [reasonCode.success, 0],
  [reasonCode.unsupportedProtocolVersion, 1],
  [reasonCode.clientIdentifierNotValid, 2],
  [reasonCode.serverUnavailable, 3],
  [reasonCode.serverBusy, 3],
  [reasonCode.serverShuttingDown, 3],
  [reasonCode.useAnotherServer, 3],
  [reasonCode.serverMoved, 3],
  [reasonCode.quotaExceeded, 3],
  [reasonCode.connectionRateExceeded, 3],
  [reasonCode.badUserNameOrPassword, 4],
  [reasonCode.notAuthorized, 5],
  [reasonCode.badAuthenticationMethod, 5],
  [reasonCode.banned, 5],
]);

const reasonCodeByReturnCode = [
  reasonCode.success,
  reasonCode.unsupportedProtocolVersion,
  reasonCode.clientIdentifierNotValid,
  reasonCode.serverUnavailable,
  reasonCode.badUserNameOrPassword,
  reasonCode.notAuthorized,
] as const;

/** Maps a Reason Code to the CONNACK return code of MQTT 3.x (0–5); undefined where none fits and the server closes silently (MQTT 3.1.1 [MQTT-3.2.2-6]). */
export function toConnectReturnCode(code: number): number | undefined {
  return returnCodeByReasonCode.get(code);
}

/** Maps a CONNACK return code of MQTT 3.x to the Reason Code that means the same; undefined for the reserved values 6–255. */
export function fromConnectReturnCode(returnCode: number): number | undefined {
  return reasonCodeByReturnCode[returnCode];
}
