/** One hostile connection to a broker. Sends what it is told and judges what comes back: the broker has to keep the rules towards anybody. */
import type { Duplex } from 'node:stream';
import { describePacket, InboundTopicAliases, type Packet, PacketReader } from '@petrel/protocol';
import { type Patience, until } from '../patience.js';
import { stackOf } from '../process-faults.js';
import { SentFrames } from './sent-frames.js';

const pingreqBytes = Uint8Array.of(0xc0, 0);

/** A connection that anything may be written to. */
export class HostileClient {
  isClosed = false;
  /** What the broker did wrong on this connection. */
  problem: string | undefined;
  readonly #stream: Duplex;
  readonly #patience: Patience;
  readonly #sent = new SentFrames();
  #reader: PacketReader | undefined;
  #aliases = new InboundTopicAliases(0);
  #isAccepted = false;
  #isOver = false;
  #hasLeft = false;
  #pongs = 0;

  constructor(stream: Duplex, patience: Patience) {
    this.#stream = stream;
    this.#patience = patience;
    stream.on('data', (chunk: Uint8Array) => this.#read(chunk));
    for (const event of ['end', 'close', 'error']) {
      stream.on(event, () => {
        this.isClosed = true;
      });
    }
  }

  send(bytes: Uint8Array): void {
    if (this.isClosed || this.#hasLeft) return;
    this.#sent.push(bytes);
    this.#stream.write(bytes);
  }

  end(): void {
    this.#hasLeft = true;
    this.#stream.end();
  }

  cut(): void {
    this.#hasLeft = true;
    this.#stream.destroy();
    this.isClosed = true;
  }

  hold(): void {
    this.#stream.pause();
  }

  take(): void {
    this.#stream.resume();
  }

  /** A connection that is neither closed nor answers PINGREQ is silent; says so. `onIdle` moves the broker's time. */
  async findSilence(onIdle: () => void): Promise<string | undefined> {
    this.take();
    if (!this.#hasLeft) this.#finishPacket();
    const isFine = await until(
      () => this.isClosed || this.problem !== undefined || this.#isAnswered,
      this.#patience,
      onIdle,
    );
    if (isFine) return this.problem;
    return `silence: neither closed nor answering PINGREQ (${this.#pongs} of ${this.#sent.pings} answered)`;
  }

  /** Sends what is missing of the packet that was begun, and a PINGREQ. One that is larger than any broker takes must be refused as it is. */
  #finishPacket(): void {
    for (
      let missing = this.#sent.filler;
      !this.#sent.isWhole && !this.isClosed;
      missing = this.#sent.filler
    ) {
      if (missing === undefined) return;
      if (missing.length === 0) break;
      this.send(missing);
    }
    this.send(pingreqBytes);
  }

  get #isAnswered(): boolean {
    return this.#isAccepted && !this.#hasLeft && this.#sent.isWhole && this.#pongs >= this.#sent.pings;
  }

  #read(chunk: Uint8Array): void {
    if (this.problem !== undefined) return;
    try {
      const reader = this.#readerOfAnswers();
      reader.push(chunk);
      for (let packet = reader.next(); packet !== undefined; packet = reader.next()) this.#judge(packet);
    } catch (error) {
      this.problem = `the broker sent what it must not: ${stackOf(error)}`;
    }
  }

  #readerOfAnswers(): PacketReader {
    const { connect, answerVersion } = this.#sent;
    if (this.#reader !== undefined) return this.#reader;
    if (answerVersion === undefined) throw new Error('an answer to what is no CONNECT');
    const { maximumPacketSize, topicAliasMaximum = 0 } = connect?.properties ?? {};
    this.#aliases = new InboundTopicAliases(topicAliasMaximum);
    this.#reader = new PacketReader({
      sender: 'server',
      protocolVersion: answerVersion,
      ...(maximumPacketSize !== undefined && { maximumPacketSize }), // [MQTT-3.1.2-24]
    });
    return this.#reader;
  }

  #judge(packet: Packet): void {
    if (this.#isOver) throw new Error(`${describePacket(packet)} behind the last packet [MQTT-3.14.4-1]`);
    if (!this.#isAccepted && packet.type !== 'connack' && packet.type !== 'auth') {
      throw new Error(`${describePacket(packet)} before CONNACK [MQTT-3.2.0-1]`);
    }
    switch (packet.type) {
      case 'connack':
        if (this.#isAccepted) throw new Error('a second CONNACK [MQTT-3.2.0-2]');
        this.#isAccepted = packet.reasonCode < 0x80;
        this.#isOver = !this.#isAccepted;
        return;
      case 'publish':
        this.#aliases.resolve(packet);
        return;
      case 'pingresp':
        this.#pongs++;
        return;
      case 'disconnect':
        this.#isOver = true;
        return;
      default:
    }
  }
}
