/** Every message that went through the broker of a harness, for tests to ask about. */
import type { PublishedMessage } from '@petrel/broker';
import {
  type PublishProperties,
  parseTopicFilter,
  type QoS,
  topicMatches,
  type UserProperties,
} from '@petrel/protocol';
import { readIncoming } from '../wire-format.js';

/** A message as it was published. */
export interface SeenMessage {
  readonly topicName: string;
  /** The payload as a handler would get it. */
  readonly data: unknown;
  readonly payload: Uint8Array;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly properties: PublishProperties;
  readonly userProperties: UserProperties;
}

/** Messages that are kept; the oldest go first. */
const mostMessages = 10_000;

export class SeenMessages {
  readonly #messages: SeenMessage[] = [];
  readonly #taken = new Map<string, WeakSet<SeenMessage>>();

  add({ topicName, payload, qos, retain, properties }: PublishedMessage): void {
    const message = { topicName, payload, qos, retain, properties, dup: false, packetIdentifier: 0 };
    const { data, userProperties } = readIncoming(message);
    this.#messages.push({ topicName, data, payload, qos, retain, properties, userProperties });
    if (this.#messages.length > mostMessages) this.#messages.shift();
  }

  /** All that match, oldest first. */
  matching(topicFilter: string): SeenMessage[] {
    parseTopicFilter(topicFilter);
    return this.#messages.filter(({ topicName }) => topicMatches(topicFilter, topicName));
  }

  /** The oldest that matches and that was not taken by this filter before. */
  take(topicFilter: string): SeenMessage | undefined {
    let taken = this.#taken.get(topicFilter);
    if (taken === undefined) this.#taken.set(topicFilter, (taken = new WeakSet()));
    const next = this.matching(topicFilter).find((message) => !taken.has(message));
    if (next !== undefined) taken.add(next);
    return next;
  }

  /** How often each topic was published to, in one line. */
  describe(): string {
    const times = new Map<string, number>();
    for (const { topicName } of this.#messages) times.set(topicName, (times.get(topicName) ?? 0) + 1);
    const shown = [...times]
      .slice(-20)
      .map(([topicName, count]) => `"${topicName}"${count > 1 ? ` ×${count}` : ''}`);
    return shown.length === 0 ? 'nothing' : shown.join(', ');
  }
}
