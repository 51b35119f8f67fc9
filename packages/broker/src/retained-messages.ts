/**
 * The retained message of every topic, within bounds, by name or by filter.
 * Knows nothing of delivery; time comes as an argument.
 */
import { BinaryHeap } from './binary-heap.js';
import { RetainedReplay } from './retained-replay.js';
import { TopicNode } from './topic-node.js';

/** What the store has to know of a message. */
export interface RetainableMessage {
  readonly topicName: string;
  /** What it counts towards `maximumBytes`: all that keeping it costs. */
  readonly sizeBytes: number;
  /** Milliseconds of the clock from which on it must not be sent; undefined = never expires. */
  readonly expiresAt?: number | undefined;
}

/** Bounds of the store. */
export interface RetainedLimits {
  readonly maximumMessages: number;
  readonly maximumBytes: number;
}

/** Why a message was not stored: the bound that it would break. */
export type RetainedRefusal = 'maximumMessages' | 'maximumBytes';

/** A stored message with its place in the order of expiry. */
export class RetainedEntry<M extends RetainableMessage> {
  heapIndex = -1;

  constructor(
    readonly message: M,
    readonly dueAt: number,
    /** Rises with every message stored. */
    readonly sequence: number,
  ) {}
}

/** Retained messages in a topic tree. */
export class RetainedMessages<M extends RetainableMessage> {
  readonly #limits: RetainedLimits;
  readonly #root = new TopicNode<RetainedEntry<M>>();
  readonly #expiring = new BinaryHeap<RetainedEntry<M>>();
  #count = 0;
  #bytes = 0;
  #sequence = 0;

  constructor(limits: RetainedLimits) {
    this.#limits = limits;
  }

  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Stores a message in place of the one of its topic [MQTT-3.3.1-5]; a refused one leaves that one as it is. */
  set(message: M, now: number): RetainedRefusal | undefined {
    this.removeExpired(now);
    const previous = this.#find(message.topicName)?.value;
    if (previous === undefined && this.#count >= this.#limits.maximumMessages) return 'maximumMessages';
    const bytes = this.#bytes + message.sizeBytes - (previous?.message.sizeBytes ?? 0);
    if (bytes > this.#limits.maximumBytes) return 'maximumBytes';
    const node = this.#ensure(message.topicName);
    if (previous === undefined) this.#count += 1;
    else this.#expiring.remove(previous);
    this.#bytes = bytes;
    const entry = new RetainedEntry(message, message.expiresAt ?? Number.POSITIVE_INFINITY, ++this.#sequence);
    if (message.expiresAt !== undefined) this.#expiring.push(entry);
    node.value = entry;
    return undefined;
  }

  /** Clears a topic [MQTT-3.3.1-6] and gives back what was stored. */
  delete(topicName: string): M | undefined {
    const path: TopicNode<RetainedEntry<M>>[] = [this.#root];
    const levels = topicName.split('/');
    for (const level of levels) {
      const child = path[path.length - 1]!.child(level);
      if (child === undefined) return undefined;
      path.push(child);
    }
    const node = path[path.length - 1]!;
    const entry = node.value;
    if (entry === undefined) return undefined;
    node.value = undefined;
    for (let depth = levels.length; depth > 0 && path[depth]!.isEmpty; depth--) {
      path[depth - 1]!.removeChild(levels[depth - 1]!);
    }
    this.#expiring.remove(entry);
    this.#count -= 1;
    this.#bytes -= entry.message.sizeBytes;
    return entry.message;
  }

  /** Tells whether a message is still the one of its topic. */
  holds(message: M): boolean {
    return this.#find(message.topicName)?.value?.message === message;
  }

  /** Starts reading all messages that a Topic Filter matches now; costs nothing until it is read from. */
  match(topicFilter: string): RetainedReplay<M> {
    return new RetainedReplay(this.#root, topicFilter, this.#sequence);
  }

  /** Deletes what has expired. */
  removeExpired(now: number): void {
    for (
      let next = this.#expiring.peek();
      next !== undefined && next.dueAt <= now;
      next = this.#expiring.peek()
    ) {
      this.delete(next.message.topicName);
    }
  }

  #find(topicName: string): TopicNode<RetainedEntry<M>> | undefined {
    let node: TopicNode<RetainedEntry<M>> | undefined = this.#root;
    for (const level of topicName.split('/')) {
      node = node.child(level);
      if (node === undefined) return undefined;
    }
    return node;
  }

  #ensure(topicName: string): TopicNode<RetainedEntry<M>> {
    let node = this.#root;
    for (const level of topicName.split('/')) node = node.ensureChild(level);
    return node;
  }
}
