/**
 * The base of every Petrel error and the classes that the wire itself can cause.
 * Knows nothing of packets: messages are written where the rule is enforced.
 */

/** The stable, matchable name of an error; texts may change, codes do not. */
export type PetrelErrorCode = `PETREL_${string}`;

/** What every Petrel error may carry besides its message. */
export interface PetrelErrorOptions {
  /** MQTT 5 Reason Code that says the same on the wire, 0x80–0xFF. */
  readonly reasonCode?: number;
  readonly cause?: unknown;
}

/**
 * The base class of all errors that Petrel throws.
 *
 * Match `code`, never the text. `clause` is the normative statement that was broken, when the message ends in one; its number is that of
 * the version in use where MQTT 3.1.1 and 5.0 number a rule differently, and that of 5.0 where the version is not known.
 */
export class PetrelError extends Error {
  readonly code: PetrelErrorCode;
  readonly reasonCode: number | undefined;
  readonly clause: string | undefined;

  constructor(code: PetrelErrorCode, message: string, options: PetrelErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.reasonCode = options.reasonCode;
    // Only at the end: what a peer sent may be quoted before it.
    this.clause = /\[(MQTT-\d+\.\d+\.\d+-\d+)\]$/.exec(message)?.[1];
  }
}

/** Bytes that are no MQTT packet; the peer is at fault (Reason Code 0x81). */
export class MalformedPacketError extends PetrelError {
  constructor(message: string, options: PetrelErrorOptions = {}) {
    super('PETREL_MALFORMED_PACKET', message, { reasonCode: 0x81, ...options });
  }
}

/** A well-formed packet that the protocol forbids here; the peer is at fault (Reason Code 0x82 unless a closer one exists). */
export class ProtocolError extends PetrelError {
  constructor(message: string, options: PetrelErrorOptions = {}) {
    super('PETREL_PROTOCOL_ERROR', message, { reasonCode: 0x82, ...options });
  }
}

/** A CONNECT for a protocol that is not MQTT 3.1, 3.1.1 or 5.0 (Reason Code 0x84). */
export class UnsupportedProtocolVersionError extends PetrelError {
  /** The protocol level asked for; undefined when even the protocol name is unknown. */
  readonly protocolLevel: number | undefined;

  constructor(message: string, protocolLevel: number | undefined) {
    super('PETREL_UNSUPPORTED_PROTOCOL_VERSION', message, { reasonCode: 0x84 });
    this.protocolLevel = protocolLevel;
  }
}

/** A packet above the Maximum Packet Size, found from its fixed header alone (Reason Code 0x95). */
export class PacketTooLargeError extends PetrelError {
  constructor(message: string, options: PetrelErrorOptions = {}) {
    super('PETREL_PACKET_TOO_LARGE', message, { reasonCode: 0x95, ...options });
  }
}

/** A Topic Name or Topic Filter that breaks the topic rules (Reason Code 0x90 for names, 0x8F for filters). */
export class TopicError extends PetrelError {
  constructor(message: string, options: PetrelErrorOptions = {}) {
    super('PETREL_TOPIC_INVALID', message, { reasonCode: 0x90, ...options });
  }
}

/** A value that this program's own code passed in and that no rule allows. */
export class UsageError extends PetrelError {
  constructor(message: string, options: PetrelErrorOptions = {}) {
    super('PETREL_INVALID_ARGUMENT', message, options);
  }
}

/** A step of enhanced authentication that does not prove what it has to; whoever holds the credentials must act (Reason Code 0x87). */
export class AuthenticationError extends PetrelError {
  constructor(message: string, options: PetrelErrorOptions = {}) {
    super('PETREL_AUTHENTICATION_FAILED', message, { reasonCode: 0x87, ...options });
  }
}

/** Every error code of this package, with what it means and who must act. */
export const protocolErrorCodes = {
  PETREL_MALFORMED_PACKET: 'The peer sent bytes that are no MQTT packet; the connection ends.',
  PETREL_PROTOCOL_ERROR:
    'The peer sent a packet that the protocol forbids at this point; the connection ends.',
  PETREL_UNSUPPORTED_PROTOCOL_VERSION: 'The peer asked for a protocol that is not MQTT 3.1, 3.1.1 or 5.0.',
  PETREL_PACKET_TOO_LARGE: 'A packet is larger than the Maximum Packet Size of its receiver.',
  PETREL_TOPIC_INVALID: 'A Topic Name or Topic Filter breaks the topic rules.',
  PETREL_AUTHENTICATION_FAILED:
    'A step of enhanced authentication does not prove what it has to; check the credentials on both ends.',
  PETREL_INVALID_ARGUMENT: 'An option or argument has a value that no rule allows; the message names both.',
} as const satisfies Record<PetrelErrorCode, string>;
