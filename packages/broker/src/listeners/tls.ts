/** MQTT over TLS. */
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { ListenError } from '../errors.js';
import { StreamTransport } from '../transports/stream.js';
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
import { PendingSockets } from './pending-sockets.js';
import { socketOptions } from './socket-options.js';

/** Opens the listener; rejects with ListenError. */
export async function openTlsListener(
  options: ResolvedTlsListener,
  context: ListenerContext,
): Promise<Listener> {
  const { accept, limits } = context;
  const handshakes = new PendingSockets();
  const server = createTlsServer(options, limits.handshakeTimeoutMs);
  server.on('connection', (socket) => handshakes.add(socket));
  // Node only reports a handshake that failed or took too long; its socket would stay.
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  server.on('secureConnection', (socket: TLSSocket) => {
    handshakes.accepted(socket);
    accept(
      new StreamTransport(socket, {
        kind: 'tls',
        highWaterMarkBytes: limits.highWaterMarkBytes,
        remoteAddress: socket.remoteAddress,
        peerCertificate: peerCertificateOf(socket),
      }),
    );
  });
  await listenOnPort(server, options, context);
  const address = addressOf(server);
  return {
    type: 'tls',
    url: urlOf('mqtts', address),
    host: address.address,
    port: address.port,
    close: async () => {
      await stopListening(server);
      handshakes.destroyAll();
    },
  };
}

function createTlsServer(options: ResolvedTlsListener, handshakeTimeoutMs: number): Server {
  try {
    return createServer({ ...socketOptions, ...options.tls, handshakeTimeout: handshakeTimeoutMs });
  } catch (error) {
    const { message } = error as Error;
    throw new ListenError(
      'PETREL_LISTEN_TLS',
      `cannot open the TLS listener on port ${options.port}: ${message}`,
      error,
    );
  }
}
