/** A WebSocket as a Transport (section 6): its binary messages are one stream of bytes [MQTT-6.0.0-2]. */

import type { Duplex } from 'node:stream';
import type { PeerCertificate } from 'node:tls';
import { ProtocolError } from '@petrel/protocol';
import type { WebSocket } from 'ws';
import type { PacketSender, UnfinishedPackets } from '../bounds/unfinished-packets.js';
import type { ClientCertificates, Transport, TransportReceiver } from '../transport.js';
import { FrameMeter } from './frame-meter.js';
import { watchPeer } from './watch-peer.js';

/** Time that a peer has to answer the closing handshake. */
const closeTimeoutMs = 2_000;

/** Close codes of RFC 6455, section 7.4.1. */
const closeCode = { normal: 1000, unsupportedData: 1003 } as const;

/** Bytes of frame headers that a stranger's first message may need on top of its payload. */
const frameHeaderAllowance = 1_024;

/** What the listener knows of the connection. */
export interface WebSocketTransportOptions {
  readonly highWaterMarkBytes: number;
  readonly maximumMessageBeforeConnectBytes: number;
  readonly remoteAddress?: string | undefined;
  readonly peerCertificate?: PeerCertificate | undefined;
  readonly certificates?: ClientCertificates | undefined;
  /** Where what is assembled for an admitted client counts. */
  readonly unfinished?: UnfinishedPackets<PacketSender> | undefined;
}

/** Reads from and writes to one WebSocket of the `ws` package. */
export class WebSocketTransport implements Transport {
  readonly kind = 'websocket';
  readonly remoteAddress: string | undefined;
  readonly peerCertificate: PeerCertificate | undefined;
  readonly certificates: ClientCertificates | undefined;
  readonly #socket: WebSocket;
  readonly #stream: Duplex;
  readonly #highWaterMarkBytes: number;
  #receiver: TransportReceiver | undefined;
  #error: Error | undefined;
  #ending = false;
  #drainOwed = false;
  #isAdmitted = false;
  /** Bytes read from the stream since the last complete message, while the peer is a stranger. */
  #unfinishedBytes = 0;
  readonly #maximumUnfinishedBytes: number;
  readonly #frames = new FrameMeter();
  readonly #unfinished: UnfinishedPackets<PacketSender> | undefined;
  /** What is assembled is given back only by an end at once. */
  readonly #assembly: PacketSender = {
    fail: (error) => {
      this.#receiver?.fail(error);
      this.destroy();
    },
  };

  /** `stream` is the socket under the WebSocket. */
  constructor(socket: WebSocket, stream: Duplex, options: WebSocketTransportOptions) {
    this.remoteAddress = options.remoteAddress;
    this.peerCertificate = options.peerCertificate;
    this.certificates = options.certificates;
    this.#socket = socket;
    this.#stream = stream;
    this.#highWaterMarkBytes = options.highWaterMarkBytes;
    this.#maximumUnfinishedBytes = options.maximumMessageBeforeConnectBytes + frameHeaderAllowance;
    socket.pause();
    socket.on('error', (error) => {
      this.#error = error;
    });
    this.#unfinished = options.unfinished;
    stream.prependListener('data', this.#countStrangersBytes);
    stream.prependListener('data', this.#followFrames);
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  start(receiver: TransportReceiver): void {
    this.#receiver = receiver;
    const socket = this.#socket;
    if (socket.readyState === socket.CLOSED) {
      queueMicrotask(() => this.#closed());
      return;
    }
    socket.on('close', () => this.#closed());
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      this.#unfinishedBytes = 0;
      if (this.#ending) return;
      if (!isBinary) return this.#refuseText();
      receiver.onBytes(data);
    });
    socket.resume();
  }

  admit(hasKeepAlive: boolean): void {
    if (!hasKeepAlive) watchPeer(this.#stream);
    this.#stream.off('data', this.#countStrangersBytes);
    this.#isAdmitted = true;
  }

  write(bytes: Uint8Array): boolean {
    if (this.#ending) return true;
    this.#socket.send(bytes, this.#written);
    if (this.#socket.bufferedAmount <= this.#highWaterMarkBytes) return true;
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
    if (!this.#ending) this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(): void {
    this.#end(closeCode.normal);
  }

  destroy(): void {
    this.#ending = true;
    this.#socket.terminate();
  }

  #end(code: number): void {
    if (this.#ending) return;
    this.#ending = true;
    // A paused socket would never see the peer's closing frame.
    this.#socket.resume();
    this.#socket.close(code);
    const timeout = setTimeout(() => this.#socket.terminate(), closeTimeoutMs);
    timeout.unref();
    this.#socket.once('close', () => clearTimeout(timeout));
  }

  #refuseText(): void {
    this.#error ??= new ProtocolError(
      'the WebSocket peer sent a text frame; MQTT goes in binary frames only [MQTT-6.0.0-1]',
    );
    this.#end(closeCode.unsupportedData);
  }

  readonly #countStrangersBytes = (chunk: Buffer): void => {
    // Looked at before the chunk is added, which may well finish the message: only what already waits counts.
    if (this.#unfinishedBytes > this.#maximumUnfinishedBytes) {
      this.#error ??= new ProtocolError(
        `the WebSocket peer sent more than ${this.#maximumUnfinishedBytes} bytes of one message before its CONNECT`,
      );
      this.destroy();
    }
    this.#unfinishedBytes += chunk.length;
  };

  /** The library keeps what has come of a message; the broker knows of it when it is complete. */
  readonly #followFrames = (chunk: Buffer): void => {
    const isNew = this.#frames.push(chunk);
    if (this.#isAdmitted) this.#unfinished?.changed(this.#assembly, this.#frames.unfinishedBytes, isNew);
  };

  readonly #written = (): void => {
    if (!this.#drainOwed || this.#socket.bufferedAmount > this.#highWaterMarkBytes / 2) return;
    this.#drainOwed = false;
    if (!this.#ending) this.#receiver?.onDrain();
  };

  #closed(): void {
    const receiver = this.#receiver;
    this.#receiver = undefined;
    this.#ending = true;
    this.#isAdmitted = false;
    this.#unfinished?.changed(this.#assembly, 0, true);
    receiver?.onClose(this.#error);
  }
}
