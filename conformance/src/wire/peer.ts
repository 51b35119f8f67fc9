/** One end of an MQTT connection that sends what a test says and nothing else, and keeps what came until a test asks for it. */
import {
  describePacket,
  describeReasonCode,
  encodePacket,
  type Packet,
  PacketReader,
  type ProtocolVersion,
  type Sender,
} from '@petrel/protocol';
import type { Transport } from './transport.js';

/** The packet of a type. */
export type PacketOf<Type extends Packet['type']> = Extract<Packet, { type: Type }>;

/** A packet together with the bytes it came in. */
export interface Received<P extends Packet = Packet> {
  readonly packet: P;
  readonly bytes: Uint8Array;
}

/** A statement of the standard that the other end broke, or an answer that did not come. */
export class ConformanceError extends Error {
  override readonly name = 'ConformanceError';
}

/** How a peer talks. */
export interface PeerOptions {
  /** The end that this peer is not. */
  readonly otherEnd: Sender;
  readonly protocolVersion: ProtocolVersion;
  /** How long an expectation waits before it fails. */
  readonly timeoutMs: number;
  /** Told of everything that goes over the wire, a line each. */
  readonly trace?: ((line: string) => void) | undefined;
}

/** One end, by hand. */
export class Peer {
  protocolVersion: ProtocolVersion;
  readonly timeoutMs: number;
  /** The type of the packet that came last, asked for or not. */
  lastPacketType: Packet['type'] | undefined;
  readonly #otherEnd: Sender;
  readonly #transport: Transport;
  readonly #reader: PacketReader;
  readonly #inbox: Received[] = [];
  readonly #wakers = new Set<() => void>();
  readonly #trace: (line: string) => void;
  #failure: Error | undefined;
  #isClosed = false;

  constructor(transport: Transport, options: PeerOptions) {
    this.protocolVersion = options.protocolVersion;
    this.timeoutMs = options.timeoutMs;
    this.#otherEnd = options.otherEnd;
    this.#trace = options.trace ?? (() => {});
    this.#transport = transport;
    this.#reader = new PacketReader({
      sender: options.otherEnd,
      ...(options.otherEnd === 'server' && { protocolVersion: options.protocolVersion }),
    });
    transport.listen(
      (chunk) => this.#read(chunk),
      () => {
        if (!this.#isClosed) this.#trace('closed');
        this.#isClosed = true;
        this.#wake();
      },
    );
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Writes packets and hand-made bytes, all in one piece. */
  send(...parts: readonly (Packet | Uint8Array | readonly number[])[]): void {
    const chunks = parts.map((part) =>
      'type' in part ? encodePacket(part, this.protocolVersion) : Uint8Array.from(part),
    );
    for (const [index, part] of parts.entries()) {
      const known = 'type' in part ? describePacket(part) : 'made by hand';
      this.#trace(`--> ${known} ${hex(chunks[index] as Uint8Array)}`);
    }
    this.#transport.write(Buffer.concat(chunks));
  }

  /** The next packet, whatever it is. */
  async next(): Promise<Received> {
    await this.#until(() => this.#inbox.length > 0 || this.#isOver, 'a packet');
    const received = this.#inbox.shift();
    if (received === undefined) throw this.#ended('a packet');
    return received;
  }

  /** The first packet of a type, past or future, that `matches`; packets of other types stay where they are. */
  async expectFrame<Type extends Packet['type']>(
    type: Type,
    matches: (packet: PacketOf<Type>) => boolean = () => true,
  ): Promise<Received<PacketOf<Type>>> {
    const index = () =>
      this.#inbox.findIndex(({ packet }) => packet.type === type && matches(packet as PacketOf<Type>));
    await this.#until(() => index() !== -1 || this.#isOver, type.toUpperCase());
    const found = index();
    if (found === -1) throw this.#ended(type.toUpperCase());
    return this.#inbox.splice(found, 1)[0] as Received<PacketOf<Type>>;
  }

  /** `expectFrame` without the bytes. */
  async expectPacket<Type extends Packet['type']>(
    type: Type,
    matches?: (packet: PacketOf<Type>) => boolean,
  ): Promise<PacketOf<Type>> {
    return (await this.expectFrame(type, matches)).packet;
  }

  /** What came of a type and was not asked for. */
  pending<Type extends Packet['type']>(type: Type): readonly PacketOf<Type>[] {
    const packets = this.#inbox.map(({ packet }) => packet);
    return packets.filter((packet): packet is PacketOf<Type> => packet.type === type);
  }

  /**
   * The other end closes the connection; returns what came before and was not asked for. A CONNACK or DISCONNECT among it must
   * have a code of failure. `withinMs`: how long that may take; default the time of all expectations.
   */
  async expectClosed(withinMs = this.timeoutMs): Promise<readonly Packet[]> {
    await this.#until(() => this.#isClosed, 'the connection to close', withinMs);
    if (this.#failure !== undefined) throw this.#failure;
    for (const { packet } of this.#inbox) {
      if ((packet.type === 'connack' || packet.type === 'disconnect') && packet.reasonCode < 0x80) {
        const code = describeReasonCode(packet.reasonCode);
        throw new ConformanceError(
          `${packet.type.toUpperCase()} before an error closed the connection has ${code}`,
        );
      }
    }
    return this.#inbox.map(({ packet }) => packet);
  }

  /** Waits until the connection is closed, by whomever and for whatever reason. */
  waitClosed(): Promise<void> {
    return this.#until(() => this.#isClosed, 'the connection to close');
  }

  /** Says that nothing more will be sent. */
  end(): void {
    this.#transport.end();
  }

  /** Breaks the connection off without a DISCONNECT. */
  cut(): void {
    this.#transport.cut();
  }

  get #isOver(): boolean {
    return this.#isClosed || this.#failure !== undefined;
  }

  #read(chunk: Uint8Array): void {
    if (this.#failure !== undefined) return;
    try {
      this.#reader.push(chunk);
      while (this.#reader.nextFrame()) {
        const { frameStart, frameEnd } = this.#reader;
        const bytes = this.#reader.bytes.slice(frameStart, frameEnd);
        this.#trace(`<-- ${hex(bytes)}`);
        const packet = this.#reader.decodeFrame();
        this.#trace(`    ${describePacket(packet)}`);
        if (packet.type === 'connect') this.protocolVersion = packet.protocolVersion;
        this.lastPacketType = packet.type;
        this.#inbox.push({ packet, bytes });
      }
    } catch (cause) {
      this.#failure = new ConformanceError(
        `the ${this.#otherEnd} sent what is no MQTT: ${(cause as Error).message}`,
      );
    }
    this.#wake();
  }

  #wake(): void {
    for (const wake of [...this.#wakers]) wake();
  }

  async #until(condition: () => boolean, wanted: string, withinMs = this.timeoutMs): Promise<void> {
    if (condition()) return;
    let wake = () => {};
    let timeout: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve, reject) => {
      wake = () => {
        if (condition()) resolve();
      };
      this.#wakers.add(wake);
      timeout = setTimeout(
        () =>
          reject(
            new ConformanceError(`expected ${wanted} within ${withinMs} ms, got ${this.#describeInbox()}`),
          ),
        withinMs,
      );
    }).finally(() => {
      clearTimeout(timeout);
      this.#wakers.delete(wake);
    });
  }

  #ended(wanted: string): Error {
    if (this.#failure !== undefined) return this.#failure;
    return new ConformanceError(
      `expected ${wanted}, but the connection closed after ${this.#describeInbox()}`,
    );
  }

  #describeInbox(): string {
    const last = this.#inbox.slice(-3).map(({ packet }) => describePacket(packet));
    return last.length === 0 ? 'nothing' : last.join(', ');
  }
}

/** Bytes for people, as many as a line can hold. */
function hex(bytes: Uint8Array): string {
  const shown = Buffer.from(bytes.subarray(0, 64)).toString('hex');
  return bytes.length > 64 ? `${shown}… (${bytes.length} bytes)` : shown;
}
