/** Errors of the client, by who has to act: on the way to a connection, on a connection, or for one message. */
import { PetrelError, type PetrelErrorCode } from '@petrel/protocol';

/** Every error code of this package, with what it means and who must act. */
export const clientErrorCodes = {
  PETREL_CONNECT_UNREACHABLE:
    'No byte stream to the server could be opened; check the URL, the network and TLS.',
  PETREL_CONNECT_TIMEOUT: 'The server did not answer the CONNECT within connectTimeoutMs.',
  PETREL_CONNECT_REFUSED: 'The server refused the CONNECT; reasonCode says why.',
  PETREL_CONNECT_CLOSED: 'The server closed the connection without answering the CONNECT.',
  PETREL_CONNECT_BAD_ANSWER: 'What answered the CONNECT broke the protocol or is no MQTT server.',
  PETREL_CONNECT_CREDENTIALS:
    'The function given as userName or password, or the method given as authentication, failed; see cause.',
  PETREL_CONNECT_AUTHENTICATION:
    'Enhanced authentication failed at this end: the server has not proved itself, or the method failed; see cause.',
  PETREL_CONNECT_INVALID: 'The options make a CONNECT that this MQTT version does not allow; see cause.',
  PETREL_CONNECTION_LOST: 'The connection broke; the client reconnects unless it was told not to.',
  PETREL_CONNECTION_SILENT: 'The server answered no PINGREQ within pingTimeoutMs.',
  PETREL_CONNECTION_ENDED: 'The server sent DISCONNECT; reasonCode says why.',
  PETREL_CLIENT_CLOSED: 'The client was closed or destroyed, or has given up reconnecting.',
  PETREL_PUBLISH_REFUSED: 'The server refused the message; reasonCode says why.',
  PETREL_ACKNOWLEDGEMENT_INVALID:
    'The server answered the message with the wrong packet for its QoS; it may or may not have arrived.',
  PETREL_SUBSCRIBE_REFUSED: 'The server refused the subscription; reasonCode says why.',
  PETREL_UNSUBSCRIBE_REFUSED: 'The server refused to end the subscription; reasonCode says why.',
  PETREL_SERVER_LIMIT: 'The server announced in its CONNACK that it does not take this; nothing was sent.',
  PETREL_QUEUE_FULL: 'The offline queue is full and its overflow policy is to reject.',
  PETREL_NOT_CONNECTED: 'There is no connection, and the options say not to queue QoS 0 messages.',
  PETREL_MESSAGE_EXPIRED: 'The Message Expiry Interval passed before the message could be sent.',
  PETREL_SESSION_LOST:
    'The server lost the session while this message was in flight; it may or may not have arrived.',
  PETREL_PAYLOAD_INVALID: 'A payload is not what json() was asked to read.',
  PETREL_HANDLER_FAILED: 'A message handler of this program threw or rejected; see cause.',
  PETREL_SESSION_STORE_UNAVAILABLE: 'The session store cannot be opened, read or written; see cause.',
  PETREL_SESSION_STORE_LOCKED: 'Another client has this session of the store open.',
  PETREL_SESSION_STORE_CORRUPT:
    'What the session store holds was not written by it, or was damaged; nothing of it was changed.',
  PETREL_SESSION_STORE_NEWER:
    'The session was stored by a newer version of this package, in a format that this one does not know.',
} as const satisfies Record<PetrelErrorCode, string>;

type Code<Prefix extends string> = Extract<keyof typeof clientErrorCodes, `PETREL_${Prefix}${string}`>;

interface ErrorOptions {
  readonly serverReference?: string | undefined;
  readonly reasonCode?: number | undefined;
  readonly cause?: unknown;
}

// exactOptionalPropertyTypes: an absent field and an undefined one differ.
function defined({ reasonCode, cause }: ErrorOptions) {
  return { ...(reasonCode === undefined ? {} : { reasonCode }), ...(cause === undefined ? {} : { cause }) };
}

/** No connection came about; `reasonCode` is the server's when it sent a CONNACK. */
export class ConnectError extends PetrelError {
  /** Where the server refers to, with 0x9C and 0x9D. */
  readonly serverReference: string | undefined;

  constructor(code: Code<'CONNECT_'>, message: string, options: ErrorOptions = {}) {
    super(code, message, defined(options));
    this.serverReference = options.serverReference;
  }
}

/** A connection that existed is gone, or the client is; `reasonCode` is the server's when it sent a DISCONNECT. */
export class ConnectionError extends PetrelError {
  /** Where the server refers to, with 0x9C and 0x9D. */
  readonly serverReference: string | undefined;

  constructor(code: Code<'CONNECTION_' | 'CLIENT_'>, message: string, options: ErrorOptions = {}) {
    super(code, message, defined(options));
    this.serverReference = options.serverReference;
  }
}

/** One message or subscription failed; the connection goes on. `reasonCode` is the server's when it answered. */
export class DeliveryError extends PetrelError {
  constructor(
    code: Exclude<
      keyof typeof clientErrorCodes,
      Code<'CONNECT_' | 'CONNECTION_' | 'CLIENT_' | 'SESSION_STORE_'>
    >,
    message: string,
    options: ErrorOptions = {},
  ) {
    super(code, message, defined(options));
  }
}

/** A durable session store cannot do its work. */
export class SessionStoreError extends PetrelError {
  constructor(code: Code<'SESSION_STORE_'>, message: string, options: ErrorOptions = {}) {
    super(code, message, defined(options));
  }
}
