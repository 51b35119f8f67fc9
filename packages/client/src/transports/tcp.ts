/** `mqtt:` and `mqtt+unix:` in Node. */
import { connect, type Socket } from 'node:net';
import { UsageError } from '@petrel/protocol';
import type { OpenTransport, TransportFactory, TransportReceiver } from '../transport.js';
import { attachByteStream } from './byte-stream.js';

/** TCP; port 1883 unless the URL names another. */
export const tcpTransport: TransportFactory = (url) => {
  const target = { host: hostOf(url), port: Number(url.port || 1883) };
  return socketTransport(() => connect({ ...target, noDelay: true }));
};

/** A Unix domain socket: `mqtt+unix:///run/mqtt.sock`. */
export const unixTransport: TransportFactory = (url) => {
  const path = decodeURIComponent(url.pathname);
  if (url.host !== '' || path.length < 2) {
    throw new UsageError(
      `url "${url.protocol}//…" must name an absolute path, like mqtt+unix:///run/mqtt.sock`,
    );
  }
  return socketTransport(() => connect({ path }));
};

/** The host of a URL as sockets want it: IPv6 without brackets. */
export function hostOf(url: URL): string {
  return url.hostname === '' ? 'localhost' : url.hostname.replace(/^\[(.*)\]$/, '$1');
}

/** Makes transports of sockets; `openEvent` is what they emit when bytes can flow. */
export function socketTransport(open: () => Socket, openEvent = 'connect'): OpenTransport {
  return (receiver: TransportReceiver) => {
    const socket = open();
    return attachByteStream(socket, receiver, (opened) => socket.once(openEvent, opened));
  };
}
