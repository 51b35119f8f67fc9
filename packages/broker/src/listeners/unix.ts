/** MQTT over a Unix domain socket. */
import { stat, unlink } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { StreamTransport } from '../transports/stream.js';
import { type Listener, type ListenerContext, listen, stopListening } from './listener.js';
import type { ResolvedUnixListener } from './listener-options.js';

/** Opens the listener, in place of a socket file that a dead process left behind; rejects with ListenError. */
export async function openUnixListener(
  options: ResolvedUnixListener,
  context: ListenerContext,
): Promise<Listener> {
  const { accept, limits, onError } = context;
  const { path } = options;
  if (await isLeftBehind(path)) await unlink(path);
  const server = createServer((socket) => {
    accept(new StreamTransport(socket, { kind: 'unix', highWaterMarkBytes: limits.highWaterMarkBytes }));
  });
  server.maxConnections = limits.maximumConnections;
  await listen(server, { path });
  server.on('error', onError);
  return {
    type: 'unix',
    url: `mqtt+unix://${path}`,
    host: path,
    port: 0,
    close: () => stopListening(server),
  };
}

/** True for a socket file on which nobody listens; any other file is none of our business. */
async function isLeftBehind(path: string): Promise<boolean> {
  const file = await stat(path).catch(() => undefined);
  if (file === undefined || !file.isSocket()) return false;
  return new Promise((resolve) => {
    const probe = connect(path);
    probe.once('connect', () => {
      probe.destroy();
      resolve(false);
    });
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'));
  });
}
