/** A Node stream as a Transport: sockets of TCP, TLS and Unix domain, and any other Duplex. */
import type { Duplex } from 'node:stream';
import type { PeerCertificate } from 'node:tls';
import type { ClientCertificates, Transport, TransportKind, TransportReceiver } from '../transport.js';
import { watchPeer } from './watch-peer.js';

/** Time that a peer has to take what was queued before end(), and to close its own side. */
const lingerMs = 2_000;

/** Where a stream keeps its transport: listeners of its own would be the largest part of an idle connection. */
const transportKey = Symbol('transport');

type OwnedStream = Duplex & { [transportKey]?: StreamTransport };

function onError(this: OwnedStream, error: Error): void {
  this[transportKey]?.broke(error);
}

function onClose(this: OwnedStream): void {
  this[transportKey]?.closed();
}

function onEnd(this: OwnedStream): void {
  // MQTT knows no half-closed connections; what is queued for this peer still leaves, if it takes it.
  this[transportKey]?.end();
}

function onDrain(this: OwnedStream): void {
  this[transportKey]?.drained();
}

function onData(this: OwnedStream, chunk: Uint8Array): void {
  this[transportKey]?.received(chunk);
}

/** What the listener knows of the stream. */
export interface StreamTransportOptions {
  readonly kind: TransportKind;
  readonly highWaterMarkBytes: number;
  readonly remoteAddress?: string | undefined;
  readonly peerCertificate?: PeerCertificate | undefined;
  readonly certificates?: ClientCertificates | undefined;
}

/** Reads from and writes to one Duplex. */
export class StreamTransport implements Transport {
  readonly kind: TransportKind;
  readonly remoteAddress: string | undefined;
  readonly peerCertificate: PeerCertificate | undefined;
  readonly certificates: ClientCertificates | undefined;
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
    this.certificates = options.certificates;
    this.#stream = stream;
    // Below its own mark a stream never says 'drain'.
    this.#highWaterMarkBytes = Math.max(options.highWaterMarkBytes, stream.writableHighWaterMark);
    (stream as OwnedStream)[transportKey] = this;
    // A socket may break between accept and start().
    stream.on('error', onError);
  }

  get bufferedBytes(): number {
    return this.#stream.writableLength;
  }

  start(receiver: TransportReceiver): void {
    this.#receiver = receiver;
    const stream = this.#stream;
    if (stream.destroyed) {
      queueMicrotask(() => this.closed());
      return;
    }
    stream.on('close', onClose);
    stream.on('end', onEnd);
    stream.on('drain', onDrain);
    stream.on('data', onData);
  }

  /** The stream's own events. */
  received(chunk: Uint8Array): void {
    if (!this.#ending) this.#receiver?.onBytes(chunk);
  }

  drained(): void {
    if (!this.#drainOwed) return;
    this.#drainOwed = false;
    if (!this.#ending) this.#receiver?.onDrain();
  }

  broke(error: Error): void {
    this.#error = error;
  }

  closed(): void {
    const receiver = this.#receiver;
    this.#receiver = undefined;
    this.#ending = true;
    receiver?.onClose(this.#error);
  }

  admit(hasKeepAlive: boolean): void {
    // A stream assembles nothing, so it holds nothing back from strangers.
    if (!hasKeepAlive) watchPeer(this.#stream);
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
}
