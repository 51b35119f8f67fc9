/**
 * The deliveries of one session in the order of their sequence, sixteen bytes each: what a store has to know of a million of them without
 * reading one. Knows nothing of messages but their numbers.
 */
import type { StoredTerms } from './records.js';

const smallestChunk = 4;
const largestChunk = 256;
const fields = 4;
const sequenceField = 0;
const messageField = 1;
/** Upper bits of the message's number, and flags. */
const stateField = 2;
/** Packet Identifier, and place of the terms. */
const termsField = 3;

const qos2Bit = 1 << 24;
const retainBit = 1 << 25;
const releasedBit = 1 << 26;

/** One entry of an index. */
export interface IndexedDelivery {
  readonly sequence: number;
  readonly messageNumber: number;
  readonly qos: 1 | 2;
  readonly retain: boolean;
  readonly released: boolean;
  /** 0 while queued. */
  readonly packetIdentifier: number;
  readonly terms: StoredTerms;
}

/** What most deliveries have. */
export const plainTerms: StoredTerms = { subscriptionIdentifiers: [], sharedGroup: undefined };

class Chunk {
  readonly values: Uint32Array;
  used = 0;
  live = 0;

  constructor(
    /** Sequences are kept as the distance to it. */
    readonly base: number,
    readonly capacity: number,
  ) {
    this.values = new Uint32Array(capacity * fields);
  }
}

/** Grows at its end, shrinks anywhere. */
export class DeliveryIndex {
  #chunks: Chunk[] = [];
  #size = 0;
  /** Different terms of this session, with the number of deliveries that have them; the first is the plain one. */
  readonly #terms: { terms: StoredTerms; key: string; users: number }[] = [
    { terms: plainTerms, key: '', users: 1 },
  ];
  #chunk = new Chunk(0, 0);

  get size(): number {
    return this.#size;
  }

  /** Whether one of them came through a Shared Subscription. */
  get isShared(): boolean {
    return this.#terms.some(({ terms, users }) => users > 0 && terms.sharedGroup !== undefined);
  }

  /** Of the last delivery, whether it is still there or not; -1 when there is none. */
  get lastSequence(): number {
    const chunk = this.#chunks.at(-1);
    return chunk === undefined ? -1 : lastSequence(chunk);
  }

  /** Adds a delivery behind all others; false when there is one of this sequence or a later one. */
  add(delivery: IndexedDelivery): boolean {
    const { sequence, messageNumber, packetIdentifier } = delivery;
    let chunk = this.#chunks.at(-1);
    if (chunk !== undefined && sequence <= lastSequence(chunk)) return false;
    if (chunk === undefined || chunk.used === chunk.capacity || sequence - chunk.base > 0xffffffff) {
      chunk = new Chunk(sequence, Math.min(largestChunk, Math.max(smallestChunk, this.#size)));
      this.#chunks.push(chunk);
    }
    const at = chunk.used * fields;
    const state =
      (delivery.qos === 2 ? qos2Bit : 0) |
      (delivery.retain ? retainBit : 0) |
      (delivery.released ? releasedBit : 0);
    chunk.values[at + sequenceField] = sequence - chunk.base;
    chunk.values[at + messageField] = messageNumber % 0x100000000;
    chunk.values[at + stateField] = state | Math.floor(messageNumber / 0x100000000);
    chunk.values[at + termsField] = (packetIdentifier << 16) | this.#internTerms(delivery.terms);
    chunk.used += 1;
    chunk.live += 1;
    this.#size += 1;
    return true;
  }

  /** Sets what changes in the life of a delivery; undefined when there is none of this sequence. */
  change(sequence: number, packetIdentifier: number, released: boolean): boolean {
    const at = this.#find(sequence);
    if (at === -1) return false;
    const { values } = this.#chunk;
    const state = (values[at + stateField] as number) & ~releasedBit;
    values[at + stateField] = state | (released ? releasedBit : 0);
    values[at + termsField] = (packetIdentifier << 16) | ((values[at + termsField] as number) & 0xffff);
    return true;
  }

  get(sequence: number): IndexedDelivery | undefined {
    const at = this.#find(sequence);
    return at === -1 ? undefined : this.#read(this.#chunk, at);
  }

  /** Takes a delivery out and gives back the number of its message; 0 when there is none. */
  delete(sequence: number): number {
    const at = this.#find(sequence);
    if (at === -1) return 0;
    const chunk = this.#chunk;
    const number = messageNumberAt(chunk, at);
    const terms = this.#terms[(chunk.values[at + termsField] as number) & 0xffff]!;
    terms.users -= 1;
    chunk.values[at + messageField] = 0;
    chunk.values[at + stateField] = 0;
    chunk.live -= 1;
    this.#size -= 1;
    // Sequences begin anew after a restart that found none.
    if (this.#size === 0) this.#chunks = [];
    else if (chunk.live === 0) {
      if (this.#chunks[0] === chunk) this.#chunks.shift();
      else this.#chunks.splice(this.#chunks.indexOf(chunk), 1);
    }
    return number;
  }

  /** The deliveries behind a sequence, in order. */
  *after(sequence: number): Generator<IndexedDelivery> {
    let from = this.#chunkAt(sequence + 1);
    for (;;) {
      const chunk = this.#chunks[from];
      if (chunk === undefined) return;
      for (let index = 0; index < chunk.used; index++) {
        const at = index * fields;
        const found = chunk.base + (chunk.values[at + sequenceField] as number);
        if (found > sequence && messageNumberAt(chunk, at) !== 0) yield this.#read(chunk, at);
      }
      from += 1;
    }
  }

  #find(sequence: number): number {
    const chunk = this.#chunks[this.#chunkAt(sequence)];
    if (chunk === undefined || sequence < chunk.base) return -1;
    const wanted = sequence - chunk.base;
    let low = 0;
    let high = chunk.used - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const at = middle * fields;
      const found = chunk.values[at + sequenceField] as number;
      if (found === wanted) {
        this.#chunk = chunk;
        return messageNumberAt(chunk, at) === 0 ? -1 : at;
      }
      if (found < wanted) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }

  /** The first chunk that may hold this sequence or a later one. */
  #chunkAt(sequence: number): number {
    let low = 0;
    let high = this.#chunks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (lastSequence(this.#chunks[middle] as Chunk) < sequence) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #read(chunk: Chunk, at: number): IndexedDelivery {
    const state = chunk.values[at + stateField] as number;
    const last = chunk.values[at + termsField] as number;
    return {
      sequence: chunk.base + (chunk.values[at + sequenceField] as number),
      messageNumber: messageNumberAt(chunk, at),
      qos: state & qos2Bit ? 2 : 1,
      retain: (state & retainBit) !== 0,
      released: (state & releasedBit) !== 0,
      packetIdentifier: last >>> 16,
      terms: (this.#terms[last & 0xffff] as { terms: StoredTerms }).terms,
    };
  }

  #internTerms(terms: StoredTerms): number {
    const { subscriptionIdentifiers, sharedGroup } = terms;
    if (subscriptionIdentifiers.length === 0 && sharedGroup === undefined) {
      this.#terms[0]!.users += 1;
      return 0;
    }
    const key = JSON.stringify([sharedGroup, ...subscriptionIdentifiers]);
    let place = this.#terms.findIndex((known) => known.key === key && known.users > 0);
    if (place === -1) place = this.#terms.findIndex(({ users }) => users === 0);
    if (place === -1) place = this.#terms.length;
    const users = this.#terms[place]?.users ?? 0;
    this.#terms[place] = { terms: { subscriptionIdentifiers, sharedGroup }, key, users: users + 1 };
    return place;
  }
}

function lastSequence(chunk: Chunk): number {
  return chunk.base + (chunk.used === 0 ? -1 : (chunk.values[(chunk.used - 1) * fields] as number));
}

function messageNumberAt({ values }: Chunk, at: number): number {
  const upper = (values[at + stateField] as number) & 0x1fffff;
  return upper * 0x100000000 + (values[at + messageField] as number);
}
