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
import { socketOptions } from './socket-options.js';

/** Opens the listener; rejects with ListenError. */
export async function openTcpListener(
  options: ResolvedTcpListener,
  context: ListenerContext,
): Promise<Listener> {
  const { accept, limits } = context;
  const server = createServer(socketOptions, (socket) => {
    const { remoteAddress } = socket;
    accept(
      new StreamTransport(socket, {
        kind: 'tcp',
        highWaterMarkBytes: limits.highWaterMarkBytes,
        remoteAddress,
      }),
    );
  });
  await listenOnPort(server, options, context);
  const address = addressOf(server);
  return {
    type: 'tcp',
    url: urlOf('mqtt', address),
    host: address.address,
    port: address.port,
    close: () => stopListening(server),
  };
}
