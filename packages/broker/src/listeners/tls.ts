/** MQTT over TLS. */
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { StreamTransport } from '../transports/stream.js';
import { Handshakes } from './handshakes.js';
import {
  addressOf,
  type Listener,
  type ListenerContext,
  listenOnPort,
  stopListening,
  urlOf,
} from './listener.js';
import type { ResolvedTlsListener } from './listener-options.js';
import { peerCertificateOf } from './peer-certificate.js';
import { ProxiedSockets } from './proxied-sockets.js';
import { SecureContexts, serverOptions } from './secure-contexts.js';
import { socketOptions } from './socket-options.js';

/** Opens the listener; rejects with ListenError. */
export async function openTlsListener(
  options: ResolvedTlsListener,
  context: ListenerContext,
): Promise<Listener> {
  const { accept, limits } = context;
  const proxied = options.proxies && new ProxiedSockets(options.proxies, limits.handshakeTimeoutMs);
  const handshakes = new Handshakes('tls', context, proxied);
  const contexts = new SecureContexts(options.tls, nameOf(options));
  const server = createTlsServer(options, contexts, limits.handshakeTimeoutMs);
  // Node only reports a handshake that failed or took too long; its socket would stay.
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  server.on('secureConnection', (socket: TLSSocket) => {
    const handshake = handshakes.done(socket);
    if (handshake === undefined) {
      socket.destroy();
      return;
    }
    const transport = new StreamTransport(socket, {
      kind: 'tls',
      highWaterMarkBytes: limits.highWaterMarkBytes,
      remoteAddress: handshake.remoteAddress,
      peerCertificate: peerCertificateOf(socket),
      certificates: contexts,
    });
    accept(transport, handshake);
  });
  handshakes.guard(server);
  await listenOnPort(server, options, context);
  const address = addressOf(server);
  return {
    type: 'tls',
    url: urlOf('mqtts', address),
    host: address.address,
    port: address.port,
    prepare: (next) => contexts.prepare(server, (next as ResolvedTlsListener).tls, nameOf(options)),
    close: async () => {
      await stopListening(server);
      handshakes.destroyAll();
    },
  };
}

function createTlsServer(
  { tls }: ResolvedTlsListener,
  contexts: SecureContexts,
  handshakeTimeoutMs: number,
): Server {
  return createServer({
    ...socketOptions,
    ...serverOptions(tls, contexts),
    handshakeTimeout: handshakeTimeoutMs,
  });
}

function nameOf({ port }: ResolvedTlsListener): string {
  return `TLS listener on port ${port}`;
}
