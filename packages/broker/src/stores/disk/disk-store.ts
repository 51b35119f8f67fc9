/**
 * The store of a broker with a data folder: a log that is only ever appended to, and what it says in a few bytes per message in memory. What
 * is written when is the journal's business, what may be thrown away that of maintenance.
 */
import type { Clock } from '../../clock.js';
import type { Logger } from '../../logger.js';
import type {
  QueueReader,
  RestoredState,
  RetainedReader,
  Store,
  StoredDelivery,
  StoredMessage,
  StoredSession,
  StoredSubscription,
} from '../store.js';
import { readDataFolder } from './data-folder.js';
import { type IndexedDelivery, plainTerms } from './delivery-index.js';
import { DiskHealth } from './disk-health.js';
import { DiskQueueReader } from './disk-queue-reader.js';
import { Journal } from './journal.js';
import { Maintenance } from './maintenance.js';
import { type Durability, segmentName } from './manifest.js';
import { MessageReader } from './message-reader.js';
import { removeLeftovers, restoredState } from './restored-state.js';
import type { StoreFiles } from './store-files.js';
import { type SessionState, StoreState } from './store-state.js';

/** What a disk store is made of. */
export interface DiskStoreOptions {
  readonly files: StoreFiles;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly durability: Durability;
  /** Bytes of one file of the log. */
  readonly segmentBytes: number;
  /** Messages that it holds, from which on nothing new is taken. */
  readonly maximumMessages: number;
  /** Bytes of all that it holds, from which on nothing new is taken. */
  readonly maximumBytes: number;
  /** Bytes that it leaves free on the disk. */
  readonly minimumFreeBytes: number;
}

/** Opened once, by one process at a time. */
export class DiskStore implements Store {
  readonly #options: DiskStoreOptions;
  #state = new StoreState();
  #journal!: Journal;
  #reader!: MessageReader;
  #maintenance!: Maintenance;
  #health!: DiskHealth;
  #closing: Promise<void> | undefined;
  queueReader: QueueReader | undefined;
  retainedReader: RetainedReader | undefined;

  constructor(options: DiskStoreOptions) {
    this.#options = options;
  }

  get written(): number {
    return this.#journal.written;
  }

  get refusal(): number | undefined {
    return this.#health.refusal;
  }

  /** Rejects with DataFolderError for a folder that somebody else has, or that is not as it was left. */
  async open(): Promise<RestoredState> {
    const { files, logger } = this.#options;
    await files.lock();
    try {
      return await this.#open();
    } catch (error) {
      logger.error(error);
      await files.unlock();
      throw error;
    }
  }

  async #open(): Promise<RestoredState> {
    const { files, clock, logger, durability, segmentBytes } = this.#options;
    const content = await readDataFolder(files);
    const { state, manifest, lastBatch, tornBytes } = content;
    if (tornBytes > 0)
      logger.info(`${files.path}: left out ${tornBytes} bytes of a batch that was never acknowledged`);
    const segments = await removeLeftovers(files, content);
    this.#state = state;
    this.#reader = new MessageReader(files, state.messages);
    const last = Math.max(0, ...segments.keys(), manifest.logFrom - 1);
    const start = { segment: last + 1, batch: lastBatch + 1 };
    this.#journal = new Journal(
      files,
      clock,
      start,
      { durability, segmentBytes },
      {
        placed: (number, segment, offset) => state.messages.move(number, segment, offset),
        segmentBegun: (segment) => this.#maintenance.segmentBegun(segment),
        segmentEnded: (segment, bytes) => this.#segmentEnded(segment, bytes),
        failed: (cause) => this.#health.failed(cause),
        recovered: () => this.#health.recovered(),
      },
    );
    this.#health = new DiskHealth(this.#options, this.#journal, state.messages);
    const parts = { ...this.#options, state, journal: this.#journal, reader: this.#reader };
    this.#maintenance = new Maintenance(parts, manifest, segments);
    await this.#maintenance.writeManifest(false);
    // What is left of a batch at the end of a segment does not count as soon as there is a next one.
    if (tornBytes > 0) await this.#journal.roll();
    await this.#health.look();
    const queueReader = new DiskQueueReader(
      state,
      this.#reader,
      this.#journal,
      (clientIdentifier, sequence) => this.deleteDelivery(clientIdentifier, sequence),
    );
    this.queueReader = queueReader;
    this.retainedReader = queueReader.retained;
    return restoredState(state, this.#reader);
  }

  putSession(session: StoredSession): void {
    const known = this.#state.sessions.get(session.clientIdentifier);
    const number = known?.number ?? this.#state.allocateSession();
    this.#state.session(number, session);
    this.#journal.records.session(number, session);
  }

  deleteSession(clientIdentifier: string): void {
    const session = this.#state.sessions.get(clientIdentifier);
    if (session === undefined) return;
    this.#state.sessionGone(session.number);
    this.#journal.records.sessionGone(session.number);
  }

  renameSession(clientIdentifier: string, name: string): void {
    const session = this.#state.sessions.get(clientIdentifier);
    if (session === undefined) return;
    this.#state.sessionRenamed(session.number, name);
    this.#journal.records.sessionRenamed(session.number, name);
  }

  putSubscription(clientIdentifier: string, subscription: StoredSubscription): void {
    const session = this.#state.sessions.get(clientIdentifier);
    if (session === undefined) return;
    this.#state.subscription(session.number, subscription);
    this.#journal.records.subscription(session.number, subscription);
  }

  deleteSubscription(clientIdentifier: string, requestedFilter: string): void {
    const session = this.#state.sessions.get(clientIdentifier);
    if (session?.subscriptions.has(requestedFilter) !== true) return;
    this.#state.subscriptionGone(session.number, requestedFilter);
    this.#journal.records.subscriptionGone(session.number, requestedFilter);
  }

  addDelivery(clientIdentifier: string, delivery: StoredDelivery): void {
    const session = this.#state.sessions.get(clientIdentifier);
    if (session === undefined) return;
    const indexed = indexedDelivery(delivery, this.#own(delivery.message));
    this.#state.delivery(session.number, indexed);
    this.#journal.records.delivery(session.number, indexed);
  }

  updateDelivery(clientIdentifier: string, delivery: StoredDelivery): void {
    const { sequence, packetIdentifier, released } = delivery;
    const session = this.#sessionWith(clientIdentifier);
    if (session?.deliveries.change(sequence, packetIdentifier, released) !== true) return;
    this.#journal.records.deliveryChanged(session.number, sequence, packetIdentifier, released);
  }

  deleteDelivery(clientIdentifier: string, sequence: number): void {
    const session = this.#sessionWith(clientIdentifier);
    const messageNumber = session?.deliveries.delete(sequence) ?? 0;
    if (session === undefined || messageNumber === 0) return;
    this.#state.messages.release(messageNumber);
    this.#journal.records.deliveryGone(session.number, sequence);
  }

  addReceivedIdentifier(clientIdentifier: string, packetIdentifier: number): void {
    const session = this.#state.sessions.get(clientIdentifier);
    if (session === undefined) return;
    session.received.add(packetIdentifier);
    this.#journal.records.received(session.number, packetIdentifier);
  }

  deleteReceivedIdentifier(clientIdentifier: string, packetIdentifier: number): void {
    const session = this.#state.sessions.get(clientIdentifier);
    if (session?.hasReceived !== true || !session.received.delete(packetIdentifier)) return;
    this.#journal.records.receivedGone(session.number, packetIdentifier);
  }

  putRetained(message: StoredMessage, replaces: number): void {
    const number = this.#own(message);
    if (number === replaces) return;
    this.#state.messages.retain(number);
    this.#journal.records.retained(number);
    this.#unretain(replaces);
  }

  deleteRetained(_topicName: string, storeNumber: number): void {
    this.#unretain(storeNumber);
  }

  commit(): Promise<void> | undefined {
    return this.#journal.commit();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    // Never opened, or opened in vain: there is nothing to finish.
    if (this.queueReader === undefined) return;
    this.#health.close();
    try {
      await this.#maintenance.close();
      await this.#journal.close();
      await this.#maintenance.writeManifest(true);
    } finally {
      await this.#reader.close();
      await this.#options.files.unlock();
    }
  }

  #sessionWith(clientIdentifier: string): SessionState | undefined {
    const session = this.#state.sessions.get(clientIdentifier);
    return session?.hasDeliveries ? session : undefined;
  }

  /** The number of a message that is stored, now or before. */
  #own(message: StoredMessage): number {
    const { messages } = this.#state;
    const { storeNumber } = message;
    if (storeNumber !== undefined && messages.has(storeNumber)) return storeNumber;
    const number = messages.allocate();
    const { start, length } = this.#journal.records.message(number, message);
    messages.add(number, 0, 0, length);
    this.#journal.addMessage(number, start);
    if (storeNumber !== undefined) message.storeNumber = number;
    return number;
  }

  #unretain(number: number): void {
    if (!this.#state.messages.isRetained(number)) return;
    this.#state.messages.unretain(number);
    this.#journal.records.retainedGone(number);
  }

  #segmentEnded(segment: number, bytes: number): void {
    const { logger, files } = this.#options;
    this.#maintenance.segmentFull(segment, bytes);
    const work = async (): Promise<void> => {
      await this.#health.look();
      await this.#maintenance.run();
    };
    work().catch((cause: unknown) => logger.warn(`${files.path}: ${segmentName(segment)}: ${String(cause)}`));
  }
}

function indexedDelivery(delivery: StoredDelivery, messageNumber: number): IndexedDelivery {
  const { sequence, qos, retain, released, packetIdentifier, subscriptionIdentifiers, sharedGroup } =
    delivery;
  const isPlain = subscriptionIdentifiers.length === 0 && sharedGroup === undefined;
  const terms = isPlain ? plainTerms : { subscriptionIdentifiers, sharedGroup };
  return { sequence, messageNumber, qos, retain, released, packetIdentifier, terms };
}
