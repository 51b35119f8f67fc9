/**
 * The topics seen lately, by the bytes they have on the wire: a known Topic Name is neither decoded, validated nor
 * routed again. Holds what belongs to a topic; decides nothing about messages.
 */
import { assertTopicName, plainTopicNames, TopicError } from '@petrel/protocol';
import type { RoutingPlan } from './routing-plan.js';

/** Bounds of the cache: topics, and bytes of their names. */
const maximumTopics = 131_072;
const maximumBytes = 16 * 1024 * 1024;

const encoder = new TextEncoder();

/** A valid Topic Name, its bytes, and where its messages go. */
export class Topic {
  /** Filled and checked by the router. */
  plan: RoutingPlan | undefined;
  /** The next topic with the same place in the cache. */
  next: Topic | undefined;

  constructor(
    readonly topicName: string,
    readonly bytes: Uint8Array,
    readonly hash: number,
  ) {}

  hasBytes(bytes: Uint8Array, start: number, end: number): boolean {
    const own = this.bytes;
    if (own.length !== end - start) return false;
    for (let at = 0; at < own.length; at++) if (own[at] !== bytes[start + at]) return false;
    return true;
  }
}

/** Topics by their bytes. Names that break a rule throw and are never kept. */
export class TopicCache {
  readonly #maximumLevels: number;
  readonly #maximumTopicBytes: number;
  // A seed per process, so that nobody can prepare names that share a place.
  readonly #seed = Math.floor(Math.random() * 0x7fffffff);
  #buckets: (Topic | undefined)[] = new Array(1024);
  #count = 0;
  #bytes = 0;

  /** `maximumTopicBytes` is that of one name; default: what MQTT allows. */
  constructor(maximumLevels: number, maximumTopicBytes = 65_535) {
    this.#maximumLevels = maximumLevels;
    this.#maximumTopicBytes = maximumTopicBytes;
  }

  get size(): number {
    return this.#count;
  }

  /** The topic whose name stands between two offsets; throws MalformedPacketError or TopicError. */
  find(bytes: Uint8Array, start: number, end: number): Topic {
    const hash = this.#hash(bytes, start, end);
    let topic = this.#buckets[hash & (this.#buckets.length - 1)];
    while (topic !== undefined) {
      if (topic.hash === hash && topic.hasBytes(bytes, start, end)) return topic;
      topic = topic.next;
    }
    if (end - start > this.#maximumTopicBytes)
      throw new TopicError(
        `Topic Name has ${end - start} bytes, at most ${this.#maximumTopicBytes} are allowed here`,
      );
    const topicName = plainTopicNames.decode(bytes, start, end);
    this.#assertLevels(topicName);
    const own = new Uint8Array(end - start);
    own.set(bytes.subarray(start, end));
    return this.#add(new Topic(topicName, own, hash));
  }

  /** The topic of that name; throws TopicError. */
  findName(topicName: string): Topic {
    assertTopicName(topicName);
    const bytes = encoder.encode(topicName);
    return this.find(bytes, 0, bytes.length);
  }

  /** For PacketReader: decodes through the cache. */
  decode(bytes: Uint8Array, start: number, end: number): string {
    return this.find(bytes, start, end).topicName;
  }

  #add(topic: Topic): Topic {
    if (this.#count >= maximumTopics || this.#bytes + topic.bytes.length > maximumBytes) {
      this.#buckets = new Array(1024);
      this.#count = 0;
      this.#bytes = 0;
    } else if (this.#count >= this.#buckets.length) {
      this.#grow();
    }
    this.#place(topic);
    this.#count += 1;
    this.#bytes += topic.bytes.length;
    return topic;
  }

  #grow(): void {
    const former = this.#buckets;
    this.#buckets = new Array(former.length * 4);
    for (let topic of former) {
      while (topic !== undefined) {
        const next: Topic | undefined = topic.next;
        this.#place(topic);
        topic = next;
      }
    }
  }

  #place(topic: Topic): void {
    const at = topic.hash & (this.#buckets.length - 1);
    topic.next = this.#buckets[at];
    this.#buckets[at] = topic;
  }

  #assertLevels(topicName: string): void {
    let levels = 1;
    for (let at = topicName.indexOf('/'); at !== -1; at = topicName.indexOf('/', at + 1)) levels += 1;
    if (levels <= this.#maximumLevels) return;
    throw new TopicError(`Topic Name has ${levels} levels, at most ${this.#maximumLevels} are allowed here`);
  }

  /** FNV-1a, seeded. */
  #hash(bytes: Uint8Array, start: number, end: number): number {
    let hash = this.#seed;
    for (let at = start; at < end; at++) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
    return (hash ^ (hash >>> 15)) | 0;
  }
}
