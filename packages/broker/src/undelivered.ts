/** Why messages did not reach one session, or anybody: the last few decisions, so that an operator can be answered. Costs nothing where everything is delivered. */
import type { MemoryBudget } from './bounds/memory-budget.js';
import type { Clock } from './clock.js';

/** What stood between a message and its receiver. */
export type UndeliveredReason =
  /** A rule, or the hook `deliver`, keeps it from this client. */
  | 'no rights'
  /** Its Message Expiry Interval was over [MQTT-3.3.2-5]. */
  | 'expired'
  /** It is larger than the Maximum Packet Size of the client [MQTT-3.1.2-25]. */
  | 'too large'
  /** QoS 0, and the client does not take what was sent before. */
  | 'slow'
  /** QoS 0, and the client was not connected. */
  | 'not connected'
  /** A bound of the session's queue: messages, bytes or age. */
  | 'queue full'
  /** The client published it, and its subscriptions say No Local [MQTT-3.8.3-3]. */
  | 'no local'
  /** QoS 0, and the broker had fallen behind: dropped before it looked who would get it. */
  | 'shed';

/** One decision; the same one over and over is counted. */
export interface Undelivered {
  readonly topicName: string;
  readonly reason: UndeliveredReason;
  /** How often in a row. */
  readonly count: number;
  /** Whole milliseconds since the Unix epoch, of the first of them. */
  readonly at: number;
}

interface Entry {
  topicName: string;
  reason: UndeliveredReason;
  count: number;
  at: number;
}

/** A Topic Name may have 65,535 bytes; this many characters tell it from others. */
const longestTopicName = 256;
/** Of an entry besides its Topic Name. */
const entryBytes = 96;
/** One of so many parts of what the broker may keep, for the logs of all sessions together. */
const shareOfMemory = 32;

/** A Topic Name as the logs show it: its first 256 characters. */
export function shownTopicName(topicName: string): string {
  if (topicName.length <= longestTopicName) return topicName;
  // A copy: a slice would keep all of the text that it is a part of.
  return Buffer.from(topicName.slice(0, longestTopicName)).toString();
}

/** What the logs of all sessions take. Counted towards `maximumMemoryBytes`, of which they have a 32nd part at most, besides one entry for each log. */
export class UndeliveredTotal {
  readonly #memory: MemoryBudget;
  readonly #maximumBytes: number;
  #bytes = 0;

  constructor(memory: MemoryBudget, maximumMemoryBytes: number) {
    this.#memory = memory;
    this.#maximumBytes = Math.floor(maximumMemoryBytes / shareOfMemory);
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Whether a log may have one entry more. */
  get hasRoom(): boolean {
    return this.#bytes < this.#maximumBytes && !this.#memory.isSpent;
  }

  take(bytes: number): void {
    this.#bytes += bytes;
    this.#memory.take(bytes);
  }
}

/**
 * The last decisions, the oldest overwritten first: 32 at most, of 256 characters and 96 bytes at most, so 20 KB; fewer where the total has no room, but
 * one always.
 */
export class UndeliveredLog {
  readonly #mostEntries: number;
  readonly #total: UndeliveredTotal | undefined;
  readonly #entries: Entry[] = [];
  #next = 0;

  /** Without a total it is one of a few, and counted nowhere. */
  constructor(total: UndeliveredTotal | undefined, mostEntries = 32) {
    this.#total = total;
    this.#mostEntries = mostEntries;
  }

  /** The clock is asked only when there is something new to write down. */
  note(topicName: string, reason: UndeliveredReason, clock: Clock): void {
    const shown = shownTopicName(topicName);
    const last = this.#entries[this.#next - 1];
    if (last !== undefined && last.reason === reason && last.topicName === shown) {
      last.count++;
      return;
    }
    const { length } = this.#entries;
    const mayGrow = length === 0 || (length < this.#mostEntries && this.#total?.hasRoom !== false);
    if (this.#next === length && !mayGrow) this.#next = 0;
    const former = this.#entries[this.#next];
    this.#total?.take(bytesOf(shown) - (former === undefined ? 0 : bytesOf(former.topicName)));
    this.#entries[this.#next] = { topicName: shown, reason, count: 1, at: Math.floor(clock.now()) };
    this.#next += 1;
  }

  /** The newest first. */
  list(): readonly Undelivered[] {
    const newest = this.#entries.slice(0, this.#next).reverse();
    return [...newest, ...this.#entries.slice(this.#next).reverse()];
  }

  /** Forgets everything, and gives back what it took. */
  clear(): void {
    for (const { topicName } of this.#entries.splice(0)) this.#total?.take(-bytesOf(topicName));
    this.#next = 0;
  }
}

function bytesOf(shown: string): number {
  return entryBytes + 2 * shown.length;
}
