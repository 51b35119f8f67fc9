/** Enhanced authentication (section 4.12): the exchange that a CONNECT begins, and re-authentication of a client that is there. */
import {
  AuthenticationError,
  type AuthPacket,
  PacketTooLargeError,
  ProtocolError,
  reasonCode,
} from '@petrel/protocol';
import { Authentication, isSuccess } from '../authentication/authentication.js';
import type { AuthenticationSuccess } from '../authentication/authentication-method.js';
import type { Connection } from '../connection.js';
import { AccessError, refusalError } from '../errors.js';
import { isRefusal } from '../hook-runner.js';
import type { AuthenticationRequest, Client, Principal } from '../hooks.js';
import { revokedFilters } from './revoke-subscriptions.js';

/** Begins what CONNECT asks for; `accept` takes the client in, now or after further AUTH packets. */
export function beginAuthentication(
  connection: Connection,
  { method, data }: { readonly method: string; readonly data: Uint8Array | undefined },
  request: AuthenticationRequest,
  accept: (success: AuthenticationSuccess) => Promise<void> | undefined,
): Promise<void> {
  const { context } = connection;
  const known = context.options.authenticationMethods.get(method);
  if (known === undefined) {
    throw new AccessError('the Authentication Method is not supported here [MQTT-4.12.0-1]', {
      reasonCode: reasonCode.badAuthenticationMethod,
    });
  }
  connection.authentication = new Authentication(known, context);
  connection.acceptAuthenticated = accept;
  connection.authentication.begin(request);
  return advance(connection, connection.authentication, data);
}

/** AUTH from the client: the next step of an exchange, or the first one of a re-authentication. */
export function handleAuth(connection: Connection, packet: AuthPacket): Promise<void> {
  const { authentication } = connection;
  const { authenticationMethod, authenticationData } = packet.properties;
  if (authentication === undefined) {
    throw new ProtocolError('AUTH on a connection without an Authentication Method [MQTT-4.12.0-6]');
  }
  const isAgain = packet.reasonCode === reasonCode.reAuthenticate;
  if (authenticationMethod !== authentication.method.name) {
    const clause = isAgain ? '[MQTT-4.12.1-1]' : '[MQTT-4.12.0-5]';
    throw new ProtocolError(`AUTH has another Authentication Method than CONNECT ${clause}`);
  }
  if (isAgain) beginAgain(connection, authentication);
  else if (!authentication.isRunning) throw new ProtocolError('AUTH 0x18 where no AUTH 0x18 came before it');
  return advance(connection, authentication, authenticationData);
}

function beginAgain(connection: Connection, authentication: Authentication): void {
  if (!connection.isReady || authentication.isRunning) {
    throw new ProtocolError('AUTH 0x19 within an exchange that is not over (MQTT 5.0 section 4.12.1)');
  }
  const { principal: _, ...known } = connection.client as Client;
  const { context } = connection;
  // The users and rules of now, not those of the time of CONNECT.
  const method = context.options.authenticationMethods.get(authentication.method.name);
  if (method === undefined)
    throw new AccessError('the Authentication Method is not supported here any more [MQTT-4.12.0-1]', {
      reasonCode: reasonCode.badAuthenticationMethod,
    });
  authentication.method = method;
  authentication.generation = context.revalidation.generation;
  authentication.beginAgain({ ...known, password: undefined }, (error) => connection.fail(error));
}

async function advance(
  connection: Connection,
  authentication: Authentication,
  data: Uint8Array | undefined,
): Promise<void> {
  const step = await authentication.next(data);
  if (connection.isEnding) return;
  // [MQTT-4.12.0-4] [MQTT-4.12.1-2]
  if (isRefusal(step)) throw refusalError(step, 'authentication failed');
  if (!isSuccess(step)) return sendAuth(connection, reasonCode.continueAuthentication, step.data); // [MQTT-4.12.0-2]
  if (!connection.isReady) return connection.acceptAuthenticated?.(step);
  await reauthenticated(connection, step.principal);
  if (!connection.isEnding) sendAuth(connection, reasonCode.success, step.data);
}

/** From here on hooks see the new principal; subscriptions that it may not have end. */
async function reauthenticated(connection: Connection, principal: Principal): Promise<void> {
  const { session, context } = connection;
  const former = connection.client as Client;
  if (principal.name !== former.principal?.name) {
    throw new AuthenticationError('re-authentication as another principal');
  }
  const client = { ...former, principal };
  connection.client = client;
  if (session === undefined) return;
  session.client = client;
  session.watchCredentials();
  context.revalidation.entered(connection, connection.authentication?.generation ?? 0);
  for (const topicFilter of await revokedFilters(connection, client)) {
    context.sessions.unsubscribe(session, topicFilter);
  }
}

function sendAuth(connection: Connection, code: number, authenticationData: Uint8Array | undefined): void {
  const properties = {
    authenticationMethod: connection.authentication?.method.name, // [MQTT-4.12.0-5]
    ...(authenticationData !== undefined && { authenticationData }),
  };
  if (connection.send({ type: 'auth', reasonCode: code, properties })) return;
  throw new PacketTooLargeError("AUTH is larger than the client's Maximum Packet Size [MQTT-3.1.2-24]");
}
