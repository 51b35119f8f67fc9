/** The errors of the service layer, by who must act on them; nothing here knows a packet. */
import { PetrelError, type PetrelErrorCode, type PetrelErrorOptions } from '@petrel/protocol';

/** A payload that does not say what its Content Type promises, or data that no payload can say. */
export class PayloadError extends PetrelError {
  constructor(message: string, options: PetrelErrorOptions = {}) {
    super('PETREL_PAYLOAD_INVALID', message, { reasonCode: 0x99, ...options });
  }
}

/** A request that got no answer; the subclasses and the code say why. */
export class RequestError extends PetrelError {
  /** Topic Name that the request was published to. */
  readonly topicName: string;

  constructor(code: PetrelErrorCode, topicName: string, message: string, options: PetrelErrorOptions = {}) {
    super(code, message, options);
    this.topicName = topicName;
  }
}

/** The server said at once that nobody is subscribed to the request's topic (Reason Code 0x10). */
export class NoResponderError extends RequestError {
  constructor(topicName: string) {
    super('PETREL_NO_RESPONDER', topicName, `nobody serves "${topicName}"`, { reasonCode: 0x10 });
  }
}

/** No answer came in time; whether the request was executed is not known. */
export class RequestTimeoutError extends RequestError {
  constructor(topicName: string, timeoutMs: number) {
    super('PETREL_REQUEST_TIMEOUT', topicName, `no answer to "${topicName}" within ${timeoutMs} ms`);
  }
}

/** The connection was lost while the request waited for its answer; whether it was executed is not known. */
export class RequestLostError extends RequestError {
  constructor(topicName: string, cause: unknown) {
    super('PETREL_REQUEST_LOST', topicName, `the connection was lost before "${topicName}" was answered`, {
      cause,
    });
  }
}

/** The caller gave the request up, or the service was closed while it waited. */
export class RequestCancelledError extends RequestError {
  constructor(topicName: string, why: string, cause?: unknown) {
    super('PETREL_REQUEST_CANCELLED', topicName, `request to "${topicName}" was given up: ${why}`, { cause });
  }
}

/** The responder answered with an error; `details` is what it sent, as it sent it. */
export class RemoteError extends RequestError {
  readonly details: unknown;
  /** Name of the error at the responder, where it told. */
  readonly remoteName: string | undefined;
  /** Code of the error at the responder, where it told. */
  readonly remoteCode: string | number | undefined;

  constructor(topicName: string, details: unknown) {
    super('PETREL_REMOTE_ERROR', topicName, remoteMessage(details));
    this.details = details;
    const fields = isRecord(details) ? details : {};
    this.remoteName = typeof fields.name === 'string' ? fields.name : undefined;
    this.remoteCode =
      typeof fields.code === 'string' || typeof fields.code === 'number' ? fields.code : undefined;
  }
}

/** A handler took longer than its `timeoutMs`; what it does goes on, but nobody waits for it. */
export class HandlerTimeoutError extends PetrelError {
  constructor(topicFilter: string, timeoutMs: number) {
    super('PETREL_HANDLER_TIMEOUT', `the handler of "${topicFilter}" took longer than ${timeoutMs} ms`);
  }
}

/** A service that cannot do what it was told to: a refused subscription, a call after `close`. */
export class ServiceError extends PetrelError {}

/** Says an error to the other end: name, message, code and details; the stack, which shows how a program is made, only `withStack`. */
export function describeFailure(error: unknown, withStack = false): unknown {
  if (!(error instanceof Error)) return error;
  const { code, details } = error as { code?: unknown; details?: unknown };
  return {
    status: 'error',
    name: error.name,
    message: error.message,
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    ...(details === undefined ? {} : { details }),
    ...(withStack && { stack: error.stack }),
  };
}

function remoteMessage(details: unknown): string {
  if (typeof details === 'string') return details;
  if (isRecord(details) && typeof details.message === 'string') return details.message;
  return 'the responder answered with an error';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** Every error code of this package, with what it means and who must act. */
export const serviceErrorCodes = {
  PETREL_PAYLOAD_INVALID:
    'A payload is not what its Content Type says, or the data cannot be written as a payload; its sender must act.',
  PETREL_NO_RESPONDER: 'The server told that nobody is subscribed to the topic of a request.',
  PETREL_REQUEST_TIMEOUT: 'No answer to a request came in time; it may or may not have been executed.',
  PETREL_REQUEST_LOST:
    'The connection was lost while a request waited for its answer; it may or may not have been executed.',
  PETREL_REQUEST_CANCELLED: 'A request was given up by its caller, or its service was closed.',
  PETREL_REQUEST_NOT_SENT: 'A request could not be handed to the server; the cause says why.',
  PETREL_REMOTE_ERROR: 'The responder answered with an error; `details` holds what it sent.',
  PETREL_SUBSCRIPTION_REFUSED: 'The server refused the subscription of a handler; its Reason Code says why.',
  PETREL_CONTROL_REFUSED:
    'The server refused the subscription by which requests are cancelled and streams slowed down; they work without.',
  PETREL_STREAM_OVERRUN:
    'A handler gave more values of an Observable than its reader takes; the stream was ended, or memory would grow without end.',
  PETREL_HANDLER_TIMEOUT: 'A call of a handler took longer than `timeoutMs`.',
  PETREL_MESSAGE_UNHANDLED:
    'A message could neither be handled nor kept as a dead letter; it was left unacknowledged for the server to send again.',
  PETREL_SERVICE_OVERLOADED:
    'QoS 0 messages come faster than a handler takes them; some are dropped, and requests among them answered with this error.',
  PETREL_CONTRACT_BROKEN:
    'A message is not what the contract of its topic says; `paths` names where, and its sender must act.',
  PETREL_HARNESS_EXPECTATION:
    'A test expected a message, or an end of all work, that did not come; the message says what came instead.',
  PETREL_SERVICE_CLOSED: 'The service was closed before it was used.',
} as const satisfies Record<PetrelErrorCode, string>;
