/**
 * One application message on its way through the broker. Its bytes are shared by all receivers and never change.
 * Knows nothing of who receives it.
 */
import {
  ByteReader,
  ByteWriter,
  decodeProperties,
  type MessageProperties,
  noProperties,
  propertiesSize,
  type QoS,
  writeProperties,
} from '@petrel/protocol';
import { copyBytes } from './output.js';
import { forwardedProperties } from './property-scan.js';
import type { Topic } from './topic-cache.js';

/** How the bytes around the payload look: nothing, a PUBLISH of MQTT 3.x, a PUBLISH of MQTT 5 that may leave as it came. */
export type FrameForm = 0 | 3 | 5;

/** An array of at most this size may stay in memory for one small message. */
const sharedArrayBytes = 8192;

/** What decoded properties take, compared with their bytes. */
const decodedFactor = 3;

const noBytes = new Uint8Array(0);

let arena = noBytes;
let arenaEnd = 0;

/** What a message is made of; `bytes` from `payloadStart` to `end` is the payload. */
export interface MessageParts {
  readonly topic: Topic;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly bytes: Uint8Array;
  readonly payloadStart: number;
  readonly end: number;
  readonly properties: MessageProperties;
  /** Milliseconds of the clock; undefined = never expires. */
  readonly expiresAt: number | undefined;
  /** Client Identifier of the publisher; undefined when the broker itself publishes. */
  readonly publisher: string | undefined;
}

/** An application message; the payload and the properties never change, only the array that holds them may. */
export class Message {
  /** Holds the payload and, where `frameStart` is not -1, the whole PUBLISH around it. */
  bytes: Uint8Array;
  payloadStart: number;
  end: number;
  frameStart: number;
  readonly frameForm: FrameForm;
  /** The store's business. */
  storeNumber = 0;
  /** Deliveries that wait with it: the memory budget's business. */
  holders = 0;
  /** Offset of the Property Length behind `frameStart`, of properties that lie in the frame; 0 elsewhere. */
  #propertiesAt = 0;
  /** Offset of the Message Expiry Interval's value behind `frameStart`; 0 where the frame has none. */
  expiryAt = 0;
  #properties: MessageProperties | undefined;
  #encodedProperties: Uint8Array | undefined;
  #kept = false;

  constructor(
    readonly topic: Topic,
    readonly qos: QoS,
    readonly retain: boolean,
    bytes: Uint8Array,
    frameStart: number,
    payloadStart: number,
    end: number,
    frameForm: FrameForm,
    properties: MessageProperties,
    readonly expiresAt: number | undefined,
    readonly publisher: string | undefined,
  ) {
    this.bytes = bytes;
    this.frameStart = frameStart;
    this.payloadStart = payloadStart;
    this.end = end;
    this.frameForm = frameForm;
    this.#properties = properties;
  }

  /** A message that no PUBLISH of a peer carries: from the broker itself, changed by a hook, a Will, or read from a store. */
  static from({
    topic,
    qos,
    retain,
    bytes,
    payloadStart,
    end,
    properties,
    expiresAt,
    publisher,
  }: MessageParts): Message {
    return new Message(topic, qos, retain, bytes, -1, payloadStart, end, 0, properties, expiresAt, publisher);
  }

  get topicName(): string {
    return this.topic.topicName;
  }

  /** A view; copy what must outlive a change to it. */
  get payload(): Uint8Array {
    return this.bytes.subarray(this.payloadStart, this.end);
  }

  get payloadBytes(): number {
    return this.end - this.payloadStart;
  }

  /** What keeping this message costs, for the bounds of queues and stores: payload, topic, properties, and the objects around them. */
  get sizeBytes(): number {
    return this.end - this.payloadStart + this.topic.bytes.length + this.encodedProperties.length + 160;
  }

  /** What keeping it costs in memory, without a look at properties that nobody has decoded. */
  get heldBytes(): number {
    const bytes = this.end - (this.frameStart === -1 ? this.payloadStart : this.frameStart) + 160;
    if (this.#propertiesAt > 0 || this.#properties === noProperties) return bytes;
    // Decoded, they are texts of their own, and bytes of their own once they are forwarded.
    return bytes + decodedFactor * this.encodedProperties.length;
  }

  /** Says that the properties lie in the frame, at these offsets behind its start: they are decoded when somebody asks for them. */
  leaveProperties(propertiesAt: number, expiryAt: number): void {
    this.#propertiesAt = propertiesAt;
    this.expiryAt = expiryAt;
    this.#properties = undefined;
  }

  get properties(): MessageProperties {
    return (this.#properties ??= this.#decodeProperties());
  }

  /** The MQTT 5 properties as they are forwarded, without Property Length, Message Expiry Interval, Topic Alias and Subscription Identifiers. */
  get encodedProperties(): Uint8Array {
    return (this.#encodedProperties ??= this.#encodeProperties());
  }

  /** Tells whether the message must not be sent any more [MQTT-3.3.2-5]. */
  isExpired(now: number): boolean {
    return this.expiresAt !== undefined && this.expiresAt <= now;
  }

  /** Message Expiry Interval for a copy that leaves now: what is left of it, in whole seconds [MQTT-3.3.2-6]. */
  remainingExpiryInterval(now: number): number | undefined {
    return this.expiresAt === undefined ? undefined : Math.max(0, Math.ceil((this.expiresAt - now) / 1000));
  }

  /** Prepares for outliving the turn it came in: lets go of a large array that it fills only a little. */
  keep(): this {
    if (this.#kept) return this;
    this.#kept = true;
    const start = this.frameStart === -1 ? this.payloadStart : this.frameStart;
    const size = this.end - start;
    if (this.bytes.length <= sharedArrayBytes || size >= this.bytes.length >> 1) return this;
    if (size > sharedArrayBytes >> 2) {
      this.#moveTo(Buffer.allocUnsafeSlow(size), 0, start);
      return this;
    }
    if (arenaEnd + size > arena.length) {
      arena = Buffer.allocUnsafeSlow(sharedArrayBytes);
      arenaEnd = 0;
    }
    this.#moveTo(arena, arenaEnd, start);
    arenaEnd += size;
    return this;
  }

  /** Prepares for staying long, retained or queued for an absent client: holds exactly its own bytes from now on. */
  detach(): this {
    this.#kept = true;
    const start = this.frameStart === -1 ? this.payloadStart : this.frameStart;
    if (this.bytes.buffer.byteLength > this.end - start)
      this.#moveTo(new Uint8Array(this.end - start), 0, start);
    return this;
  }

  #moveTo(target: Uint8Array, at: number, start: number): void {
    copyBytes(target, at, this.bytes, start, this.end);
    const moved = at - start;
    this.bytes = target;
    if (this.frameStart !== -1) this.frameStart += moved;
    this.payloadStart += moved;
    this.end += moved;
    this.#detachProperties();
  }

  /** Views into the former array would keep it. */
  #detachProperties(): void {
    if (this.#propertiesAt > 0) {
      this.#properties = undefined;
      this.#encodedProperties = undefined;
      return;
    }
    const { correlationData } = this.properties;
    if (correlationData === undefined) return;
    this.#properties = { ...this.properties, correlationData: new Uint8Array(correlationData) };
  }

  #decodeProperties(): MessageProperties {
    const reader = new ByteReader(this.bytes, this.frameStart + this.#propertiesAt, this.payloadStart);
    return decodeProperties<MessageProperties>(reader, 'publish');
  }

  #encodeProperties(): Uint8Array {
    if (this.#propertiesAt === 0) return encodeForwarded(this.properties);
    let start = this.frameStart + this.#propertiesAt;
    while ((this.bytes[start++] as number) >= 0x80);
    const expiryAt = this.expiryAt === 0 ? 0 : this.frameStart + this.expiryAt;
    return forwardedProperties(this.bytes, start, this.payloadStart, expiryAt);
  }
}

/** Drops what belongs to one hop or is computed anew, and encodes the rest in the order the publisher's User Properties have [MQTT-3.3.2-18]. */
function encodeForwarded(properties: MessageProperties): Uint8Array {
  if (properties === noProperties) return noBytes;
  const forwarded = {
    ...properties,
    messageExpiryInterval: undefined,
    topicAlias: undefined,
    subscriptionIdentifiers: undefined,
  };
  const size = propertiesSize(forwarded, 'publish');
  if (size === 0) return noBytes;
  // writeProperties begins with Property Length, which each copy computes for itself.
  const writer = new ByteWriter(new Uint8Array(size + 4));
  writeProperties(writer, forwarded, 'publish', size);
  return writer.bytes.subarray(writer.position - size, writer.position);
}
