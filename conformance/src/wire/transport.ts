/** A byte stream to a broker, over TCP, TLS or WebSocket: the last place that knows which. */
import { connect as connectTcp } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { WebSocket } from 'ws';

/** What a peer needs of a connection. */
export interface Transport {
  write(bytes: Uint8Array): void;
  /** Says that nothing more will be written. */
  end(): void;
  /** Breaks off, as a network does: no DISCONNECT, no Close frame. */
  cut(): void;
  /** Called once, by the peer that owns the transport. */
  listen(onBytes: (chunk: Uint8Array) => void, onClose: () => void): void;
}

/** Connects to `mqtt:`, `mqtts:`, `ws:` or `wss:`; rejects after `timeoutMs`. */
export function openTransport(url: URL, timeoutMs: number): Promise<Transport> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  switch (url.protocol) {
    case 'mqtt:':
      return openStream(
        url,
        connectTcp({ host, port: Number(url.port || 1883), noDelay: true }),
        'connect',
        timeoutMs,
      );
    case 'mqtts:':
      return openStream(
        url,
        connectTls({ host, port: Number(url.port || 8883), ...(isName(host) && { servername: host }) }),
        'secureConnect',
        timeoutMs,
      );
    case 'ws:':
    case 'wss:':
      return openWebSocket(url, timeoutMs).then(webSocketTransport);
    default:
      throw new Error(`URL of a broker must begin with mqtt:, mqtts:, ws: or wss:, got ${url.href}`);
  }
}

/** Opens a WebSocket that offers the subprotocol "mqtt". */
export function openWebSocket(url: URL, timeoutMs: number): Promise<WebSocket> {
  const socket = new WebSocket(url, ['mqtt'], { handshakeTimeout: timeoutMs, perMessageDeflate: false });
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve(socket));
    socket.once('error', (cause) => reject(unreachable(url, cause)));
  });
}

/** A TCP or TLS connection that is open. */
export function socketTransport(stream: Duplex): Transport {
  return {
    write: (bytes) => stream.write(bytes),
    end: () => stream.end(),
    cut: () => stream.destroy(),
    listen(onBytes, onClose) {
      stream.on('data', onBytes);
      stream.on('end', onClose);
      stream.on('close', onClose);
      // A reset is one of the ways to be closed.
      stream.on('error', onClose);
    },
  };
}

/** Each write is one binary frame. */
export function webSocketTransport(socket: WebSocket): Transport {
  return {
    write: (bytes) => socket.send(bytes),
    end: () => socket.close(),
    cut: () => socket.terminate(),
    listen(onBytes, onClose) {
      socket.on('message', (data, isBinary) => {
        // A text frame from a broker is not MQTT [MQTT-6.0.0-1]: an impossible packet makes the test fail.
        onBytes(isBinary ? (data as Buffer) : Uint8Array.of(0x00, 0x00));
      });
      socket.on('close', onClose);
      socket.on('error', onClose);
    },
  };
}

function isName(host: string): boolean {
  return /[a-z]/i.test(host) && !host.includes(':');
}

function openStream(url: URL, stream: Duplex, ready: string, timeoutMs: number): Promise<Transport> {
  return new Promise((resolve, reject) => {
    const fail = (cause: Error) => {
      clearTimeout(timeout);
      stream.destroy();
      reject(unreachable(url, cause));
    };
    const timeout = setTimeout(() => fail(new Error(`no connection within ${timeoutMs} ms`)), timeoutMs);
    stream.once('error', fail);
    stream.once(ready, () => {
      clearTimeout(timeout);
      stream.off('error', fail);
      resolve(socketTransport(stream));
    });
  });
}

function unreachable(url: URL, cause: Error): Error {
  return new Error(`cannot connect to ${url.protocol}//${url.host}: ${cause.message}`, { cause });
}
