/**
 * The one pump for messages: everything published goes through here, in order. Owns the queue and the sender's half of QoS 1 and 2,
 * over all connections of a session. The server's limits are held here, before anything is written.
 */
import {
  type AcknowledgementProperties,
  noProperties,
  OutboundDelivery,
  type OutboundEntry,
  type PacketIdentifiers,
  ProtocolError,
  type PubackPacket,
  type PubcompPacket,
  type PubrecPacket,
  reasonCode,
} from '@petrel/protocol';
import type { Clock } from './clock.js';
import type { Connection } from './connection.js';
import { misanswered, notConnected, publishRefused, queueFull, sessionLost } from './delivery-failures.js';
import { MessageQueue } from './message-queue.js';
import {
  dropped,
  type OutboundMessage,
  type PublishResult,
  success,
  watchSignal,
} from './outbound-message.js';
import { OutboundRecords } from './outbound-records.js';
import { PublishWriter } from './publish-writer.js';
import type { ResolvedOptions } from './resolve-options.js';
import type { ServerInfo } from './server-info.js';
import type { StoredSession } from './session-store.js';

/** What an outbox needs. */
export interface OutboxOptions {
  readonly options: ResolvedOptions;
  readonly identifiers: PacketIdentifiers;
  /** A message lost its place in the queue by a drop policy. */
  readonly onDrop: (message: OutboundMessage) => void;
  /** Nothing waits and nothing is in flight any more. */
  readonly onIdle: () => void;
}

type Entry = OutboundEntry<OutboundMessage>;

/** One promise for all QoS 0 messages that are written at once: they end when they leave. */
const sent: Promise<PublishResult> = Promise.resolve(success);

export class Outbox {
  readonly #options: ResolvedOptions;
  readonly #clock: Clock;
  readonly #onDrop: OutboxOptions['onDrop'];
  readonly #onIdle: () => void;
  readonly #queue: MessageQueue;
  readonly #delivery: OutboundDelivery<OutboundMessage>;
  readonly #records = new OutboundRecords();
  #writer: PublishWriter | undefined;

  constructor({ options, identifiers, onDrop, onIdle }: OutboxOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#onDrop = onDrop;
    this.#onIdle = onIdle;
    this.#queue = new MessageQueue(options.offlineQueue);
    this.#delivery = new OutboundDelivery(65_535, identifiers);
  }

  /** Nothing waits and nothing is in flight. */
  get isIdle(): boolean {
    return this.#queue.length === 0 && this.#delivery.size === 0;
  }

  /** Messages that wait to be sent. */
  get waiting(): number {
    return this.#queue.length;
  }

  /** Messages of QoS 1 and 2 between PUBLISH and their last acknowledgement. */
  get inFlight(): number {
    return this.#delivery.size;
  }

  /** Takes a message; the promise ends with its QoS. */
  publish(message: OutboundMessage, signal?: AbortSignal): Promise<PublishResult> {
    if (signal?.aborted) return Promise.reject(signal.reason as Error);
    if (message.qos === 0) {
      const writer = this.#writer;
      if (writer === undefined && !this.#options.offlineQueue.qos0)
        return Promise.reject(notConnected(message));
      if (writer?.isWritable && this.#queue.length === 0) return writeNow(writer, message);
    }
    return new Promise((resolve, reject) => {
      message.waiter = { resolve, reject };
      if (signal !== undefined) watchSignal(message, signal, () => this.#onAbort(message));
      message.queuedAt = this.#clock.now();
      const goesNow =
        this.#writer?.isWritable && this.#queue.length === 0 && message.qos > 0 && this.#delivery.canBegin;
      if (goesNow) this.#begin(this.#writer as PublishWriter, message);
      else this.#enqueue(message);
    });
  }

  #onAbort(message: OutboundMessage): void {
    if (this.#queue.remove(message)) this.#records.remove(message);
    this.#reportIdle();
  }

  #enqueue(message: OutboundMessage): void {
    for (const loser of this.#queue.push(message)) {
      this.#records.remove(loser);
      if (this.#options.offlineQueue.overflow === 'reject') {
        loser.waiter.reject(queueFull(loser, this.#queue.length, this.#queue.bytes));
      } else {
        loser.waiter.resolve(dropped);
        this.#onDrop(loser);
      }
      if (loser === message) return;
    }
    if (message.qos > 0) this.#records.put(message, 'waiting');
  }

  /** Begins to send on a new connection; `resumed` when the server still has the session. */
  attach(connection: Connection, server: ServerInfo, resumed: boolean): void {
    this.#writer = new PublishWriter(connection, server, this.#options.automaticTopicAliases);
    if (!resumed) this.#startOver(); // [MQTT-3.2.2-5]
    this.#delivery.resume(server.receiveMaximum); // [MQTT-4.9.0-1]
    this.#pump();
  }

  /** The connection is gone; everything waits for the next. */
  detach(): void {
    this.#writer = undefined;
  }

  /** The server forgot the session: what it has taken (PUBREC) is done, the rest is sent as new, before what waits. */
  #startOver(): void {
    const again: OutboundMessage[] = [];
    for (const { message, released } of this.#delivery.clear()) {
      message.dup = false;
      if (released) {
        this.#settle(message);
      } else if (this.#options.onSessionLost === 'reject') {
        this.#reject(message, sessionLost(message));
      } else {
        this.#records.put(message, 'waiting');
        again.push(message);
      }
    }
    if (again.length > 0) this.#queue.unshift(again);
  }

  /** The transport has room again. */
  onDrain(): void {
    this.#pump();
  }

  /** Sends what may be sent: first what an earlier connection left open, then the queue, both in their order [MQTT-4.6.0-1]. */
  #pump(): void {
    const writer = this.#writer;
    if (writer === undefined) return;
    this.#resend(writer);
    while (writer.isWritable) {
      const message = this.#queue.peek();
      // Without send quota all messages wait, so that none overtakes another; other packets go on [MQTT-3.3.4-8] [MQTT-4.9.0-3].
      if (message === undefined || (message.qos > 0 && !this.#delivery.canBegin)) break;
      this.#queue.shift();
      this.#begin(writer, message);
    }
    this.#reportIdle();
  }

  #resend(writer: PublishWriter): void {
    while (writer.isWritable) {
      const entry = this.#delivery.nextResend();
      if (entry === undefined) return;
      const { message, packetIdentifier, released } = entry;
      if (released) {
        writer.release(packetIdentifier, 0);
        continue;
      }
      message.dup = true; // [MQTT-3.3.1-1]
      try {
        writer.write(message);
      } catch (error) {
        this.#delivery.drop(packetIdentifier);
        this.#reject(message, error);
      }
    }
  }

  #begin(writer: PublishWriter, message: OutboundMessage): void {
    const waitedMs = this.#clock.now() - message.queuedAt;
    try {
      writer.assertSendable(message, waitedMs);
    } catch (error) {
      this.#reject(message, error);
      return;
    }
    if (message.qos > 0) {
      message.packetIdentifier = this.#delivery.begin(message, message.qos as 1 | 2); // [MQTT-4.3.2-1] [MQTT-4.3.3-1]
      this.#records.put(message, 'sent');
    }
    writer.write(message, waitedMs);
    if (message.qos === 0) message.waiter.resolve(success);
  }

  /** Takes an answer. One of the wrong kind fails its message too: sent again, it would get the same on every connection. */
  onAcknowledgement(packet: PubackPacket | PubrecPacket | PubcompPacket): void {
    const { packetIdentifier } = packet;
    try {
      if (packet.type === 'pubrec') this.#onPubrec(packet);
      else this.#onLast(packet, this.#delivery[packet.type](packetIdentifier)); // [MQTT-4.3.2-3] [MQTT-4.3.3-5]
    } catch (error) {
      const entry = error instanceof ProtocolError ? this.#delivery.drop(packetIdentifier) : undefined;
      if (entry !== undefined) this.#reject(entry.message, misanswered(entry.message, error as Error));
      throw error;
    }
    this.#pump();
  }

  #onPubrec({ packetIdentifier, reasonCode: code, properties }: PubrecPacket): void {
    const entry = this.#delivery.get(packetIdentifier) as Entry;
    switch (this.#delivery.pubrec(packetIdentifier, code)) {
      case 'release':
        entry.message.reasonCode = code;
        this.#records.put(entry.message, 'released');
        this.#writer?.release(packetIdentifier, 0); // in the order of the PUBRECs [MQTT-4.3.3-4] [MQTT-4.6.0-4]
        break;
      case 'ended':
        this.#finish(entry, code, properties); // [MQTT-4.4.0-2]
        break;
      case 'unknown':
        this.#writer?.release(packetIdentifier, reasonCode.packetIdentifierNotFound);
    }
  }

  #onLast(
    { type, reasonCode: code, properties }: PubackPacket | PubcompPacket,
    entry: Entry | undefined,
  ): void {
    // 0x92 only says that the server had finished before us (section 3.7.2.1); what PUBREC said is the result.
    if (entry !== undefined)
      this.#finish(entry, type === 'puback' ? code : entry.message.reasonCode, properties);
  }

  #finish({ message }: Entry, code: number, properties: AcknowledgementProperties): void {
    if (code < 0x80) this.#settle(message, code, properties);
    else this.#reject(message, publishRefused(message, code, properties));
  }

  #settle(
    message: OutboundMessage,
    code = message.reasonCode,
    properties: AcknowledgementProperties = noProperties,
  ): void {
    this.#records.remove(message);
    message.waiter.resolve(
      code === 0 && properties === noProperties ? success : { reasonCode: code, properties },
    );
  }

  #reject(message: OutboundMessage, error: unknown): void {
    this.#records.remove(message);
    message.waiter.reject(error);
  }

  #reportIdle(): void {
    if (this.isIdle) this.#onIdle();
  }

  /** Takes over a store and what an earlier client left in it. */
  restore(stored: StoredSession): void {
    const waiting: OutboundMessage[] = [];
    for (const { message, packetIdentifier, released } of this.#records.open(stored)) {
      message.queuedAt = this.#clock.now();
      message.packetIdentifier = packetIdentifier || message.packetIdentifier;
      if (packetIdentifier === 0) waiting.push(message);
      else this.#delivery.restore(packetIdentifier, message.qos as 1 | 2, message, released);
    }
    // Published while the store was opening: behind what was there before.
    for (const message of this.#queue.messages()) if (message.qos > 0) this.#records.put(message, 'waiting');
    this.#queue.unshift(waiting);
  }

  /** Rejects everything that is left: the client is closed. What a store holds stays there. */
  abandon(error: Error): void {
    const left = [...this.#delivery.clear().map(({ message }) => message), ...this.#queue.clear()];
    for (const message of left) message.waiter.reject(error);
  }
}

function writeNow(writer: PublishWriter, message: OutboundMessage): Promise<PublishResult> {
  try {
    writer.assertSendable(message, 0);
    writer.write(message);
    return sent;
  } catch (error) {
    return Promise.reject(error as Error);
  }
}
