/**
 * The byte stream to a server, as the connection sees every kind of it.
 * Knows nothing of packets; imports nothing of a platform, so that browsers can load it.
 */
import type { ProtocolVersion } from '@petrel/protocol';

/** Called by a transport, never from inside one of the transport's own methods. */
export interface TransportReceiver {
  /** Writing may begin. */
  onOpen(): void;
  /** The bytes belong to the receiver from now on; views into them may be kept. */
  onBytes(chunk: Uint8Array): void;
  /** What was written is on its way; follows every write() that returned false. */
  onDrain(): void;
  /** Called once and last; `cause` when the stream broke, or never opened, instead of ending. */
  onClose(cause?: Error): void;
}

/** One byte stream, ordered and lossless both ways [MQTT-4.2.0-1]. */
export interface Transport {
  /** Queues bytes, which must not be changed afterwards. False: above the high-water mark, onDrain follows. */
  write(bytes: Uint8Array): boolean;
  /** Sends what is queued and closes. */
  end(): void;
  /** Closes now; what is queued is lost. */
  destroy(): void;
}

/** Begins to open one byte stream; failure is reported by onClose. */
export type OpenTransport = (receiver: TransportReceiver, protocolVersion: ProtocolVersion) => Transport;

/** What transports of one URL scheme need besides the URL. */
export interface TransportOptions {
  readonly tls: TlsOptions;
  readonly webSocket: WebSocketOptions;
}

/** Checks the URL, opens nothing; throws UsageError when the URL cannot work. */
export type TransportFactory = (url: URL, options: TransportOptions) => OpenTransport;

/** What differs between Node and browsers; each entry of the package injects its own. */
export interface Platform {
  /** By URL scheme without the colon. */
  readonly transports: Readonly<Record<string, TransportFactory>>;
  /** Runs once the current turn has done its work; what was written until then leaves in one write. */
  readonly defer: (run: () => void) => void;
}

/** TLS of `mqtts:` and `wss:` in Node, with the names of node:tls; in a browser the browser decides. */
export interface TlsOptions {
  /** Certificate authorities to trust instead of the well-known ones, PEM. */
  readonly ca?: string | Uint8Array | readonly (string | Uint8Array)[];
  /** Client certificate, PEM. */
  readonly cert?: string | Uint8Array;
  /** Private key of the client certificate, PEM. */
  readonly key?: string | Uint8Array;
  readonly passphrase?: string;
  /** Certificate and key in one, PKCS #12, instead of `cert` and `key`. */
  readonly pfx?: string | Uint8Array;
  /** Name that the server's certificate must carry. Default: the host of the URL. */
  readonly servername?: string;
  /** False accepts any certificate, so anybody can be the server: for experiments only. Default true. */
  readonly rejectUnauthorized?: boolean;
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3';
  readonly ciphers?: string;
  readonly ALPNProtocols?: readonly string[];
}

/** WebSocket handshakes of `ws:` and `wss:`. */
export interface WebSocketOptions {
  /** Extra HTTP headers; Node only, browsers have no way to send them. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A Duplex of node:stream by its shape, as the `stream` option takes it. */
export interface ByteStream {
  write(bytes: Uint8Array): boolean;
  end(): unknown;
  destroy(error?: Error): unknown;
  on(event: 'data', listener: (chunk: Uint8Array) => void): unknown;
  on(event: 'drain' | 'end' | 'close', listener: () => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
}
