/** A client that keeps all rules and hears everything that is published. Whatever others do, it must be served, and hear only what is right. */
import type { Duplex } from 'node:stream';
import { encodePacket, type Packet, PacketReader, type ProtocolVersion } from '@petrel/protocol';
import { stackOf } from '../process-faults.js';

/** A well-behaved client of one version, subscribed to `#` and acknowledging all it gets. */
export class GoodClient {
  readonly clientIdentifier: string;
  isReady = false;
  /** What was wrong with what it got, or that it was thrown out. */
  problem: string | undefined;
  readonly #stream: Duplex;
  readonly #version: ProtocolVersion;
  readonly #reader: PacketReader;
  #token = 0;
  #heard = 0;
  #isLeaving = false;

  constructor(stream: Duplex, version: ProtocolVersion) {
    this.clientIdentifier = `good-${version}`;
    this.#stream = stream;
    this.#version = version;
    this.#reader = new PacketReader({ sender: 'server', protocolVersion: version });
    stream.on('data', (chunk: Uint8Array) => this.#read(chunk));
    for (const event of ['end', 'close', 'error']) {
      stream.on(event, () => {
        if (!this.#isLeaving) this.problem ??= `good client of version ${version} was thrown out`;
      });
    }
    this.#send({
      type: 'connect',
      protocolVersion: version,
      clientIdentifier: this.clientIdentifier,
      cleanStart: true,
      keepAlive: 0,
      properties: {},
    });
  }

  /** Sends a message to itself; `isServed` is true once it is back. */
  beginRoundTrip(): void {
    this.#token++;
    this.#send({
      type: 'publish',
      topicName: this.#topicName,
      payload: new TextEncoder().encode(String(this.#token)),
      qos: 1,
      retain: false,
      dup: false,
      packetIdentifier: 1,
      properties: {},
    });
  }

  get isServed(): boolean {
    return this.#heard === this.#token;
  }

  leave(): void {
    this.#isLeaving = true;
    this.#stream.destroy();
  }

  get #topicName(): string {
    return `good-clients/${this.#version}`;
  }

  #send(packet: Packet): void {
    this.#stream.write(encodePacket(packet, this.#version));
  }

  #read(chunk: Uint8Array): void {
    if (this.problem !== undefined) return;
    try {
      this.#reader.push(chunk);
      for (let packet = this.#reader.next(); packet !== undefined; packet = this.#reader.next()) {
        this.#answer(packet);
      }
    } catch (error) {
      this.problem = `the broker sent a good client what it must not: ${stackOf(error)}`;
    }
  }

  #answer(packet: Packet): void {
    switch (packet.type) {
      case 'connack':
        this.#send({
          type: 'subscribe',
          packetIdentifier: 1,
          subscriptions: ['#', '$private/#'].map((topicFilter) => ({
            topicFilter,
            qos: this.#version === 4 ? 1 : 2,
            noLocal: false,
            retainAsPublished: this.#version === 5,
            retainHandling: 0,
          })),
          properties: {},
        });
        return;
      case 'suback':
        this.isReady = true;
        return;
      case 'publish':
        if (packet.topicName === this.#topicName)
          this.#heard = Number(Buffer.from(packet.payload).toString());
        if (packet.qos > 0)
          this.#acknowledge(packet.qos === 1 ? 'puback' : 'pubrec', packet.packetIdentifier);
        return;
      case 'pubrel':
        this.#acknowledge('pubcomp', packet.packetIdentifier);
        return;
      case 'puback':
        if (packet.reasonCode >= 0x80)
          throw new Error(`a good message was refused with ${packet.reasonCode}`);
        return;
      default:
        throw new Error(`unexpected ${packet.type}`);
    }
  }

  #acknowledge(type: 'puback' | 'pubrec' | 'pubcomp', packetIdentifier: number): void {
    this.#send({ type, packetIdentifier, reasonCode: 0, properties: {} });
  }
}
