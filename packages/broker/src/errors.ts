/** The broker's own errors, by who must act. What the wire itself can cause comes from the protocol. */
import {
  isReasonCodeOf,
  PetrelError,
  type PetrelErrorCode,
  type PetrelErrorOptions,
  reasonCode,
  UsageError,
  utf8Size,
} from '@petrel/protocol';
import type { Refusal } from './hooks.js';

interface RefusalOptions extends PetrelErrorOptions {
  readonly reasonCode: number;
  readonly serverReference?: string | undefined;
}

/** A rule or a hook refuses what a client asked for; `reasonCode` tells the client why. */
export class AccessError extends PetrelError {
  /** Where the client may go instead. */
  readonly serverReference: string | undefined;

  constructor(message: string, options: RefusalOptions) {
    super('PETREL_ACCESS_DENIED', message, options);
    this.serverReference = options.serverReference;
  }
}

/** The error for the refusal of a hook; `message` where the hook gave no words. */
export function refusalError(
  { reasonCode: code, reasonString, serverReference }: Refusal,
  message: string,
): AccessError {
  return new AccessError(reasonString ?? message, { reasonCode: code, serverReference });
}

/** Why the broker ends a connection that broke no rule of the protocol. */
export type ConnectionErrorCode =
  | 'PETREL_CONNECT_TIMEOUT'
  | 'PETREL_KEEP_ALIVE_TIMEOUT'
  | 'PETREL_SESSION_TAKEN_OVER'
  | 'PETREL_LIMIT_EXCEEDED'
  | 'PETREL_CREDENTIALS_EXPIRED'
  | 'PETREL_CREDENTIALS_REVOKED'
  | 'PETREL_ADMINISTRATIVE_ACTION'
  | 'PETREL_BROKER_CLOSING';

/** The broker ends a connection; `reasonCode` is what DISCONNECT carries. */
export class ConnectionError extends PetrelError {
  /** Where the client may go instead. */
  readonly serverReference: string | undefined;

  constructor(code: ConnectionErrorCode, message: string, options: RefusalOptions) {
    super(code, message, options);
    this.serverReference = options.serverReference;
  }
}

/** What the program that runs the broker says to a client that it sends away; throws UsageError on what DISCONNECT cannot say. */
export function administrativeAction({
  reasonCode: code = reasonCode.administrativeAction,
  reasonString = 'disconnected by the operator of the broker',
  serverReference,
}: Partial<Refusal>): ConnectionError {
  if (code < 0x80 || !isReasonCodeOf('disconnect', code, 'server')) {
    throw new UsageError(
      `option "reasonCode" must be one of DISCONNECT, 0x80 or above, got ${code} [MQTT-3.14.2-1]`,
    );
  }
  if (serverReference !== undefined && !isRedirection(code)) {
    throw new UsageError(
      `option "serverReference" needs the reasonCode 0x9C or 0x9D, got ${code} (MQTT 5.0 section 4.11)`,
    );
  }
  for (const text of [reasonString, serverReference ?? '']) utf8Size(text);
  return new ConnectionError('PETREL_ADMINISTRATIVE_ACTION', reasonString, {
    reasonCode: code,
    serverReference,
  });
}

/** For a client that does not take what waits for it. */
export function slowReceiver(): ConnectionError {
  return new ConnectionError(
    'PETREL_LIMIT_EXCEEDED',
    'the bound of what may wait for the client is reached',
    {
      reasonCode: reasonCode.quotaExceeded,
    },
  );
}

/** For the client whose large packet has been on its way for longest, when all such packets together are too large. */
export function tooMuchUnfinished(): ConnectionError {
  return new ConnectionError(
    'PETREL_LIMIT_EXCEEDED',
    'packets of all clients that have not come to their end are larger than the broker allows, and this one took longest',
    { reasonCode: reasonCode.quotaExceeded },
  );
}

/** For a client that asks the broker to keep more when it keeps as much as it may. */
export function memoryIsSpent(): ConnectionError {
  return new ConnectionError('PETREL_LIMIT_EXCEEDED', 'limit maximumMemoryBytes is reached', {
    reasonCode: reasonCode.quotaExceeded,
  });
}

/** For a client whose token, or what else proved who it is, is not good any more. */
export function credentialsExpired(): ConnectionError {
  return new ConnectionError('PETREL_CREDENTIALS_EXPIRED', 'the credentials of the client have ended', {
    reasonCode: reasonCode.maximumConnectTime,
  });
}

/**
 * What a client came with is not good any more. 0x87 and not 0x98 Administrative action: nobody has ended this one connection, and coming back with the same
 * credentials is of no use.
 */
export function credentialsRevoked(): ConnectionError {
  return new ConnectionError(
    'PETREL_CREDENTIALS_REVOKED',
    'the credentials of the client are not good any more',
    {
      reasonCode: reasonCode.notAuthorized,
    },
  );
}

/** Whether a Reason Code sends the client to another server. */
export function isRedirection(code: number): boolean {
  return code === reasonCode.useAnotherServer || code === reasonCode.serverMoved;
}

/** A hook threw, rejected or answered what it must not; it counts as refused. The operator must act. */
export class HookError extends PetrelError {
  constructor(message: string, cause: unknown) {
    super('PETREL_HOOK_FAILED', message, { reasonCode: 0x83, cause });
  }
}

/** An authenticator could not find out who a client is: what it has to ask is away. Everybody is refused meanwhile. The operator must act. */
export class AuthenticatorError extends PetrelError {
  constructor(message: string, cause: unknown) {
    super('PETREL_AUTHENTICATOR_FAILED', message, { reasonCode: reasonCode.serverUnavailable, cause });
  }
}

/** The store could not take over what was written; nothing was acknowledged. The operator must act. */
export class StoreError extends PetrelError {
  constructor(message: string, cause: unknown) {
    super('PETREL_STORE_FAILED', message, { reasonCode: 0x83, cause });
  }
}

/** Why a data folder cannot be used. */
export type DataFolderErrorCode =
  | 'PETREL_STORE_LOCKED'
  | 'PETREL_STORE_CORRUPT'
  | 'PETREL_STORE_VERSION'
  | 'PETREL_STORE_FOREIGN'
  | 'PETREL_STORE_INACCESSIBLE';

/** A data folder cannot be opened as it is, and nothing in it was changed; the message names it. The operator must act. */
export class DataFolderError extends PetrelError {
  constructor(code: DataFolderErrorCode, message: string, cause?: unknown) {
    super(code, message, { cause });
  }
}

/** A method of a broker that has been closed. */
export class BrokerClosedError extends PetrelError {
  constructor(message: string) {
    super('PETREL_BROKER_CLOSED', message);
  }
}

/** Why a listener could not be opened. */
export type ListenErrorCode =
  | 'PETREL_LISTEN_ADDRESS_IN_USE'
  | 'PETREL_LISTEN_ADDRESS_NOT_AVAILABLE'
  | 'PETREL_LISTEN_PERMISSION_DENIED'
  | 'PETREL_LISTEN_TLS'
  | 'PETREL_LISTEN_EXPOSED'
  | 'PETREL_LISTEN_FAILED';

/** A listener could not be opened; the message names its address. The program that asked for it must act. */
export class ListenError extends PetrelError {
  constructor(code: ListenErrorCode, message: string, cause?: unknown) {
    super(code, message, { cause });
  }
}

/** Every error code of this package, with what it means and who must act. */
export const brokerErrorCodes = {
  PETREL_ACCESS_DENIED: 'A rule or a hook of the broker refuses what the client asked for.',
  PETREL_CONNECT_TIMEOUT:
    'The peer opened a connection and did not complete CONNECT and authentication in time.',
  PETREL_KEEP_ALIVE_TIMEOUT: 'The client was silent for one and a half times its Keep Alive.',
  PETREL_SESSION_TAKEN_OVER: 'Another connection of the same Client Identifier took over the session.',
  PETREL_LIMIT_EXCEEDED: 'The client went beyond a limit of this broker; the message names it.',
  PETREL_CREDENTIALS_REVOKED:
    'What a client came with was taken back while it was connected: its password was changed, its user deleted, its certificate revoked, the key of its token removed.',
  PETREL_CREDENTIALS_EXPIRED:
    'The token of a client, or what else proved who it is, has ended; it may come back with a new one.',
  PETREL_ADMINISTRATIVE_ACTION: 'The program that runs the broker disconnected the client.',
  PETREL_BROKER_CLOSING: 'The broker is closing; clients may come back later.',
  PETREL_HOOK_FAILED:
    'A hook threw, rejected or gave an answer it must not give; what it was asked about is refused.',
  PETREL_AUTHENTICATOR_FAILED:
    'What an authenticator has to ask – a webhook, the keys of tokens – does not answer; clients are refused meanwhile. See cause.',
  PETREL_STORE_FAILED: 'The store could not take over what was written; nothing of it was acknowledged.',
  PETREL_STORE_LOCKED: 'Another process has this data folder.',
  PETREL_STORE_CORRUPT:
    'A data folder is not as it was written: a file is missing, damaged or too short. Restore a backup.',
  PETREL_STORE_VERSION: 'A data folder was written by a newer version, which this one cannot read.',
  PETREL_STORE_FOREIGN: 'A folder has files in it and is no data folder.',
  PETREL_STORE_INACCESSIBLE: 'A data folder cannot be made, read or written; see cause.',
  PETREL_BROKER_CLOSED: 'The broker is closed; make a new one.',
  PETREL_LISTEN_ADDRESS_IN_USE: 'Another program listens on this host and port, or on this socket path.',
  PETREL_LISTEN_ADDRESS_NOT_AVAILABLE:
    'The host is no address of this machine, or its name cannot be resolved.',
  PETREL_LISTEN_PERMISSION_DENIED: 'The operating system does not let this process listen there.',
  PETREL_LISTEN_TLS: 'The key, certificate or another TLS option of a listener cannot be used; see cause.',
  PETREL_LISTEN_EXPOSED:
    'A listener reaches beyond this machine, with neither authentication nor allowAnonymous.',
  PETREL_LISTEN_FAILED: 'A listener could not be opened for another reason; see cause.',
} as const satisfies Record<PetrelErrorCode, string>;
