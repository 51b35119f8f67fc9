/** What all listeners share: their shape, and how a server of Node starts and stops to listen. */
import type { AddressInfo, Server } from 'node:net';
import type { PacketSender, UnfinishedPackets } from '../bounds/unfinished-packets.js';
import { ListenError } from '../errors.js';
import type { AcceptTransport, Handshake, TransportLimits } from '../transport.js';
import type { ResolvedListener } from './listener-options.js';
import { isLoopback } from './loopback.js';

/** An open listener. */
export interface Listener {
  readonly type: 'tcp' | 'tls' | 'websocket' | 'unix';
  /** What a client on this machine may connect to, such as `mqtt://127.0.0.1:1883`. */
  readonly url: string;
  /** The address it is bound to; the path of a Unix domain socket. */
  readonly host: string;
  /** The port in use; 0 for a Unix domain socket. */
  readonly port: number;
  /**
   * Makes ready what may change while connections stay, certificates and origins; throws ListenError, and has changed nothing then. The function
   * that comes back puts it in force.
   */
  prepare?(options: ResolvedListener): () => void;
  /** Accepts nobody any more, and settles once the address is free; connections that were accepted go on. */
  close(): Promise<void>;
}

/** What the broker gives to each of its listeners. */
export interface ListenerContext {
  readonly limits: TransportLimits;
  readonly accept: AcceptTransport;
  /** A socket has come that needs a handshake: it is told to begin, at once or later, or destroyed. */
  readonly knock: (handshake: Handshake) => void;
  /** The socket of such a handshake is closed, whatever has become of it meanwhile. */
  readonly gone: (handshake: Handshake) => void;
  /** Where what a transport assembles for an admitted client counts. */
  readonly unfinished?: UnfinishedPackets<PacketSender>;
  /** A connection could not be accepted, for want of file handles perhaps; the listener goes on. */
  readonly onError: (error: Error) => void;
}

/** Where a server of Node listens. */
export type ListenAddress = { readonly host: string; readonly port: number } | { readonly path: string };

/** The options that all listeners on a port share. */
export interface ListenPort {
  readonly host: string;
  /** 0 = any free one. */
  readonly port: number;
  /** Must not reach beyond this machine: nobody is authenticated. */
  readonly loopbackOnly: boolean;
}

/** Starts to listen on a port, and stops again if that reaches further than allowed; rejects with ListenError. */
export async function listenOnPort(
  server: Server,
  options: ListenPort,
  context: ListenerContext,
): Promise<void> {
  server.maxConnections = context.limits.maximumConnections;
  await listen(server, { host: options.host, port: options.port });
  server.on('error', context.onError);
  try {
    assertStaysLocal(server, options.loopbackOnly);
  } catch (error) {
    await stopListening(server);
    throw error;
  }
}

/** Starts to listen; rejects with ListenError. */
export async function listen(server: Server, address: ListenAddress): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(toListenError(error, address)));
    server.listen(address, () => {
      server.removeAllListeners('error');
      resolve();
    });
  });
}

/** Stops to listen without waiting for the connections, which have an owner of their own. */
export async function stopListening(server: Server): Promise<void> {
  if (!server.listening) return;
  server.close();
  // The handle is given back to the operating system within this turn.
  await new Promise((resolve) => setImmediate(resolve));
}

/** The address of a listening TCP server. */
export function addressOf(server: Server): AddressInfo {
  const address = server.address();
  if (address === null || typeof address === 'string') return { address: '', port: 0, family: '' };
  return address;
}

/** Throws ListenError for a server that reaches beyond this machine although nobody allowed that. */
export function assertStaysLocal(server: Server, loopbackOnly: boolean): void {
  if (!loopbackOnly) return;
  const { address } = addressOf(server);
  if (isLoopback(address)) return;
  const where =
    address === '' ? 'does not listen yet' : `is bound to ${address}, which is no loopback address`;
  throw new ListenError(
    'PETREL_LISTEN_EXPOSED',
    `the listener's server ${where}: set hooks.authenticate, or allowAnonymous: true`,
  );
}

/** `scheme://host:port`; an unspecified address becomes a loopback one, for a client can connect to nothing else. */
export function urlOf(scheme: string, { address, port }: AddressInfo): string {
  const host = address === '0.0.0.0' ? '127.0.0.1' : address === '::' ? '::1' : address;
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function toListenError(error: NodeJS.ErrnoException, address: ListenAddress): ListenError {
  const place = 'path' in address ? `socket ${address.path}` : `port ${address.port} of ${address.host}`;
  switch (error.code) {
    case 'EADDRINUSE':
      return new ListenError(
        'PETREL_LISTEN_ADDRESS_IN_USE',
        `cannot listen on ${place}: it is in use`,
        error,
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new ListenError(
        'PETREL_LISTEN_ADDRESS_NOT_AVAILABLE',
        `cannot listen on ${place}: it is no address of this machine`,
        error,
      );
    case 'EACCES':
    case 'EPERM':
      return new ListenError(
        'PETREL_LISTEN_PERMISSION_DENIED',
        `cannot listen on ${place}: permission denied`,
        error,
      );
    default:
      return new ListenError('PETREL_LISTEN_FAILED', `cannot listen on ${place}: ${error.message}`, error);
  }
}
