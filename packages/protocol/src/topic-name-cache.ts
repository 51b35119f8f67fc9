/** Remembers Topic Names by their bytes, so that a known topic is neither decoded nor validated again and always is the same string. */
import { UsageError } from './errors.js';
import { plainTopicNames, type TopicNameDecoder } from './packets/publish.js';

interface Entry {
  readonly hash: number;
  readonly bytes: Uint8Array;
  readonly topicName: string;
}

/** Longer names are decoded each time: hashing them costs as much. */
const longestCached = 256;

/**
 * A direct-mapped cache of Topic Names with a fixed number of places; a newcomer takes the place of whoever holds it.
 *
 * One per broker or client, shared by its connections. A peer that floods it costs other topics a decode, never memory.
 */
export class TopicNameCache implements TopicNameDecoder {
  readonly #places: (Entry | undefined)[];
  readonly #mask: number;

  /** `places` (1–2^24) is rounded up to a power of two; default 8,192 names. */
  constructor(places = 8192) {
    if (!Number.isInteger(places) || places < 1 || places > 2 ** 24) {
      throw new UsageError(`places of a topic name cache must be an integer 1–16777216, got ${places}`);
    }
    const size = 2 ** Math.ceil(Math.log2(places));
    this.#places = new Array<Entry | undefined>(size).fill(undefined);
    this.#mask = size - 1;
  }

  decode(bytes: Uint8Array, start: number, end: number): string {
    if (end - start > longestCached) return plainTopicNames.decode(bytes, start, end);
    let hash = 0x811c9dc5;
    for (let offset = start; offset < end; offset++)
      hash = Math.imul(hash ^ (bytes[offset] as number), 0x01000193);
    const place = (hash ^ (hash >>> 15)) & this.#mask;
    const entry = this.#places[place];
    if (entry !== undefined && entry.hash === hash && equals(entry.bytes, bytes, start, end))
      return entry.topicName;
    const topicName = plainTopicNames.decode(bytes, start, end);
    this.#places[place] = { hash, bytes: bytes.slice(start, end), topicName };
    return topicName;
  }
}

function equals(known: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  const size = end - start;
  if (known.length !== size) return false;
  for (let index = 0; index < size; index++) if (known[index] !== bytes[start + index]) return false;
  return true;
}
