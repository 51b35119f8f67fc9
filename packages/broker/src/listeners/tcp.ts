/** MQTT over TCP. */
import { createServer } from 'node:net';
import { StreamTransport } from '../transports/stream.js';
import {
  addressOf,
  type Listener,
  type ListenerContext,
  listenOnPort,
  stopListening,
  urlOf,
} from './listener.js';
import type { ResolvedTcpListener } from './listener-options.js';
import { ProxiedSockets } from './proxied-sockets.js';
import { socketOptions } from './socket-options.js';

/** Opens the listener; rejects with ListenError. */
export async function openTcpListener(
  options: ResolvedTcpListener,
  context: ListenerContext,
): Promise<Listener> {
  const { accept, limits } = context;
  const proxied = options.proxies && new ProxiedSockets(options.proxies, limits.handshakeTimeoutMs);
  const server = createServer(socketOptions, (socket) => {
    accept(
      new StreamTransport(socket, {
        kind: 'tcp',
        highWaterMarkBytes: limits.highWaterMarkBytes,
        remoteAddress: proxied === undefined ? socket.remoteAddress : proxied.addressOf(socket),
      }),
    );
  });
  proxied?.guard(server);
  await listenOnPort(server, options, context);
  const address = addressOf(server);
  return {
    type: 'tcp',
    url: urlOf('mqtt', address),
    host: address.address,
    port: address.port,
    close: async () => {
      await stopListening(server);
      proxied?.destroyAll();
    },
  };
}
