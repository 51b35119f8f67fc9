/** A Node stream as a Transport: sockets of TCP, TLS and Unix domain, and any other Duplex. */
import type { Duplex } from 'node:stream';
import type { PeerCertificate } from 'node:tls';
import type { Transport, TransportKind, TransportReceiver } from '../transport.js';

/** Time that a peer has to take what was queued before end(), and to close its own side. */
const lingerMs = 2_000;

/** What the listener knows of the stream. */
export interface StreamTransportOptions {
  readonly kind: TransportKind;
  readonly highWaterMarkBytes: number;
  readonly remoteAddress?: string | undefined;
  readonly peerCertificate?: PeerCertificate | undefined;
}

/** Reads from and writes to one Duplex. */
export class StreamTransport implements Transport {
  readonly kind: TransportKind;
  readonly remoteAddress: string | undefined;
  readonly peerCertificate: PeerCertificate | undefined;
  readonly #stream: Duplex;
  readonly #highWaterMarkBytes: number;
  #receiver: TransportReceiver | undefined;
  #error: Error | undefined;
  #ending = false;
  #drainOwed = false;

  constructor(stream: Duplex, options: StreamTransportOptions) {
    this.kind = options.kind;
    this.remoteAddress = options.remoteAddress;
    this.peerCertificate = options.peerCertificate;
    this.#stream = stream;
    // Below its own mark a stream never says 'drain'.
    this.#highWaterMarkBytes = Math.max(options.highWaterMarkBytes, stream.writableHighWaterMark);
    // A socket may break between accept and start().
    stream.on('error', (error) => {
      this.#error = error;
    });
  }

  get bufferedBytes(): number {
    return this.#stream.writableLength;
  }

  start(receiver: TransportReceiver): void {
    this.#receiver = receiver;
    const stream = this.#stream;
    if (stream.destroyed) {
      queueMicrotask(() => this.#closed());
      return;
    }
    stream.on('close', () => this.#closed());
    // MQTT knows no half-closed connections; what is queued for this peer still leaves, if it takes it.
    stream.on('end', () => this.end());
    stream.on('drain', () => {
      if (!this.#drainOwed) return;
      this.#drainOwed = false;
      if (!this.#ending) receiver.onDrain();
    });
    stream.on('data', (chunk: Uint8Array) => {
      if (!this.#ending) receiver.onBytes(chunk);
    });
  }

  admit(): void {
    // A stream assembles nothing, so it holds nothing back from strangers.
  }

  write(bytes: Uint8Array): boolean {
    if (this.#ending) return true;
    this.#stream.write(bytes);
    if (this.#stream.writableLength <= this.#highWaterMarkBytes) return true;
    this.#drainOwed = true;
    return false;
  }

  cork(): void {
    this.#stream.cork();
  }

  uncork(): void {
    this.#stream.uncork();
  }

  pause(): void {
    if (!this.#ending) this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  end(): void {
    if (this.#ending) return;
    this.#ending = true;
    this.#stream.end();
    // Closing a socket with unread input resets it, and the peer may lose the bytes that were just sent.
    this.#stream.resume();
    const linger = setTimeout(() => this.#stream.destroy(), lingerMs);
    linger.unref();
    this.#stream.once('close', () => clearTimeout(linger));
  }

  destroy(): void {
    this.#ending = true;
    this.#stream.destroy();
  }

  #closed(): void {
    const receiver = this.#receiver;
    this.#receiver = undefined;
    this.#ending = true;
    receiver?.onClose(this.#error);
  }
}
