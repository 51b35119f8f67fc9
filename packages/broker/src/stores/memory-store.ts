/** The store of a broker that keeps nothing on disk: it owns what it is given at once, for as long as this object lives. */
import type {
  RestoredSession,
  RestoredState,
  Store,
  StoredDelivery,
  StoredMessage,
  StoredSession,
  StoredSubscription,
} from './store.js';

class SessionRecord {
  subscriptions = new Map<string, StoredSubscription>();
  deliveries = new Map<number, StoredDelivery>();
  receivedIdentifiers = new Set<number>();

  constructor(public session: StoredSession) {}
}

/** Keeps references, not copies. A second broker on the same object finds what the first one left. */
export class MemoryStore implements Store {
  readonly #sessions = new Map<string, SessionRecord>();
  readonly #retained = new Map<string, StoredMessage>();
  readonly queueReader = undefined;

  /** Nobody ever has to wait. */
  get written(): number {
    return 0;
  }

  get refusal(): number | undefined {
    return undefined;
  }

  open(): RestoredState {
    const sessions: RestoredSession[] = [];
    for (const record of this.#sessions.values()) {
      sessions.push({
        session: record.session,
        subscriptions: [...record.subscriptions.values()],
        deliveries: [...record.deliveries.values()],
        lastSequence: Math.max(-1, ...record.deliveries.keys()),
        receivedIdentifiers: [...record.receivedIdentifiers],
      });
    }
    return { sessions, retained: [...this.#retained.values()] };
  }

  putSession(session: StoredSession): void {
    const record = this.#sessions.get(session.clientIdentifier);
    if (record === undefined) this.#sessions.set(session.clientIdentifier, new SessionRecord(session));
    else record.session = session;
  }

  deleteSession(clientIdentifier: string): void {
    this.#sessions.delete(clientIdentifier);
  }

  renameSession(clientIdentifier: string, name: string): void {
    const record = this.#sessions.get(clientIdentifier);
    if (record === undefined) return;
    this.#sessions.delete(clientIdentifier);
    record.session = { ...record.session, clientIdentifier: name };
    this.#sessions.set(name, record);
  }

  putSubscription(clientIdentifier: string, subscription: StoredSubscription): void {
    this.#sessions.get(clientIdentifier)?.subscriptions.set(subscription.requestedFilter, subscription);
  }

  deleteSubscription(clientIdentifier: string, requestedFilter: string): void {
    this.#sessions.get(clientIdentifier)?.subscriptions.delete(requestedFilter);
  }

  addDelivery(clientIdentifier: string, delivery: StoredDelivery): void {
    this.#sessions.get(clientIdentifier)?.deliveries.set(delivery.sequence, delivery);
  }

  updateDelivery(clientIdentifier: string, delivery: StoredDelivery): void {
    const deliveries = this.#sessions.get(clientIdentifier)?.deliveries;
    if (deliveries?.has(delivery.sequence)) deliveries.set(delivery.sequence, delivery);
  }

  deleteDelivery(clientIdentifier: string, sequence: number): void {
    this.#sessions.get(clientIdentifier)?.deliveries.delete(sequence);
  }

  addReceivedIdentifier(clientIdentifier: string, packetIdentifier: number): void {
    this.#sessions.get(clientIdentifier)?.receivedIdentifiers.add(packetIdentifier);
  }

  deleteReceivedIdentifier(clientIdentifier: string, packetIdentifier: number): void {
    this.#sessions.get(clientIdentifier)?.receivedIdentifiers.delete(packetIdentifier);
  }

  putRetained(message: StoredMessage): void {
    this.#retained.set(message.topicName, message);
  }

  deleteRetained(topicName: string): void {
    this.#retained.delete(topicName);
  }

  commit(): Promise<void> | undefined {
    return undefined;
  }

  close(): void {
    // There is nothing to let go of: the next broker on this object finds it all.
  }
}
