/** The server's end of one connection of a client: writes any bytes, and holds what the client writes to the rules. */
import type { Duplex } from 'node:stream';
import { type Packet, PacketReader, type ProtocolVersion } from '@petrel/protocol';
import { stackOf } from '../process-faults.js';

/** One connection, seen from the server. */
export class ServerSide {
  isClosed = false;
  /** What the client wrote that it must not. */
  problem: string | undefined;
  pings = 0;
  /** Told each packet; default: keeps silent. */
  onPacket: (packet: Packet) => void = () => {};
  readonly received: Packet[] = [];
  readonly #stream: Duplex;
  readonly #reader = new PacketReader({ sender: 'client' });
  #hasSaidGoodbye = false;

  constructor(stream: Duplex) {
    this.#stream = stream;
    stream.on('data', (chunk: Uint8Array) => this.#read(chunk));
    for (const event of ['end', 'close', 'error']) {
      stream.on(event, () => {
        this.isClosed = true;
      });
    }
  }

  /** What the CONNECT said. */
  get version(): ProtocolVersion | undefined {
    return this.#reader.protocolVersion;
  }

  send(bytes: Uint8Array): void {
    if (!this.isClosed && this.#stream.writable) this.#stream.write(bytes);
  }

  end(): void {
    this.#stream.end();
  }

  cut(): void {
    this.#stream.destroy();
    this.isClosed = true;
  }

  hold(): void {
    this.#stream.pause();
  }

  take(): void {
    this.#stream.resume();
  }

  #read(chunk: Uint8Array): void {
    if (this.problem !== undefined) return;
    try {
      this.#reader.push(chunk);
      for (let packet = this.#reader.next(); packet !== undefined; packet = this.#reader.next()) {
        this.#onPacket(packet);
      }
    } catch (error) {
      this.problem = `the client sent what it must not: ${stackOf(error)}`;
    }
  }

  #onPacket(packet: Packet): void {
    if (this.#hasSaidGoodbye) throw new Error(`${packet.type} behind DISCONNECT [MQTT-3.14.4-1]`);
    if (packet.type === 'connect' && this.received.length > 0)
      throw new Error('a second CONNECT [MQTT-3.1.0-2]');
    if (packet.type === 'pingreq') this.pings++;
    if (packet.type === 'disconnect') this.#hasSaidGoodbye = true;
    this.received.push(packet);
    this.onPacket(packet);
  }
}
