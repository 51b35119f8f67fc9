/**
 * An MQTT peer that does what the test says and nothing else: no answers of its own, no checks before sending.
 * Speaks over any stream, as the client (against a broker) or as the server (against a client).
 */
import { connect as connectSocket } from 'node:net';
import type { Duplex } from 'node:stream';
import {
  type ConnackPacket,
  type ConnectPacket,
  describePacket,
  encodePacket,
  type Packet,
  PacketReader,
  type ProtocolVersion,
} from '@petrel/protocol';
import { withDeadline } from './deadline.js';

/** The packet of a type. */
export type PacketOf<Type extends Packet['type']> = Extract<Packet, { type: Type }>;

/** How a raw peer talks. */
export interface RawPeerOptions {
  /** Which side it plays; default 'client'. */
  readonly role?: 'client' | 'server';
  /** What it encodes and decodes with; default 5. A CONNECT that is sent or received changes it. */
  readonly protocolVersion?: ProtocolVersion;
  /** How long `receive` and `closed` wait before they fail; default 5,000. */
  readonly timeoutMs?: number;
}

/** One end of an MQTT connection, by hand. */
export class RawPeer {
  readonly stream: Duplex;
  protocolVersion: ProtocolVersion;
  readonly #role: 'client' | 'server';
  readonly #timeoutMs: number;
  readonly #reader: PacketReader;
  readonly #inbox: Packet[] = [];
  readonly #wakers = new Set<() => void>();
  #failure: Error | undefined;
  #isClosed = false;

  constructor(stream: Duplex, options: RawPeerOptions = {}) {
    this.stream = stream;
    this.protocolVersion = options.protocolVersion ?? 5;
    this.#role = options.role ?? 'client';
    this.#timeoutMs = options.timeoutMs ?? 5000;
    this.#reader = new PacketReader({
      sender: this.#role === 'client' ? 'server' : 'client',
      ...(this.#role === 'client' && { protocolVersion: this.protocolVersion }),
    });
    stream.on('data', (chunk: Uint8Array) => this.#read(chunk));
    stream.on('end', () => this.#close());
    stream.on('close', () => this.#close());
    // A reset is one of the ways to be closed; tests see it through closed().
    stream.on('error', () => this.#close());
  }

  /** A raw client on a TCP port of this machine. */
  static async connect(port: number, options?: RawPeerOptions): Promise<RawPeer> {
    const socket = connectSocket({ port, host: '127.0.0.1', noDelay: true });
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return new RawPeer(socket, options);
  }

  /** Packets that arrived and were not yet received. */
  get unread(): readonly Packet[] {
    return this.#inbox;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Writes packets or bytes, all of them in one chunk, without looking whether the protocol allows it. */
  send(...parts: readonly (Packet | Uint8Array | readonly number[])[]): void {
    const chunks = parts.map((part) => {
      if (part instanceof Uint8Array) return part;
      if (!('type' in part)) return Uint8Array.from(part);
      if (part.type === 'connect') {
        this.protocolVersion = part.protocolVersion;
        this.#reader.protocolVersion = part.protocolVersion;
      }
      return encodePacket(part, this.protocolVersion);
    });
    this.stream.write(Buffer.concat(chunks));
  }

  /**
   * The next packet. Fails when it is of another type, when the connection closes first, when the bytes are no packet,
   * or when nothing comes for `timeoutMs`.
   */
  async receive(): Promise<Packet>;
  async receive<Type extends Packet['type']>(type: Type): Promise<PacketOf<Type>>;
  async receive(type?: Packet['type']): Promise<Packet> {
    const wanted = type ?? 'a packet';
    await this.#until(
      () => this.#inbox.length > 0 || this.#isClosed || this.#failure !== undefined,
      () => `expected ${wanted}, got nothing`,
    );
    const packet = this.#inbox.shift();
    if (packet === undefined) {
      if (this.#failure !== undefined) throw this.#failure;
      throw new Error(`expected ${wanted}, but the connection closed`);
    }
    if (type !== undefined && packet.type !== type) {
      throw new Error(`expected ${type}, got ${describePacket(packet)}`);
    }
    return packet;
  }

  /** Settles when the other side closed the connection; with the packets that came before and were not received. */
  async closed(): Promise<readonly Packet[]> {
    await this.#until(
      () => this.#isClosed,
      () => `expected the connection to close; unread: ${this.#describeInbox()}`,
    );
    return this.#inbox;
  }

  /**
   * Proves that the broker has sent nothing else by now: sends PINGREQ, and the next packet must be its PINGRESP.
   * A client only, since a server cannot ping.
   */
  async expectNothing(): Promise<void> {
    if (this.#role === 'server')
      throw new Error('expectNothing() needs role "client": a server cannot send PINGREQ');
    this.send({ type: 'pingreq' });
    const packet = await this.receive();
    if (packet.type !== 'pingresp') throw new Error(`expected nothing, got ${describePacket(packet)}`);
  }

  /** Sends a CONNECT (defaults: MQTT 5 or the given version, Clean Start, no keep alive) and receives the CONNACK. */
  async connect(connect: Partial<ConnectPacket> = {}): Promise<ConnackPacket> {
    this.send({ ...connectPacket(this.protocolVersion), ...connect });
    return this.receive('connack');
  }

  /** Ends the stream the ordinary way, without a DISCONNECT. */
  end(): void {
    this.stream.end();
  }

  /** Breaks the stream off. */
  destroy(): void {
    this.stream.destroy();
  }

  #read(chunk: Uint8Array): void {
    if (this.#failure !== undefined) return;
    try {
      this.#reader.push(chunk);
      for (let packet = this.#reader.next(); packet !== undefined; packet = this.#reader.next()) {
        if (packet.type === 'connect') this.protocolVersion = packet.protocolVersion;
        this.#inbox.push(packet);
      }
    } catch (error) {
      this.#failure = error instanceof Error ? error : new Error(String(error));
    }
    this.#wake();
  }

  #close(): void {
    this.#isClosed = true;
    this.#wake();
  }

  #wake(): void {
    for (const wake of this.#wakers) wake();
  }

  #until(condition: () => boolean, describe: () => string): Promise<void> {
    let wake = () => {};
    const reached = new Promise<void>((resolve) => {
      wake = () => {
        if (condition()) resolve();
      };
      this.#wakers.add(wake);
      wake();
    });
    return withDeadline(reached, this.#timeoutMs, describe).finally(() => this.#wakers.delete(wake));
  }

  #describeInbox(): string {
    return this.#inbox.length === 0 ? 'nothing' : this.#inbox.map(describePacket).join(', ');
  }
}

let peers = 0;

/** A CONNECT with a client identifier of its own, Clean Start and keep alive 0. */
export function connectPacket(protocolVersion: ProtocolVersion = 5): ConnectPacket {
  return {
    type: 'connect',
    protocolVersion,
    clientIdentifier: `raw-peer-${++peers}`,
    cleanStart: true,
    keepAlive: 0,
    properties: {},
  };
}
