/**
 * Sockets of a listener that have a handshake below MQTT before them, TLS or HTTP: the door is asked before anything of it is done, since a handshake
 * is what costs most of a connection. Knows nothing of what the handshake is.
 */
import type { Server, Socket } from 'node:net';
import type { Handshake, TransportKind } from '../transport.js';
import { standBefore } from './before-connection.js';
import type { ListenerContext } from './listener.js';
import type { ProxiedSockets } from './proxied-sockets.js';

class SocketHandshake implements Handshake {
  readonly kind: TransportKind;
  readonly remoteAddress: string | undefined;
  readonly socket: Socket;
  readonly #next: () => void;

  constructor(kind: TransportKind, remoteAddress: string | undefined, socket: Socket, next: () => void) {
    this.kind = kind;
    this.remoteAddress = remoteAddress;
    this.socket = socket;
    this.#next = next;
  }

  begin(): void {
    this.#next();
  }

  destroy(): void {
    this.socket.destroy();
  }
}

function onError(this: Socket): void {
  this.destroy();
}

/** One listener's. A listener that closes takes them with it. */
export class Handshakes {
  readonly #kind: TransportKind;
  readonly #context: ListenerContext;
  readonly #proxied: ProxiedSockets | undefined;
  /** By the peer's end of the connection: a TLS socket on top of a socket has the same. */
  readonly #pending = new Map<string, SocketHandshake>();

  constructor(kind: TransportKind, context: ListenerContext, proxied: ProxiedSockets | undefined) {
    this.#kind = kind;
    this.#context = context;
    this.#proxied = proxied;
  }

  /** Puts itself in front of everybody who waits for the connections of a server, and behind the PROXY header. */
  guard(server: Server): void {
    standBefore(server, (socket, next) => this.#knock(socket, next));
    this.#proxied?.guard(server);
  }

  /** The handshake that the socket, or the TLS socket on top of it, has behind it; undefined when it is gone already. */
  done(socket: Socket): Handshake | undefined {
    const peer = peerOf(socket);
    const handshake = this.#pending.get(peer);
    this.#pending.delete(peer);
    return handshake;
  }

  destroyAll(): void {
    for (const handshake of [...this.#pending.values()]) handshake.destroy();
    this.#proxied?.destroyAll();
  }

  #knock(socket: Socket, next: () => void): void {
    // Gone before anybody looked at it.
    if (socket.remoteAddress === undefined) {
      socket.destroy();
      return;
    }
    const peer = peerOf(socket);
    const remoteAddress =
      this.#proxied === undefined ? socket.remoteAddress : this.#proxied.addressOf(socket);
    const handshake = new SocketHandshake(this.#kind, remoteAddress, socket, next);
    this.#pending.set(peer, handshake);
    socket.on('error', onError);
    socket.once('close', () => {
      if (this.#pending.get(peer) === handshake) this.#pending.delete(peer);
      this.#context.gone(handshake);
    });
    this.#context.knock(handshake);
  }
}

function peerOf(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort}`;
}
