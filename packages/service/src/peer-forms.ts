/** What is known of the responders behind a topic: which form they answered in. Bounded; owns no connection. */
import type { RequestForm } from './exchange.js';

/**
 * Learns from answers which form a topic's requests need.
 *
 * Unknown: both forms at once. Answered natively: the plain data. Answered by stock NestJS even once: both forms from
 * then on, since a group of old and new replicas must be understood by each of its members.
 */
export class PeerForms {
  readonly #known = new Map<string, 'native' | 'nest'>();
  readonly #capacity: number;
  #lastAnswered = '';

  constructor(capacity = 1000) {
    this.#capacity = capacity;
  }

  formFor(topicName: string): RequestForm {
    return this.#known.get(topicName) === 'native' ? 'native' : 'both';
  }

  answered(topicName: string, form: 'native' | 'nest'): void {
    const before = this.#known.get(topicName);
    // Most answers follow one of the same topic.
    if (before === form && topicName === this.#lastAnswered) return;
    this.#lastAnswered = topicName;
    // Set anew, so that the map's order is that of last use and the topic unused for longest goes first.
    this.#known.delete(topicName);
    this.#known.set(topicName, before === 'nest' ? 'nest' : form);
    if (this.#known.size <= this.#capacity) return;
    const oldest = this.#known.keys().next();
    if (!oldest.done) this.#known.delete(oldest.value);
  }

  /** A request went unanswered: what answers natively may have been replaced by what cannot. */
  unanswered(topicName: string): void {
    if (this.#known.get(topicName) === 'native') this.#known.delete(topicName);
  }
}
