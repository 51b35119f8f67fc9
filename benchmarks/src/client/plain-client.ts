/** Not a client: what Node and the bare peer reach together when a client's work is left out. The ceiling of every measurement. */
import { connect, type Socket } from 'node:net';
import { bodyOfPacket, PacketWalker, uint16At } from '../packet-ends.js';
import { AnswerBatch } from './answer-batch.js';
import type { MeasuredClient } from './measured-clients.js';

export class PlainClient implements MeasuredClient {
  readonly #socket: Socket;
  readonly #output: AnswerBatch;
  readonly #protocolVersion: 4 | 5;
  readonly #waiting: (() => void)[] = [];
  #firstWaiting = 0;
  #whenDrained: (() => void)[] = [];
  #packets: readonly Buffer[] = [];
  #identifier = 0;
  #onMessage: (payload: Uint8Array) => void = () => {};
  #flushing = false;

  static async open(port: number, protocolVersion: 4 | 5): Promise<PlainClient> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const hello = [
      0,
      4,
      0x4d,
      0x51,
      0x54,
      0x54,
      protocolVersion,
      2,
      0,
      0,
      ...(protocolVersion === 5 ? [0] : []),
      0,
      0,
    ];
    socket.write(Buffer.of(0x10, hello.length, ...hello));
    await new Promise((resolve, reject) => socket.once('data', resolve).once('error', reject));
    return new PlainClient(socket, protocolVersion);
  }

  private constructor(socket: Socket, protocolVersion: 4 | 5) {
    this.#socket = socket;
    this.#output = new AnswerBatch(socket);
    this.#protocolVersion = protocolVersion;
    const walker = new PacketWalker((bytes, start, end) => this.#onPacket(bytes, start, end));
    socket.on('data', (chunk) => {
      walker.push(chunk);
      this.#output.flush();
    });
    socket.on('drain', () => {
      const drained = this.#whenDrained;
      this.#whenDrained = [];
      for (const done of drained) done();
    });
  }

  publish(topicName: string, payload: Uint8Array, qos: 0 | 1 | 2, done: () => void): void {
    if (this.#packets.length === 0)
      this.#packets = [0, 1, 2].map((each) => this.#packet(topicName, payload, each));
    const packet = this.#packets[qos] as Buffer;
    if (qos > 0) {
      this.#identifier = (this.#identifier % 0xffff) + 1;
      packet.writeUInt16BE(this.#identifier, 4 + topicName.length);
      this.#waiting.push(done);
    }
    this.#output.add(packet);
    if (!this.#flushing) {
      this.#flushing = true;
      setImmediate(() => {
        this.#flushing = false;
        this.#output.flush();
      });
    }
    if (qos > 0) return;
    if (this.#socket.writableNeedDrain) this.#whenDrained.push(done);
    else done();
  }

  subscribe(topicFilter: string, qos: 0 | 1 | 2, onMessage: (payload: Uint8Array) => void): Promise<void> {
    this.#onMessage = onMessage;
    const properties = this.#protocolVersion === 5 ? [0] : [];
    const body = [0, 1, ...properties, 0, topicFilter.length, ...Buffer.from(topicFilter), qos];
    this.#socket.write(Buffer.of(0x82, body.length, ...body));
    return Promise.resolve();
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#socket.once('close', resolve));
    this.#socket.write(Buffer.of(0xe0, 0));
    await closed;
  }

  #packet(topicName: string, payload: Uint8Array, qos: number): Buffer {
    const identifier = qos > 0 ? [0, 0] : [];
    const properties = this.#protocolVersion === 5 ? [0] : [];
    const body = [0, topicName.length, ...Buffer.from(topicName), ...identifier, ...properties, ...payload];
    return Buffer.of(0x30 | (qos << 1), body.length, ...body);
  }

  #onPacket(bytes: Uint8Array, start: number, end: number): void {
    const firstByte = bytes[start] ?? 0;
    const body = bodyOfPacket(bytes, start);
    switch (firstByte >> 4) {
      case 3: {
        const qos = (firstByte >> 1) & 3;
        const identifier = body + 2 + uint16At(bytes, body);
        const properties = this.#protocolVersion === 5 ? 1 : 0;
        this.#onMessage(bytes.subarray(identifier + (qos > 0 ? 2 : 0) + properties, end));
        if (qos > 0) this.#output.acknowledge(qos === 1 ? 0x40 : 0x50, bytes, identifier);
        break;
      }
      case 5:
        this.#output.acknowledge(0x62, bytes, body);
        break;
      case 6:
        this.#output.acknowledge(0x70, bytes, body);
        break;
      case 4:
      case 7:
        this.#ended();
    }
  }

  /** The sink answers in order. */
  #ended(): void {
    const done = this.#waiting[this.#firstWaiting++] as () => void;
    if (this.#firstWaiting === this.#waiting.length || this.#firstWaiting > 10_000) {
      this.#waiting.splice(0, this.#firstWaiting);
      this.#firstWaiting = 0;
    }
    done();
  }
}
