/** Messages that wait to be sent: first in, first out, bounded in messages and bytes. */
import type { OutboundMessage } from './outbound-message.js';
import type { QueueBounds } from './resolve-options.js';

interface Place {
  readonly message: OutboundMessage;
  readonly size: number;
}

// Places before the head are given back in batches: shifting an array one by one is quadratic.
const batch = 1024;

/** A FIFO with bounds; says who has to go, leaves it to the caller to tell them. */
export class MessageQueue {
  readonly #bounds: QueueBounds;
  /** Undefined where a message was taken out of the middle. */
  #places: (Place | undefined)[] = [];
  #head = 0;
  #length = 0;
  #bytes = 0;

  constructor(bounds: QueueBounds) {
    this.#bounds = bounds;
  }

  get length(): number {
    return this.#length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The next to be sent. */
  peek(): OutboundMessage | undefined {
    while (this.#head < this.#places.length) {
      const place = this.#places[this.#head];
      if (place !== undefined) return place.message;
      this.#head++;
    }
    return undefined;
  }

  /** Takes the next one out. */
  shift(): OutboundMessage | undefined {
    const message = this.peek();
    if (message === undefined) return undefined;
    this.#vacate(this.#head++);
    if (this.#length === 0) this.clear();
    else if (this.#head >= batch && this.#head * 2 > this.#places.length) {
      this.#places = this.#places.slice(this.#head);
      this.#head = 0;
    }
    return message;
  }

  /** Appends a message. Returns those that lost their place to the bounds; the message itself when it found none. */
  push(message: OutboundMessage): readonly OutboundMessage[] {
    const { size } = message;
    const { maximumMessages, maximumBytes, overflow } = this.#bounds;
    const displaced: OutboundMessage[] = [];
    if (overflow === 'drop-oldest' && maximumMessages > 0 && size <= maximumBytes) {
      while (!this.#hasRoomFor(size)) displaced.push(this.shift() as OutboundMessage);
    } else if (!this.#hasRoomFor(size)) {
      return [message];
    }
    this.#places.push({ message, size });
    this.#length++;
    this.#bytes += size;
    return displaced;
  }

  /** Puts messages before all others whatever the bounds say: they had their place before. */
  unshift(messages: readonly OutboundMessage[]): void {
    const places = messages.map((message) => ({ message, size: message.size }));
    this.#places = [...places, ...this.#places.slice(this.#head)];
    this.#head = 0;
    this.#length += places.length;
    for (const { size } of places) this.#bytes += size;
  }

  /** Takes a message out of the middle; false when it is not here. */
  remove(message: OutboundMessage): boolean {
    const index = this.#places.findIndex((place) => place?.message === message);
    if (index === -1) return false;
    this.#vacate(index);
    return true;
  }

  /** All that wait, in order. */
  messages(): OutboundMessage[] {
    return this.#places.flatMap((place) => place?.message ?? []);
  }

  /** Takes everything out, in order. */
  clear(): OutboundMessage[] {
    const messages = this.messages();
    this.#places = [];
    this.#head = 0;
    this.#length = 0;
    this.#bytes = 0;
    return messages;
  }

  #vacate(index: number): void {
    const place = this.#places[index] as Place;
    this.#places[index] = undefined;
    this.#length--;
    this.#bytes -= place.size;
  }

  #hasRoomFor(size: number): boolean {
    return this.#length < this.#bounds.maximumMessages && this.#bytes + size <= this.#bounds.maximumBytes;
  }
}
