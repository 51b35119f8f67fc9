/**
 * The byte stream between a listener and a connection: what every kind of socket looks like to the broker.
 * Knows nothing of packets.
 */
import type { PeerCertificate } from 'node:tls';

/** What carries the bytes. */
export type TransportKind = 'tcp' | 'tls' | 'unix' | 'websocket' | 'memory';

/** Called by a transport, never from inside one of the transport's own methods. */
export interface TransportReceiver {
  /** The bytes belong to the receiver from now on; views into them may be kept. */
  onBytes(chunk: Uint8Array): void;
  /** What was written is on its way: write() may go on. Follows every write() that returned false. */
  onDrain(): void;
  /** What the peer sends is more than the broker keeps: an end with its Reason Code, onClose follows. */
  fail(error: unknown): void;
  /** Called once and last; `cause` when the stream broke instead of ending. */
  onClose(cause?: Error): void;
}

/** What a listener knows of the certificates of its clients. */
export interface ClientCertificates {
  /** Whether the lists that are in force now have revoked it. */
  hasRevoked(certificate: PeerCertificate): boolean;
}

/** One peer's byte stream, accepted by a listener and owned by one connection. */
export interface Transport {
  readonly kind: TransportKind;
  /** Address of the peer as the operating system gives it; no header of the peer can change it. */
  readonly remoteAddress: string | undefined;
  /** The client certificate, only when it was verified against the listener's certificate authorities. */
  readonly peerCertificate?: PeerCertificate | undefined;
  /** Where a certificate can be looked at again; undefined where there is none. */
  readonly certificates?: ClientCertificates | undefined;
  /** Bytes accepted by write() that have not left this process. */
  readonly bufferedBytes: number;
  /** Names the receiver and begins to read; nothing is read before. */
  start(receiver: TransportReceiver): void;
  /**
   * Lifts the limits for strangers that the transport itself holds; called once the CONNECT was accepted. A peer without Keep Alive is
   * watched by other means where there are some.
   */
  admit(hasKeepAlive: boolean): void;
  /**
   * Queues bytes. False: above the high-water mark, onDrain follows. Ignored after end(), destroy() or onClose.
   *
   * The caller leaves the bytes alone until `bufferedBytes` is 0 again, then may overwrite them; a transport that hands
   * the bytes themselves on to somebody (in memory) therefore copies them.
   */
  write(bytes: Uint8Array): boolean;
  /** Gathers the write() calls up to uncork() into one system call where the transport can. */
  cork(): void;
  uncork(): void;
  /** Stops reading until resume(). */
  pause(): void;
  resume(): void;
  /** Sends what is queued and closes; nothing more is received. A peer that does not take its bytes is cut off. */
  end(): void;
  /** Closes now; what is queued is lost. */
  destroy(): void;
}

/** Bounds that every listener gives to its transports. */
export interface TransportLimits {
  /** write() returns false above this. */
  readonly highWaterMarkBytes: number;
  /** Largest unit, a WebSocket message, that a transport may assemble for a stranger. */
  readonly maximumMessageBeforeConnectBytes: number;
  /** Largest unit that a transport may assemble for an admitted client. */
  readonly maximumMessageBytes: number;
  /** Longest time a handshake below MQTT, TLS or HTTP, may take. */
  readonly handshakeTimeoutMs: number;
  /** Connections that one listener holds, counted from the first packet of TCP. */
  readonly maximumConnections: number;
}

/** A socket with a handshake below MQTT before it, TLS or HTTP: nothing of that is done before it may begin. */
export interface Handshake {
  /** Of the transport that it is going to be. */
  readonly kind: TransportKind;
  /** As the transport has it. */
  readonly remoteAddress: string | undefined;
  begin(): void;
  destroy(): void;
}

/** Takes over a transport that a listener accepted, with the handshake that it has behind it; called before anything is read. */
export type AcceptTransport = (transport: Transport, handshake?: Handshake) => void;
