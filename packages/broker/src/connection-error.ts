/** The one map from errors to the wire: which Reason Code, and whether CONNACK, DISCONNECT or silence carries it. */
import {
  isReasonCodeOf,
  noProperties,
  PetrelError,
  type ProtocolVersion,
  reasonCode,
  toConnectReturnCode,
  UnsupportedProtocolVersionError,
} from '@petrel/protocol';
import { claims } from './claims.js';
import type { Connection } from './connection.js';
import { AccessError, ConnectionError, isRedirection } from './errors.js';

/** Ends a connection for an error. What the peer did wrong is worth a debug line; what we did wrong is an error. */
export function endWithError(connection: Connection, error: unknown): void {
  if (connection.isEnding) return;
  const code = reasonCodeOf(error);
  report(connection, error);
  if (!connection.isReady) tellRefused(connection, error, code);
  if (connection.isReady) sendDisconnect(connection, error, code);
  else sendConnack(connection, error, code);
  connection.close({
    reasonCode: code,
    byClient: false,
    cause: error instanceof Error ? error : new Error(String(error)),
  });
}

/** An error without a Reason Code of its own is a fault of this program. */
export function reasonCodeOf(error: unknown): number {
  return (
    (error instanceof PetrelError ? error.reasonCode : undefined) ?? reasonCode.implementationSpecificError
  );
}

/** Before the session exists: CONNACK where the peer's version is known and has a code for it, else nothing [MQTT-3.14.0-1]. */
function sendConnack(connection: Connection, error: unknown, code: number): void {
  const version = connackVersion(connection, error);
  if (version === undefined) return;
  if (version !== 5 && toConnectReturnCode(code) === undefined) return; // [MQTT-3.2.2-6]
  const fitting = isReasonCodeOf('connack', code, 'server') ? code : reasonCode.unspecifiedError; // [MQTT-3.2.2-8]
  connection.reader.protocolVersion = version;
  connection.send({
    type: 'connack',
    sessionPresent: false, // [MQTT-3.2.2-6]
    reasonCode: fitting,
    properties: version === 5 ? explain(error) : noProperties,
  });
}

/** The version in which the peer understands a CONNACK; undefined before it sent a CONNECT that tells. */
function connackVersion(connection: Connection, error: unknown): ProtocolVersion | undefined {
  if (!(error instanceof UnsupportedProtocolVersionError)) return connection.reader.protocolVersion;
  if (error.protocolLevel === undefined) return undefined;
  return error.protocolLevel > 5 ? 5 : 4; // [MQTT-3.1.2-2]
}

/** MQTT 3.x has no DISCONNECT from the server: the connection just ends. */
function sendDisconnect(connection: Connection, error: unknown, code: number): void {
  if (connection.terms?.protocolVersion !== 5) return;
  const fitting = isReasonCodeOf('disconnect', code, 'server') ? code : reasonCode.unspecifiedError;
  connection.send({ type: 'disconnect', reasonCode: fitting, properties: explain(error) });
}

/** Only errors that were written for the peer are told to it; CONNACK and DISCONNECT may always say so [MQTT-3.1.2-29]. */
function explain(error: unknown): { reasonString?: string; serverReference?: string } {
  if (!(error instanceof PetrelError) || error.reasonCode === undefined || error.cause !== undefined)
    return noProperties;
  const isReferring = error instanceof AccessError || error instanceof ConnectionError;
  // Section 4.11 gives it a meaning with these two codes only.
  const serverReference = isReferring && isRedirection(error.reasonCode) ? error.serverReference : undefined;
  return { reasonString: error.message, ...(serverReference !== undefined && { serverReference }) };
}

/** A client that had said who it is was not let in. */
function tellRefused(connection: Connection, error: unknown, code: number): void {
  const { transport, context } = connection;
  const claim = claims.get(connection);
  if (claim === undefined) return;
  const { kind, remoteAddress } = transport;
  const reason = error instanceof PetrelError ? error.message : undefined;
  context.hooks.tell('refused', {
    action: 'connect',
    principalName: undefined,
    ...claim,
    transport: kind,
    remoteAddress,
    topic: undefined,
    reasonCode: code,
    reason,
  });
}

function report(connection: Connection, error: unknown): void {
  const { logger } = connection.context;
  const who =
    connection.client?.clientIdentifier ?? connection.transport.remoteAddress ?? connection.transport.kind;
  const isPeers =
    error instanceof PetrelError && error.code !== 'PETREL_STORE_FAILED' && error.reasonCode !== undefined;
  if (isPeers) logger.debug(`connection of ${JSON.stringify(who)} ends: ${error.message}`);
  else logger.error(error);
}
