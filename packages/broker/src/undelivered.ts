/** Why messages did not reach one session: the last few decisions, so that an operator can be answered. Costs nothing where everything is delivered. */

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
  | 'no local';

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

/** The decisions about one session, the oldest overwritten first. */
export class UndeliveredLog {
  readonly #entries: Entry[] = [];
  readonly #mostEntries: number;
  #next = 0;

  constructor(mostEntries = 32) {
    this.#mostEntries = mostEntries;
  }

  /** `now` is asked for only when there is something new to write down. */
  note(topicName: string, reason: UndeliveredReason, now: () => number): void {
    const shown = topicName.length > longestTopicName ? topicName.slice(0, longestTopicName) : topicName;
    const last = this.#entries[(this.#next + this.#mostEntries - 1) % this.#mostEntries];
    if (last !== undefined && last.reason === reason && last.topicName === shown) {
      last.count++;
      return;
    }
    this.#entries[this.#next] = { topicName: shown, reason, count: 1, at: Math.floor(now()) };
    this.#next = (this.#next + 1) % this.#mostEntries;
  }

  /** The newest first. */
  list(): readonly Undelivered[] {
    const { length } = this.#entries;
    return this.#entries.map(
      (_, back) => this.#entries[(this.#next - 1 - back + 2 * length) % length] as Entry,
    );
  }
}
