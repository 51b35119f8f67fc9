/** Sockets on their way through a handshake below MQTT. */
import type { Socket } from 'node:net';

/** Sockets that have not come as far as MQTT: a listener that closes takes them with it. */
export class PendingSockets {
  readonly #sockets = new Map<string, Socket>();

  /** Remembers a socket of a server's 'connection' event until it is accepted or closed. */
  add(socket: Socket): void {
    const peer = peerOf(socket);
    this.#sockets.set(peer, socket);
    socket.once('close', () => {
      if (this.#sockets.get(peer) === socket) this.#sockets.delete(peer);
    });
  }

  /** Takes the socket, or the TLS socket on top of it, for accepted. */
  accepted(socket: Socket): void {
    this.#sockets.delete(peerOf(socket));
  }

  destroyAll(): void {
    for (const socket of [...this.#sockets.values()]) socket.destroy();
  }
}

function peerOf(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort}`;
}
