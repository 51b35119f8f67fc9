/**
 * Sockets that come from trusted proxies: nothing reads them before their PROXY header was read, and from then on they have the address of
 * the client. Whoever is no trusted proxy is cut off: its header would be a lie, and without one nobody knows what it is.
 */
import type { Server, Socket } from 'node:net';
import type { AddressList } from '../access/address-list.js';
import { standBefore } from './before-connection.js';
import { parseProxyHeader } from './proxy-protocol.js';

/** One listener's. */
export class ProxiedSockets {
  readonly #proxies: AddressList;
  readonly #timeoutMs: number;
  /** By the proxy's end of the connection: a TLS socket on top of it has the same. */
  readonly #sources = new Map<string, string>();
  readonly #waiting = new Set<Socket>();

  constructor(proxies: AddressList, timeoutMs: number) {
    this.#proxies = proxies;
    this.#timeoutMs = timeoutMs;
  }

  /** Puts itself in front of everybody who waits for the connections of a server. */
  guard(server: Server): void {
    standBefore(server, (socket, next) => this.#read(socket, next));
  }

  /** The address of the client behind a socket. */
  addressOf(socket: Socket): string | undefined {
    return this.#sources.get(nameOf(socket)) ?? socket.remoteAddress;
  }

  /** Cuts off those that have not said for whom they speak. */
  destroyAll(): void {
    for (const socket of [...this.#waiting]) socket.destroy();
  }

  #read(socket: Socket, next: () => void): void {
    if (!this.#proxies.has(socket.remoteAddress)) {
      socket.destroy();
      return;
    }
    this.#waiting.add(socket);
    const name = nameOf(socket);
    const deadline = setTimeout(() => socket.destroy(), this.#timeoutMs);
    const onError = () => socket.destroy();
    let bytes: Buffer = Buffer.alloc(0);
    const onReadable = () => {
      const chunk = socket.read() as Buffer | null;
      if (chunk === null) return;
      bytes = Buffer.concat([bytes, chunk]);
      try {
        const header = parseProxyHeader(bytes);
        if (header === undefined) return;
        if (header.source !== undefined) this.#sources.set(name, header.source);
        settle();
        socket.off('error', onError);
        if (bytes.length > header.length) socket.unshift(bytes.subarray(header.length));
        next();
      } catch {
        socket.destroy();
      }
    };
    const settle = () => {
      clearTimeout(deadline);
      this.#waiting.delete(socket);
      socket.off('readable', onReadable);
      socket.off('end', onError);
    };
    socket.on('error', onError);
    socket.on('end', onError);
    socket.on('readable', onReadable);
    socket.once('close', () => {
      settle();
      this.#sources.delete(name);
    });
  }
}

function nameOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
