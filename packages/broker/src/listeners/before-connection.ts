/** How to look at the sockets of a server before the server does. */
import type { Server, Socket } from 'node:net';

/** Puts `visit` in front of everybody who waits for the connections of a server; `next` hands the socket on to them. */
export function standBefore(server: Server, visit: (socket: Socket, next: () => void) => void): void {
  const listeners = server.listeners('connection') as ((socket: Socket) => void)[];
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => {
    visit(socket, () => {
      for (const listener of listeners) listener.call(server, socket);
    });
  });
}
