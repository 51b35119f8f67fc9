/** One connection between a client and the broker, over two faulty pipes, with an eye on every packet at all four ends. */
import type { Duplex } from 'node:stream';
import { encodePacket, type Packet, PacketReader, type ProtocolVersion } from '@petrel/protocol';
import { type Clock, FaultyPipe } from '@petrel/testing';
import type { History, LinkNumber, PacketEvent } from './history.js';
import type { ConnectionFaults, DirectionFaults } from './step.js';
import type { Tamper } from './tamper.js';

/** The client's side of a link. */
export interface LinkUser {
  onBytes(bytes: Uint8Array): void;
  /** Told once, also after close(). */
  onClose(): void;
}

/** Where a link belongs. */
export interface LinkContext {
  readonly clock: Clock;
  readonly history: History;
  readonly tamper: Tamper;
}

/** A connection, from open to gone. */
export class Link {
  readonly number: LinkNumber;
  readonly client: string;
  readonly #context: LinkContext;
  readonly #stream: Duplex;
  readonly #user: LinkUser;
  readonly #toServer: FaultyPipe;
  readonly #toClient: FaultyPipe;
  readonly #readers: Record<Exclude<PacketEvent['kind'], 'receive'>, PacketReader>;
  readonly #protocolVersion: ProtocolVersion;
  #isOver = false;
  #isGone = false;
  #isCut = false;
  /** Writes that the broker has not taken yet. */
  #untaken = 0;

  /** `stream` is what broker.connect() gives. */
  constructor(
    number: LinkNumber,
    client: string,
    protocolVersion: ProtocolVersion,
    stream: Duplex,
    user: LinkUser,
    faults: ConnectionFaults,
    context: LinkContext,
  ) {
    this.number = number;
    this.client = client;
    this.#context = context;
    this.#stream = stream;
    this.#user = user;
    this.#protocolVersion = protocolVersion;
    this.#readers = {
      send: new PacketReader({ sender: 'client' }),
      arrive: new PacketReader({ sender: 'client' }),
      leave: new PacketReader({ sender: 'server', protocolVersion }),
    };
    const { clock } = context;
    this.#toServer = new FaultyPipe(clock, pipeFaults(faults.toServer), {
      deliver: (chunk) => this.#giveToBroker(chunk),
      end: () => stream.end(),
      cut: () => this.cut(),
    });
    this.#toClient = new FaultyPipe(clock, pipeFaults(faults.toClient), {
      deliver: (chunk) => this.#giveToClient(chunk),
      end: () => this.#over(),
      cut: () => this.cut(),
    });
    stream.on('data', (chunk: Uint8Array) => this.#fromBroker(chunk));
    stream.on('end', () => this.#closedByBroker());
    stream.on('close', () => this.#closedByBroker());
    stream.on('error', (error) =>
      context.history.add({ kind: 'fault', at: context.history.now, who: 'the link', error }),
    );
  }

  /** The client sends. */
  write(bytes: Uint8Array): void {
    if (this.#isOver) return;
    this.#record('send', bytes);
    this.#toServer.write(bytes);
  }

  /** The client tells what it has received, at the moment it acts on it: it may leave in the middle of a chunk. */
  received(packet: Packet): void {
    this.#add('receive', packet, 0);
  }

  /** The client closes, after what it has sent. */
  close(): void {
    this.#toServer.end();
    this.#over();
  }

  /** The client forgets the connection without a word. */
  abandon(): void {
    this.#isOver = true;
  }

  /** The connection breaks, and both ends are told. */
  cut(): void {
    this.#isCut = true;
    this.#toServer.close();
    this.#toClient.close();
    // What was given to a socket before still arrives, and only then the end.
    if (this.#untaken === 0) this.#gone('network');
    this.#stream.destroy();
    this.#over();
  }

  /** The connection breaks after so many more bytes. */
  cutAfter(to: 'server' | 'client', bytes: number): void {
    (to === 'server' ? this.#toServer : this.#toClient).cutAfter(bytes);
  }

  /** Nothing passes any more. */
  stall(): void {
    this.#toServer.stall();
    this.#toClient.stall();
  }

  #giveToBroker(chunk: Uint8Array): boolean {
    const { arriving } = this.#context.tamper;
    if (arriving === undefined) {
      this.#write(chunk, () => this.#record('arrive', chunk));
      return true;
    }
    for (const { packet, bytes } of this.#read('arrive', chunk)) {
      const instead = arriving(packet, this.client).map((one) => encodePacket(one, this.#protocolVersion));
      this.#write(Buffer.concat(instead), () => this.#add('arrive', packet, bytes));
    }
    return true;
  }

  /** Records what the broker gets when it has taken it: only then is the order of events the broker's. */
  #write(chunk: Uint8Array, record: () => void): void {
    this.#untaken++;
    this.#stream.write(chunk, (error) => {
      this.#untaken--;
      if (!error && !this.#isGone) record();
      if (this.#isCut && this.#untaken === 0) this.#gone('network');
    });
  }

  #fromBroker(chunk: Uint8Array): void {
    const { leaving } = this.#context.tamper;
    if (leaving === undefined) {
      this.#record('leave', chunk);
      this.#toClient.write(chunk);
      return;
    }
    for (const { packet } of this.#read('leave', chunk)) {
      for (const one of leaving(packet, this.client)) {
        const bytes = encodePacket(one, this.#protocolVersion);
        this.#add('leave', one, bytes.length);
        this.#toClient.write(bytes);
      }
    }
  }

  #giveToClient(chunk: Uint8Array): boolean {
    if (this.#isOver) return true;
    this.#user.onBytes(chunk);
    return true;
  }

  #closedByBroker(): void {
    if (this.#isCut) return;
    this.#gone('broker');
    this.#toServer.close();
    this.#toClient.end();
  }

  #gone(by: 'network' | 'broker'): void {
    if (this.#isGone) return;
    this.#isGone = true;
    const { history } = this.#context;
    history.add({ kind: 'gone', at: history.now, link: this.number, client: this.client, by });
  }

  #over(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#user.onClose();
  }

  #record(kind: Exclude<PacketEvent['kind'], 'receive'>, chunk: Uint8Array): void {
    for (const { packet, bytes } of this.#read(kind, chunk)) this.#add(kind, packet, bytes);
  }

  #add(kind: PacketEvent['kind'], packet: Packet, bytes: number): void {
    const { history } = this.#context;
    history.add({ kind, at: history.now, link: this.number, client: this.client, packet, bytes });
  }

  #read(
    kind: Exclude<PacketEvent['kind'], 'receive'>,
    chunk: Uint8Array,
  ): { packet: Packet; bytes: number }[] {
    const reader = this.#readers[kind];
    const packets: { packet: Packet; bytes: number }[] = [];
    reader.push(chunk);
    while (reader.nextFrame()) {
      packets.push({ packet: reader.decodeFrame(), bytes: reader.frameEnd - reader.frameStart });
    }
    return packets;
  }
}

function pipeFaults({ delayMs, chunkSizes }: DirectionFaults) {
  return { delayMs, chunkSizes: chunkSizes.length === 0 ? undefined : chunkSizes };
}
