/**
 * A stored session over something that writes slowly: collects changes, and writes what has come while it wrote before as one batch.
 * Knows neither files nor databases.
 */
import type { StoredMessage, StoredSession } from '../session-store.js';

/** Changes that become durable together; the last word on each key. */
export interface SessionChanges {
  /** By sequence; undefined: the message has ended. */
  readonly messages: Map<number, StoredMessage | undefined>;
  /** By Packet Identifier; false: released. */
  readonly received: Map<number, boolean>;
}

/** Where a session lies. */
export interface SessionMedium {
  /** What was there when it was opened, in the order of `sequence`. */
  readonly messages: readonly StoredMessage[];
  readonly received: readonly number[];
  /** Writes all changes or none; never called again before it has settled. After a rejection the same changes come again, with newer ones. */
  write(changes: SessionChanges): Promise<void>;
  /** Called once, when nothing is being written any more. */
  close(): Promise<void>;
}

export class BatchedSession implements StoredSession {
  readonly messages: readonly StoredMessage[];
  readonly received: readonly number[];
  readonly #medium: SessionMedium;
  #changes = noChanges();
  /** The write that runs. */
  #running: Promise<void> | undefined;
  /** The one behind it, which everything that arrives meanwhile joins. */
  #next: Promise<void> | undefined;
  #scheduled = false;

  constructor(medium: SessionMedium) {
    this.#medium = medium;
    this.messages = medium.messages;
    this.received = medium.received;
  }

  put(message: StoredMessage): void {
    this.#changes.messages.set(message.sequence, message);
    this.#schedule();
  }

  remove(sequence: number): void {
    this.#changes.messages.set(sequence, undefined);
    this.#schedule();
  }

  putReceived(packetIdentifier: number): void {
    this.#changes.received.set(packetIdentifier, true);
    this.#schedule();
  }

  removeReceived(packetIdentifier: number): void {
    this.#changes.received.set(packetIdentifier, false);
    this.#schedule();
  }

  commit(): void | Promise<void> {
    if (this.#next !== undefined || !isEmpty(this.#changes)) return this.#writeSoon();
    return this.#running;
  }

  /** Writes what is left, and rejects when that cannot be. */
  async close(): Promise<void> {
    try {
      await this.commit();
    } finally {
      await this.#medium.close();
    }
  }

  /** What nobody commits, as a client without a connection does, is written all the same; whoever commits later hears of a failure. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.commit()?.catch(() => {});
    });
  }

  #writeSoon(): Promise<void> {
    if (this.#next === undefined) {
      // Whoever waits for the write that runs hears of its failure; this one tries again with what that has left.
      const before = this.#running?.catch(() => {}) ?? Promise.resolve();
      this.#next = before.then(() => this.#write());
    }
    return this.#next;
  }

  #write(): Promise<void> {
    const changes = this.#changes;
    this.#changes = noChanges();
    this.#next = undefined;
    const running = this.#medium.write(changes).then(
      () => {
        if (this.#running === running) this.#running = undefined;
      },
      (cause: unknown) => {
        this.#running = undefined;
        putBack(changes.messages, this.#changes.messages);
        putBack(changes.received, this.#changes.received);
        throw cause;
      },
    );
    this.#running = running;
    return running;
  }
}

function noChanges(): SessionChanges {
  return { messages: new Map(), received: new Map() };
}

function isEmpty({ messages, received }: SessionChanges): boolean {
  return messages.size === 0 && received.size === 0;
}

/** What could not be written, where nothing newer has come. */
function putBack<V>(failed: ReadonlyMap<number, V>, changes: Map<number, V>): void {
  for (const [key, value] of failed) if (!changes.has(key)) changes.set(key, value);
}
