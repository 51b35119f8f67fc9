/**
 * One connection: bytes in, packets out, and back. Owns its transport, the reader, the output buffer and the keep alive.
 * Knows no session: what a packet means is the owner's affair.
 */
import {
  type ClientPacket,
  type DisconnectProperties,
  encodedClientPacketSize,
  isReasonCodeOf,
  noProperties,
  type Packet,
  PacketTooLargeError,
  PetrelError,
  type ProtocolVersion,
  pingreq,
  reasonCode,
  ServerPacketReader,
  type TopicNameDecoder,
} from '@petrel/protocol';
import type { Clock } from './clock.js';
import { ConnectionError } from './errors.js';
import { KeepAlive } from './keep-alive.js';
import { OutputBuffer } from './output-buffer.js';
import type { OpenTransport, Transport, TransportReceiver } from './transport.js';

/** Who acts on what a connection receives; handshake first, session afterwards. */
export interface ConnectionOwner {
  onOpen(): void;
  onPacket(packet: Packet): void;
  /** The transport takes bytes again. */
  onDrain(): void;
  /** Called once and last, not after `end` or `destroy`. */
  onClose(cause: PetrelError): void;
}

/** What a connection needs. */
export interface ConnectionOptions {
  readonly open: OpenTransport;
  readonly protocolVersion: ProtocolVersion;
  /** Bytes; the largest packet to accept. */
  readonly maximumPacketSize: number;
  readonly topicNames: TopicNameDecoder;
  readonly clock: Clock;
  readonly defer: (run: () => void) => void;
  readonly onSend: (packet: Packet) => void;
}

// PUBLISH packets behind a commit that runs; the next ones wait in the queue, which has a bound.
const mostHeldBytes = 64 * 1024;
// How long a closing handshake may take before the transport is cut.
const lingerMs = 2_000;

export class Connection implements TransportReceiver {
  readonly protocolVersion: ProtocolVersion;
  owner: ConnectionOwner;
  /** Bytes; the largest packet that the server takes. */
  maximumSendSize = Number.POSITIVE_INFINITY;
  /** Called before bytes leave, which wait for the promise it returns: nothing is said that a store does not hold yet. */
  beforeWrite: (() => void | Promise<void>) | undefined;

  readonly #clock: Clock;
  readonly #defer: (run: () => void) => void;
  readonly #onSend: (packet: Packet) => void;
  readonly #reader: ServerPacketReader;
  readonly #output = new OutputBuffer();
  readonly #transport: Transport;
  /** `ending`: DISCONNECT is written, nothing may follow; `ended`: the transport was told. */
  #state: 'open' | 'ending' | 'ended' | 'closed' = 'open';
  #transportFull = false;
  #flushScheduled = false;
  #storing = false;
  #keepAlive: KeepAlive | undefined;
  #cancelTimer: (() => void) | undefined;
  #onEnded: (() => void) | undefined;

  constructor(options: ConnectionOptions, owner: ConnectionOwner) {
    this.protocolVersion = options.protocolVersion;
    this.owner = owner;
    this.#clock = options.clock;
    this.#defer = options.defer;
    this.#onSend = options.onSend;
    this.#reader = new ServerPacketReader({
      protocolVersion: options.protocolVersion,
      maximumPacketSize: options.maximumPacketSize,
      topicNames: options.topicNames,
    });
    this.#transport = options.open(this, options.protocolVersion);
  }

  /** False while the transport is full, or much waits for the store: PUBLISH waits, everything else may still be sent. */
  get writable(): boolean {
    if (this.#storing && this.#output.size >= mostHeldBytes) return false;
    return this.#state === 'open' && !this.#transportFull;
  }

  /** Writes a packet behind what waits; it leaves at the end of this turn. Throws PacketTooLargeError, UsageError or TopicError. */
  send(packet: ClientPacket): void {
    if (this.#state !== 'open') return; // [MQTT-3.14.4-1]
    const size = encodedClientPacketSize(packet, this.protocolVersion);
    if (size > this.maximumSendSize) {
      throw new PacketTooLargeError(
        `${packet.type.toUpperCase()} of ${size} bytes is larger than the server's Maximum Packet Size of ${this.maximumSendSize} [MQTT-3.2.2-15]`,
      );
    }
    if (!this.#output.fits(size)) this.flush();
    this.#output.append(packet, this.protocolVersion, size);
    this.#onSend(packet);
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    this.#defer(this.#flushDeferred);
  }

  readonly #flushDeferred = (): void => {
    this.#flushScheduled = false;
    this.flush();
  };

  /** Hands what waits to the transport, as one write. */
  flush(): void {
    if (this.#output.size === 0 || this.#state === 'closed' || this.#storing) return;
    const stored = this.beforeWrite?.();
    // What is sent while the store commits relies on changes that this commit does not cover.
    const pieces = this.#output.take();
    if (stored === undefined) {
      this.#write(pieces);
      return;
    }
    this.#storing = true;
    stored.then(
      () => this.#onStored(pieces),
      (cause: unknown) => this.#onStoreFailed(cause),
    );
  }

  /** What relies on the store does not leave; DISCONNECT relies on nothing. */
  #onStoreFailed(cause: unknown): void {
    this.#storing = false;
    this.beforeWrite = undefined;
    this.#output.take();
    this.fail(cause);
  }

  #onStored(pieces: readonly Uint8Array[]): void {
    this.#storing = false;
    const wasFull = this.#output.size >= mostHeldBytes;
    this.#write(pieces);
    this.flush();
    if (wasFull && this.writable) this.owner.onDrain();
  }

  #write(pieces: readonly Uint8Array[]): void {
    if (this.#state === 'closed') return;
    for (const piece of pieces) this.#transportFull = !this.#transport.write(piece);
    this.#keepAlive?.sent(this.#clock.now());
    if (this.#state === 'ending' && this.#output.size === 0) this.#endTransport();
  }

  #endTransport(): void {
    this.#state = 'ended';
    this.#transport.end(); // [MQTT-3.14.4-2]
  }

  /** Starts PINGREQ and the watch over the server's silence; 0 seconds means neither. */
  startKeepAlive(keepAliveSeconds: number, pingTimeoutMs: number): void {
    if (keepAliveSeconds === 0) return;
    this.#keepAlive = new KeepAlive(keepAliveSeconds * 1000, pingTimeoutMs, this.#clock.now());
    this.#scheduleKeepAlive(this.#keepAlive);
  }

  #scheduleKeepAlive(keepAlive: KeepAlive): void {
    this.#cancelTimer = this.#clock.schedule(keepAlive.delayMs(this.#clock.now()), () => {
      switch (keepAlive.decide(this.#clock.now())) {
        case 'silent':
          return this.fail(
            new ConnectionError(
              'PETREL_CONNECTION_SILENT',
              'the server answered no PINGREQ within pingTimeoutMs',
            ),
          );
        case 'ping':
          this.send(pingreq);
          this.flush();
          break;
        case 'wait':
          break;
      }
      this.#scheduleKeepAlive(keepAlive);
    });
  }

  onOpen(): void {
    if (this.#state === 'open') this.owner.onOpen();
  }

  onBytes(chunk: Uint8Array): void {
    if (this.#state !== 'open') return;
    this.#keepAlive?.received(this.#clock.now());
    try {
      this.#reader.push(chunk);
      for (let packet = this.#reader.next(); packet !== undefined; packet = this.#reader.next()) {
        this.owner.onPacket(packet);
        // What a packet did may have ended the connection; the rest of the chunk is nobody's then.
        if ((this.#state as string) !== 'open') return;
      }
    } catch (error) {
      this.fail(error);
    }
    this.flush();
  }

  onDrain(): void {
    this.#transportFull = false;
    if (this.#state === 'open') this.owner.onDrain();
  }

  onClose(cause?: Error): void {
    const wasOpen = this.#state === 'open';
    this.#state = 'closed';
    this.#cancelTimer?.();
    this.#onEnded?.();
    if (!wasOpen) return;
    const why = cause === undefined ? 'the connection was closed' : `the connection broke: ${cause.message}`;
    this.owner.onClose(new ConnectionError('PETREL_CONNECTION_LOST', why, { cause }));
  }

  /** Ends the connection because of an error: tells an MQTT 5 server why, as far as there is a code for it [MQTT-4.13.2-1]. */
  fail(error: unknown): void {
    if (this.#state !== 'open') return;
    const cause =
      error instanceof PetrelError
        ? error
        : new ConnectionError('PETREL_CONNECTION_LOST', `the client failed: ${String(error)}`, {
            cause: error,
          });
    const code = cause.reasonCode ?? reasonCode.unspecifiedError;
    const isOurs = !(cause instanceof ConnectionError);
    if (isOurs && this.protocolVersion === 5) {
      const isKnown = isReasonCodeOf('disconnect', code, 'client');
      this.#disconnect(isKnown ? code : reasonCode.unspecifiedError, noProperties);
    } else {
      this.destroy();
    }
    this.owner.onClose(cause);
  }

  /** Sends DISCONNECT behind what waits and closes; resolves once the transport is closed. */
  end(code: number, properties: DisconnectProperties = noProperties): Promise<void> {
    return new Promise((resolve) => {
      if (this.#state !== 'open') return resolve();
      this.#onEnded = resolve;
      this.#disconnect(code, properties);
    });
  }

  #disconnect(code: number, properties: DisconnectProperties): void {
    this.#cancelTimer?.();
    // MQTT 3.x has no DISCONNECT that keeps the Will: there the connection just ends [MQTT-3.14.4-3].
    const isSilent = this.protocolVersion !== 5 && code === reasonCode.disconnectWithWillMessage;
    if (!isSilent) this.send({ type: 'disconnect', reasonCode: code, properties });
    this.#state = 'ending';
    this.#cancelTimer = this.#clock.schedule(lingerMs, () => this.destroy());
    if (this.#output.size > 0) this.flush();
    else if (!this.#storing) this.#endTransport();
  }

  /** Closes now; nothing more is sent or received. */
  destroy(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#cancelTimer?.();
    this.#onEnded?.();
    this.#transport.destroy();
  }
}
