/**
 * The retained message of every topic, within bounds, by name or by filter.
 * Where a store keeps the messages and gives them back, only names and numbers are here. Knows nothing of delivery; time comes as an argument.
 */
import { hasWildcards } from '@petrel/protocol';
import { BinaryHeap, type HeapEntry } from './binary-heap.js';
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

/** Whoever keeps the messages themselves beyond this process, and perhaps gives them back when they are asked for. */
export interface RetainedKeeper<M> {
  /** Keeps a message in place of the one with this number (0 = none); gives back the number to read it by, 0 when it has to stay here. */
  keep(message: M, replaces: number): number;
  /** The topic has none any more. */
  forget(topicName: string, number: number): void;
}

/** One topic's message; it lies here, or elsewhere under a number. */
export class RetainedEntry<M> {
  /** False once another one took its place, or none. */
  isCurrent = true;

  constructor(
    readonly message: M | undefined,
    /** Of the keeper; 0 = it has it under none. */
    readonly number: number,
    readonly sizeBytes: number,
    /** Rises with every message stored. */
    readonly sequence: number,
  ) {}

  isExpired(_now: number): boolean {
    return false;
  }
}

/** The same with an end, and its place in the order of ends. */
class ExpiringEntry<M> extends RetainedEntry<M> implements HeapEntry {
  heapIndex = -1;

  constructor(
    message: M | undefined,
    number: number,
    sizeBytes: number,
    sequence: number,
    readonly topicName: string,
    public dueAt: number,
  ) {
    super(message, number, sizeBytes, sequence);
  }

  override isExpired(now: number): boolean {
    return this.dueAt <= now;
  }
}

/** Keeps nothing: the messages live as long as this process. */
const noKeeper: RetainedKeeper<unknown> = {
  keep: () => 0,
  forget() {
    // There is nothing to forget.
  },
};

type Node<M> = TopicNode<RetainedEntry<M>>;

/** Retained messages in a topic tree. */
export class RetainedMessages<M extends RetainableMessage> {
  readonly #limits: RetainedLimits;
  readonly #keeper: RetainedKeeper<M>;
  readonly #root: Node<M> = new TopicNode();
  readonly #expiring = new BinaryHeap<ExpiringEntry<M>>();
  #count = 0;
  #bytes = 0;
  #sequence = 0;
  #levels = 0;
  #bytesHere = 0;

  constructor(limits: RetainedLimits, keeper: RetainedKeeper<M> = noKeeper) {
    this.#limits = limits;
    this.#keeper = keeper;
  }

  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The same of messages that are here and not with the keeper. */
  get bytesHere(): number {
    return this.#bytesHere;
  }

  /** Levels of all topics, shared ones counted once: each is a node of the tree. */
  get levels(): number {
    return this.#levels;
  }

  /** Stores a message in place of the one of its topic [MQTT-3.3.1-5]; a refused one leaves that one as it is. */
  set(message: M, now: number): RetainedRefusal | undefined {
    return this.#set(message, now, this.#keeper);
  }

  /** The same for a message that the keeper is not told of. */
  setHere(message: M, now: number): RetainedRefusal | undefined {
    return this.#set(message, now, noKeeper);
  }

  /** Puts back what the keeper has; bounds are for new messages. Of two for one topic, the one with the higher number stays. */
  restore(topicName: string, number: number, sizeBytes: number, expiresAt: number | undefined): void {
    const node = this.#ensure(topicName);
    const previous = node.value;
    if (previous !== undefined && previous.number > number) {
      this.#keeper.forget(topicName, number);
      return;
    }
    if (previous !== undefined) this.#keeper.forget(topicName, previous.number);
    this.#put(node, topicName, undefined, number, sizeBytes, expiresAt);
  }

  /** Clears a topic [MQTT-3.3.1-6]; false when it has no message. */
  delete(topicName: string): boolean {
    const path: Node<M>[] = [this.#root];
    const levels = topicName.split('/');
    for (const level of levels) {
      const child = path[path.length - 1]!.child(level);
      if (child === undefined) return false;
      path.push(child);
    }
    const node = path[path.length - 1]!;
    const entry = node.value;
    if (entry === undefined) return false;
    node.value = undefined;
    for (let depth = levels.length; depth > 0 && path[depth]!.isEmpty; depth--) {
      path[depth - 1]!.removeChild(levels[depth - 1]!);
      this.#levels -= 1;
    }
    this.#leave(entry);
    this.#keeper.forget(topicName, entry.number);
    return true;
  }

  /** Whether a Topic Filter without wildcards matches nothing; of others that is not known without reading. */
  hasNothingFor(topicFilter: string): boolean {
    return !hasWildcards(topicFilter) && this.#find(topicFilter)?.value === undefined;
  }

  /** Tells whether a topic has one. */
  has(topicName: string): boolean {
    return this.#find(topicName)?.value !== undefined;
  }

  /** Starts reading all messages that a Topic Filter matches now; costs nothing until it is read from. */
  match(topicFilter: string): RetainedReplay<M> {
    return new RetainedReplay<M>(this.#root, topicFilter, this.#sequence);
  }

  /** Deletes what has expired. */
  removeExpired(now: number): void {
    for (
      let next = this.#expiring.peek();
      next !== undefined && next.dueAt <= now;
      next = this.#expiring.peek()
    ) {
      this.delete(next.topicName);
    }
  }

  #set(message: M, now: number, keeper: RetainedKeeper<M>): RetainedRefusal | undefined {
    this.removeExpired(now);
    const { topicName, sizeBytes, expiresAt } = message;
    const previous = this.#find(topicName)?.value;
    if (previous === undefined && this.#count >= this.#limits.maximumMessages) return 'maximumMessages';
    const bytes = this.#bytes + sizeBytes - (previous?.sizeBytes ?? 0);
    if (bytes > this.#limits.maximumBytes) return 'maximumBytes';
    const number = keeper.keep(message, previous?.number ?? 0);
    const kept = number === 0 ? message : undefined;
    this.#put(this.#ensure(topicName), topicName, kept, number, sizeBytes, expiresAt);
    return undefined;
  }

  #put(
    node: Node<M>,
    topicName: string,
    message: M | undefined,
    number: number,
    sizeBytes: number,
    expiresAt: number | undefined,
  ): void {
    if (node.value !== undefined) this.#leave(node.value);
    const sequence = ++this.#sequence;
    if (expiresAt === undefined) {
      node.value = new RetainedEntry(message, number, sizeBytes, sequence);
    } else {
      const entry = new ExpiringEntry(message, number, sizeBytes, sequence, topicName, expiresAt);
      this.#expiring.push(entry);
      node.value = entry;
    }
    this.#count += 1;
    this.#bytes += sizeBytes;
    if (message !== undefined) this.#bytesHere += sizeBytes;
  }

  #leave(entry: RetainedEntry<M>): void {
    entry.isCurrent = false;
    if (entry instanceof ExpiringEntry) this.#expiring.remove(entry);
    this.#count -= 1;
    this.#bytes -= entry.sizeBytes;
    if (entry.message !== undefined) this.#bytesHere -= entry.sizeBytes;
  }

  #find(topicName: string): Node<M> | undefined {
    let node: Node<M> | undefined = this.#root;
    for (const level of topicName.split('/')) {
      node = node.child(level);
      if (node === undefined) return undefined;
    }
    return node;
  }

  #ensure(topicName: string): Node<M> {
    let node = this.#root;
    for (let start = 0; start <= topicName.length; ) {
      const slash = topicName.indexOf('/', start);
      const end = slash === -1 ? topicName.length : slash;
      const level = topicName.slice(start, end);
      if (node.child(level) === undefined) this.#levels += 1;
      node = node.ensureChild(level);
      start = end + 1;
    }
    return node;
  }
}
