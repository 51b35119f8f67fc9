/**
 * The `<topic>/reply` subscriptions that answers of stock NestJS arrive by: opened by the first request of a topic,
 * kept for the next ones, and closed once they are too many or not needed. Reads no message.
 */
import type { QoS } from '@petrel/protocol';
import type { InboundMessage, Link, LinkSubscription } from './link.js';
import { nestReplyTopic } from './wire-format.js';

interface ReplyTopic {
  readonly granted: Promise<LinkSubscription>;
  uses: number;
}

/** Holds at most `capacity` subscriptions that no request uses at the moment. */
export class NestReplyTopics {
  readonly #link: Link;
  readonly #qos: QoS;
  readonly #receive: (message: InboundMessage, topicName: string) => void | Promise<void>;
  readonly #capacity: number;
  // In order of last use, the oldest first.
  readonly #open = new Map<string, ReplyTopic>();

  constructor(
    link: Link,
    qos: QoS,
    receive: (message: InboundMessage, topicName: string) => void | Promise<void>,
    capacity = 1000,
  ) {
    this.#link = link;
    this.#qos = qos;
    this.#receive = receive;
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Resolves once answers to `topicName` can arrive; rejects when the server refuses. Each call needs one `release`. */
  async open(topicName: string): Promise<void> {
    let topic = this.#open.get(topicName);
    if (topic === undefined) {
      const receive = (message: InboundMessage) => this.#receive(message, topicName);
      topic = {
        granted: this.#link.subscribe(nestReplyTopic(topicName), { qos: this.#qos }, receive),
        uses: 0,
      };
      // A refused subscription is asked for again by the next request.
      topic.granted.catch(() => this.#open.delete(topicName));
    } else {
      this.#open.delete(topicName);
    }
    this.#open.set(topicName, topic);
    topic.uses++;
    await topic.granted;
  }

  /** Ends one use; `needed` is false when the responder turned out not to answer there. */
  release(topicName: string, needed: boolean): void {
    const topic = this.#open.get(topicName);
    if (topic === undefined) return;
    topic.uses--;
    if (!needed) this.#closeIdle(topicName, topic);
    for (const [name, other] of this.#open) {
      if (this.#open.size <= this.#capacity) return;
      this.#closeIdle(name, other);
    }
  }

  #closeIdle(topicName: string, topic: ReplyTopic): void {
    if (topic.uses > 0) return;
    this.#open.delete(topicName);
    // Nothing is lost when this fails: the server forgets the subscription with the session.
    topic.granted.then((subscription) => subscription.unsubscribe()).catch(() => undefined);
  }
}
