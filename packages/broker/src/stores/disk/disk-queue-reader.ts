/** Gives back what lies on the disk alone: to a session its queued deliveries, as many at a time as it can take, and retained messages. */
import type { QueueReader, RetainedReader, StoredDelivery, StoredMessage } from '../store.js';
import type { IndexedDelivery } from './delivery-index.js';
import type { Journal } from './journal.js';
import type { MessageReader } from './message-reader.js';
import type { StoreState } from './store-state.js';

/** What a queued delivery counts besides its message as it lies in the file: the objects around it, once it is read. */
export const objectBytes = 270;

/** Reads through the index of a session. */
export class DiskQueueReader implements QueueReader {
  readonly #state: StoreState;
  readonly #reader: MessageReader;
  readonly #journal: Journal;
  readonly #delete: (clientIdentifier: string, sequence: number) => void;

  constructor(
    state: StoreState,
    reader: MessageReader,
    journal: Journal,
    deleteDelivery: (clientIdentifier: string, sequence: number) => void,
  ) {
    this.#state = state;
    this.#reader = reader;
    this.#journal = journal;
    this.#delete = deleteDelivery;
  }

  async read(
    clientIdentifier: string,
    afterSequence: number,
    maximumMessages: number,
    maximumBytes: number,
  ): Promise<readonly StoredDelivery[]> {
    const session = this.#state.sessions.get(clientIdentifier);
    if (session?.hasDeliveries !== true) return [];
    const wanted: IndexedDelivery[] = [];
    let bytes = 0;
    for (const delivery of session.deliveries.after(afterSequence)) {
      if (delivery.packetIdentifier !== 0) continue;
      if (wanted.length > 0 && (wanted.length === maximumMessages || bytes >= maximumBytes)) break;
      wanted.push(delivery);
      bytes += this.#state.messages.lengthOf(delivery.messageNumber);
    }
    const messages = await this.#read(wanted.map(({ messageNumber }) => messageNumber));
    const found: StoredDelivery[] = [];
    for (const delivery of wanted) {
      // What went meanwhile is nobody's any more.
      const message = messages.get(delivery.messageNumber);
      if (message === undefined || session.deliveries.get(delivery.sequence) === undefined) continue;
      found.push(storedDelivery(delivery, message));
    }
    return found;
  }

  /** Reads messages by their numbers. */
  get retained(): RetainedReader {
    return { read: (storeNumbers) => this.#read(storeNumbers) };
  }

  isShared(clientIdentifier: string): boolean {
    const session = this.#state.sessions.get(clientIdentifier);
    return session?.hasDeliveries === true && session.deliveries.isShared;
  }

  dropFirst(
    clientIdentifier: string,
    afterSequence: number,
    beforeSequence: number,
  ): { readonly sequence: number; readonly bytes: number } | undefined {
    const session = this.#state.sessions.get(clientIdentifier);
    if (session?.hasDeliveries !== true) return undefined;
    for (const { sequence, packetIdentifier, messageNumber } of session.deliveries.after(afterSequence)) {
      if (packetIdentifier !== 0) continue;
      if (sequence >= beforeSequence) return undefined;
      const bytes = this.#state.messages.lengthOf(messageNumber) + objectBytes;
      this.#delete(clientIdentifier, sequence);
      return { sequence, bytes };
    }
    return undefined;
  }

  async #read(numbers: readonly number[]): Promise<ReadonlyMap<number, StoredMessage>> {
    if (!numbers.every((number) => this.#isWritten(number))) await this.#journal.commit();
    return this.#reader.read(numbers);
  }

  #isWritten(number: number): boolean {
    const segment = this.#state.messages.segmentOf(number);
    // One that is gone is not waited for.
    if (segment === 0) return !this.#state.messages.has(number);
    return (
      segment !== this.#journal.segment || this.#state.messages.offsetOf(number) < this.#journal.position
    );
  }
}

/** The delivery with its message. */
export function storedDelivery(
  delivery: IndexedDelivery,
  message: StoredDelivery['message'],
): StoredDelivery {
  const { sequence, qos, retain, released, packetIdentifier, terms } = delivery;
  const { subscriptionIdentifiers, sharedGroup } = terms;
  return { sequence, message, qos, retain, subscriptionIdentifiers, sharedGroup, packetIdentifier, released };
}
