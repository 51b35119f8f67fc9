/** Messages without end, as fast as their receiver takes them: numbered in their first four bytes, so that loss and order can be checked. */
import type { Socket } from 'node:net';
import { payloadBytes, topicName } from './client-scenarios.js';

// As many as a client has to be able to have open without having said so on MQTT 3.1.1, and Petrel's default on MQTT 5.
const window = 1_000;
const messagesPerWrite = 500;
const largestIdentifier = 0xffff;

export class MessageSource {
  readonly #socket: Socket;
  readonly #qos: number;
  /** Writes' worth of packets whose numbers and identifiers are still to be filled in. */
  readonly #template: Buffer;
  readonly #packetSize: number;
  readonly #identifierOffset: number;
  #number = 0;
  #open = 0;

  constructor(socket: Socket, protocolVersion: number, qos: number) {
    this.#socket = socket;
    this.#qos = qos;
    const topic = Buffer.from(topicName);
    const remainingLength =
      2 + topic.length + (qos > 0 ? 2 : 0) + (protocolVersion === 5 ? 1 : 0) + payloadBytes;
    if (remainingLength > 127)
      throw new Error(`a Remaining Length of one byte is needed, got ${remainingLength}`);
    this.#packetSize = 2 + remainingLength;
    this.#identifierOffset = 4 + topic.length;
    const packet = Buffer.alloc(this.#packetSize);
    packet[0] = 0x30 | (qos << 1);
    packet[1] = remainingLength;
    packet.writeUInt16BE(topic.length, 2);
    topic.copy(packet, 4);
    this.#template = Buffer.concat(new Array<Buffer>(messagesPerWrite).fill(packet));
  }

  /** One message has come to the end of its QoS. */
  acknowledged(): void {
    this.#open--;
  }

  /** Sends what the socket and the window take. */
  send(): void {
    while (!this.#socket.writableNeedDrain) {
      const count = this.#qos === 0 ? messagesPerWrite : Math.min(messagesPerWrite, window - this.#open);
      if (count === 0) return;
      this.#socket.write(this.#next(count));
      if (this.#qos > 0) this.#open += count;
    }
  }

  #next(count: number): Buffer {
    const bytes = Buffer.from(this.#template.subarray(0, count * this.#packetSize));
    for (let end = this.#packetSize; end <= bytes.length; end += this.#packetSize) {
      bytes.writeUInt32BE(this.#number, end - payloadBytes);
      if (this.#qos > 0) {
        const identifier = (this.#number % largestIdentifier) + 1;
        bytes.writeUInt16BE(identifier, end - this.#packetSize + this.#identifierOffset);
      }
      this.#number = (this.#number + 1) >>> 0;
    }
    return bytes;
  }
}
