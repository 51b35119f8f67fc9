/** CONNECT (section 3.1), the first half: is it allowed, and who is it. What follows for a known client is accept-client's. */
import { randomUUID } from 'node:crypto';
import { type ConnectPacket, ProtocolError, reasonCode } from '@petrel/protocol';
import { claims } from '../claims.js';
import type { Connection } from '../connection.js';
import { AccessError, credentialsRevoked, refusalError } from '../errors.js';
import { isPending, isRefusal, whenAnswered } from '../hook-runner.js';
import type { Answer, AuthenticationRequest, Client, Principal } from '../hooks.js';
import type { ResolvedLimits } from '../options.js';
import { hasRevokedCertificate } from '../revalidation.js';
import { acceptClient } from './accept-client.js';
import { beginAuthentication } from './auth.js';
import { assertUserProperties } from './user-properties.js';

/** Accepts the client and answers CONNACK, asks it for more in AUTH, or throws what connection-error turns into a refusal. */
export function handleConnect(connection: Connection, packet: ConnectPacket): Promise<void> | undefined {
  if (connection.session !== undefined || connection.authentication !== undefined) {
    throw new ProtocolError('second CONNECT on one connection [MQTT-3.1.0-2]');
  }
  const { context } = connection;
  context.door.asked(connection);
  connection.maximumAnswerSize = packet.properties.maximumPacketSize; // [MQTT-3.2.2-19] [MQTT-3.2.2-20]
  assertUserProperties(connection, packet.properties);
  if (packet.will !== undefined) assertUserProperties(connection, packet.will.properties);
  assertConnectAllowed(packet, context.options.limits);
  // A Will Topic with too many levels is refused now: nobody is there to be told once it is published.
  if (packet.will !== undefined) context.topics.findName(packet.will.topicName);
  // The handshake may have been before the list, or have gone on from one that was.
  if (hasRevokedCertificate(connection.transport)) throw credentialsRevoked();
  const request = authenticationRequest(connection, packet);
  const { clientIdentifier, userName } = request;
  if (context.hooks.has.refused) claims.set(connection, { clientIdentifier, userName });
  const { generation } = context.revalidation;
  const accept = (principal: Principal | undefined, data?: Uint8Array) => {
    const accepted = acceptClient(connection, packet, knownClient(request, principal), data);
    const entered = () => context.revalidation.entered(connection, generation);
    if (accepted !== undefined) return accepted.then(entered);
    entered();
    return undefined;
  };
  const { authenticationMethod: method, authenticationData: data } = packet.properties;
  if (method === undefined) {
    const principal = authenticate(connection, request);
    return isPending(principal) ? principal.then((known) => accept(known)) : accept(principal);
  }
  return beginAuthentication(connection, { method, data }, request, (success) =>
    accept(success.principal, success.data),
  );
}

function assertConnectAllowed(
  { clientIdentifier, cleanStart, protocolVersion, will }: ConnectPacket,
  limits: ResolvedLimits,
): void {
  if (clientIdentifier === '' && (protocolVersion === 3 || (protocolVersion === 4 && !cleanStart))) {
    throw new AccessError('an empty Client Identifier needs Clean Session [MQTT-3.1.3-8]', {
      reasonCode: reasonCode.clientIdentifierNotValid,
    });
  }
  if (will === undefined) return;
  if (will.qos > limits.maximumQoS) {
    throw new AccessError(
      `Will has QoS ${will.qos}, the Maximum QoS is ${limits.maximumQoS} [MQTT-3.2.2-12]`,
      {
        reasonCode: reasonCode.qosNotSupported,
      },
    );
  }
  if (will.retain && !limits.retainAvailable) {
    throw new AccessError('Will has RETAIN, which is not available [MQTT-3.2.2-13]', {
      reasonCode: reasonCode.retainNotSupported,
    });
  }
}

function authenticationRequest({ transport }: Connection, packet: ConnectPacket): AuthenticationRequest {
  return {
    // An assigned identifier is treated as if the client had sent it [MQTT-3.1.3-6] [MQTT-3.1.3-7].
    clientIdentifier: packet.clientIdentifier === '' ? `petrel-${randomUUID()}` : packet.clientIdentifier,
    userName: packet.userName,
    password: packet.password,
    protocolVersion: packet.protocolVersion,
    transport: transport.kind,
    remoteAddress: transport.remoteAddress,
    peerCertificate: transport.peerCertificate,
  };
}

/** Named one by one: a copy by spreading has a shape of its own for each client, which takes more memory than what is in it. */
function knownClient(request: AuthenticationRequest, principal: Principal | undefined): Client {
  return {
    clientIdentifier: request.clientIdentifier,
    userName: request.userName,
    principal,
    protocolVersion: request.protocolVersion,
    transport: request.transport,
    remoteAddress: request.remoteAddress,
    peerCertificate: request.peerCertificate,
  };
}

/** By User Name and Password; a broker that has methods to authenticate by does not let others in without being told to. */
function authenticate(
  { context }: Connection,
  request: AuthenticationRequest,
): Answer<Principal | undefined> {
  const { hooks, options } = context;
  if (options.authenticationMethods.size > 0 && !hooks.has.authenticate && !options.allowAnonymous) {
    throw new AccessError('this broker demands an Authentication Method', {
      reasonCode: reasonCode.notAuthorized,
    });
  }
  return whenAnswered(hooks.authenticate(request), (answer) => {
    if (isRefusal(answer)) throw refusalError(answer, 'authentication failed');
    return answer;
  });
}
