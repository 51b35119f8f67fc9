/**
 * Finds packets in a stream of chunks and has them decoded. Owns the bytes that are waiting for the rest of their packet and nothing else;
 * an idle reader holds no buffer.
 */
import { ByteReader } from './byte-reader.js';
import { type BodyDecoder, decodePacketWith } from './decode-server-packet.js';
import { ProtocolError } from './errors.js';
import { largestPacketSize, longestFixedHeader, packetSize } from './fixed-header.js';
import type { Packet } from './packet.js';
import { plainTopicNames, type TopicNameDecoder } from './packets/publish.js';
import type { ProtocolVersion, Sender } from './protocol-version.js';

/** What a reader needs to know. */
export interface PacketReaderOptions {
  /** The end of the connection that writes the bytes. */
  readonly sender: Sender;
  /** Known on the client's side; a server learns it from CONNECT. */
  readonly protocolVersion?: ProtocolVersion | undefined;
  /** Bytes, fixed header included; default: the largest that MQTT can express. */
  readonly maximumPacketSize?: number | undefined;
  /** Default: decode and validate each time. */
  readonly topicNames?: TopicNameDecoder | undefined;
}

const nothing = new Uint8Array(0);
const connectCode = 1;

// Decoding a packet is one call that nothing interrupts, so one cursor is enough for all readers.
const cursor = new ByteReader(nothing);

/**
 * The incremental reader of one connection, with the decoder of what its other end may send.
 *
 * `push` chunks as they come, then call `next` until it answers undefined. No chunk is copied unless a packet spans chunks, and then only that
 * packet; a chunk is not kept for the few bytes at its end. Payloads and binary properties are views into the chunk: copy what outlives it.
 * After an error the stream is beyond repair.
 */
export class FrameReader {
  protocolVersion: ProtocolVersion | undefined;
  maximumPacketSize: number;

  /** The bytes that hold the frame found last. */
  bytes: Uint8Array = nothing;
  /** Offset of the first byte of that frame. */
  frameStart = 0;
  /** Offset behind its fixed header. */
  bodyStart = 0;
  /** Offset behind its last byte. */
  frameEnd = 0;

  readonly #decodeBody: BodyDecoder;
  readonly #sender: Sender;
  readonly #topicNames: TopicNameDecoder;
  /** Bytes of `bytes` that hold data; behind it a buffer of our own may have room. */
  #dataEnd = 0;
  /** Chunks not looked at yet, oldest first. */
  #chunks: Uint8Array[] = [];

  constructor(decodeBody: BodyDecoder, options: PacketReaderOptions) {
    this.#decodeBody = decodeBody;
    this.#sender = options.sender;
    this.protocolVersion = options.protocolVersion;
    this.maximumPacketSize = options.maximumPacketSize ?? largestPacketSize;
    this.#topicNames = options.topicNames ?? plainTopicNames;
  }

  /** The first byte of the frame found last: packet type and flags. */
  get firstByte(): number {
    return this.bytes[this.frameStart] as number;
  }

  /** Bytes received that belong to no returned packet yet. */
  get bufferedBytes(): number {
    let size = this.#dataEnd - this.frameEnd;
    for (const chunk of this.#chunks) size += chunk.length;
    return size;
  }

  /** Takes the next bytes of the stream; the caller must not write into them afterwards. */
  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    // One kind of array for every payload, whatever kind (a Node Buffer, say) the transport hands in.
    const plain = chunk.constructor === Uint8Array;
    this.#chunks.push(plain ? chunk : new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length));
  }

  /**
   * Decodes the next packet; undefined while its bytes have not all come.
   *
   * Throws MalformedPacketError, ProtocolError, TopicError, UnsupportedProtocolVersionError or, from the fixed header alone,
   * PacketTooLargeError.
   */
  next(): Packet | undefined {
    return this.nextFrame() ? this.decodeFrame() : undefined;
  }

  /** Finds the next frame without decoding it; false while its bytes have not all come. Throws what the fixed header can be blamed for. */
  nextFrame(): boolean {
    let start = this.frameEnd;
    for (;;) {
      if (this.protocolVersion === undefined && start < this.#dataEnd) this.#assertConnect(start);
      const size = packetSize(this.bytes, start, this.#dataEnd, this.maximumPacketSize);
      if (size > 0 && start + size <= this.#dataEnd) {
        this.frameStart = start;
        this.frameEnd = start + size;
        this.bodyStart = bodyOffset(this.bytes, start);
        return true;
      }
      const chunk = this.#chunks.shift();
      if (chunk === undefined) {
        if (start === this.#dataEnd) this.#adopt(nothing);
        else if (start > 0) this.#adopt(this.bytes.slice(start, this.#dataEnd));
        return false;
      }
      if (start === this.#dataEnd) this.#adopt(chunk);
      else this.#complete(chunk, size);
      start = this.frameEnd;
    }
  }

  /** Decodes the frame that `nextFrame` found. */
  decodeFrame(): Packet {
    cursor.bytes = this.bytes;
    cursor.position = this.bodyStart;
    cursor.end = this.frameEnd;
    // Until CONNECT has told the version, its own flags are held to the strictest rule.
    const version = this.protocolVersion ?? 5;
    const packet = decodePacketWith(
      this.#decodeBody,
      cursor,
      this.firstByte,
      version,
      this.#sender,
      this.#topicNames,
    );
    // The chunk is not kept alive by what has been read of it.
    cursor.bytes = nothing;
    if (packet.type === 'connect') this.protocolVersion ??= packet.protocolVersion;
    return packet;
  }

  /** Known from the first byte: nothing is kept for a stranger who does not even say CONNECT. */
  #assertConnect(start: number): void {
    if ((this.bytes[start] as number) >> 4 === connectCode) return;
    throw new ProtocolError('first packet of the connection is not CONNECT [MQTT-3.1.0-1]');
  }

  #adopt(chunk: Uint8Array): void {
    this.bytes = chunk;
    this.frameStart = 0;
    this.frameEnd = 0;
    this.#dataEnd = chunk.length;
  }

  /** Moves bytes of a chunk behind those that wait, only as many as the packet in question can use. */
  #complete(chunk: Uint8Array, size: number): void {
    const waiting = this.#dataEnd - this.frameEnd;
    const wanted = (size === 0 ? longestFixedHeader : size) - waiting;
    const taken = chunk.length <= wanted ? chunk : chunk.subarray(0, wanted);
    const needed = waiting + taken.length;
    // Room grows with what has really come, never with what a length field claims.
    const capacity = Math.max(needed, Math.min(size, 2 * needed));
    if (this.#ownsRoomFor(taken.length)) {
      this.bytes.set(taken, this.#dataEnd);
      this.#dataEnd += taken.length;
    } else {
      const grown = new Uint8Array(capacity);
      grown.set(this.bytes.subarray(this.frameEnd, this.#dataEnd));
      grown.set(taken, waiting);
      this.#adopt(grown);
      this.#dataEnd = needed;
    }
    if (taken !== chunk) this.#chunks.unshift(chunk.subarray(taken.length));
  }

  /** Only a buffer of our own has room behind its data; a chunk is full by definition. */
  #ownsRoomFor(size: number): boolean {
    return this.bytes.length - this.#dataEnd >= size;
  }
}

function bodyOffset(bytes: Uint8Array, start: number): number {
  let offset = start + 1;
  while ((bytes[offset] as number) >= 0x80) offset++;
  return offset + 1;
}
