/**
 * What a data folder holds now, without the messages themselves: sessions, what belongs to them, and who holds which message. The disk store
 * changes it as it writes, and opening a folder changes it as it reads; so both come to the same.
 */
import type { StoredSession, StoredSubscription } from '../store.js';
import { DeliveryIndex, type IndexedDelivery } from './delivery-index.js';
import { MessageTable } from './message-table.js';
import type { RecordVisitor } from './record-reader.js';

/** One session and what belongs to it; most have little. */
export class SessionState {
  readonly subscriptions = new Map<string, StoredSubscription>();
  #deliveries: DeliveryIndex | undefined;
  #received: Set<number> | undefined;

  constructor(
    /** Never used again for another session. */
    readonly number: number,
    public session: StoredSession,
  ) {}

  get deliveries(): DeliveryIndex {
    return (this.#deliveries ??= new DeliveryIndex());
  }

  /** Packet Identifiers of QoS 2 messages received and not released. */
  get received(): Set<number> {
    return (this.#received ??= new Set());
  }

  get hasDeliveries(): boolean {
    return this.#deliveries !== undefined && this.#deliveries.size > 0;
  }

  get lastSequence(): number {
    return this.#deliveries?.lastSequence ?? -1;
  }

  get hasReceived(): boolean {
    return this.#received !== undefined && this.#received.size > 0;
  }
}

/** Applies changes; those to what is not there change nothing. */
export class StoreState implements RecordVisitor {
  readonly messages = new MessageTable();
  readonly sessions = new Map<string, SessionState>();
  readonly #byNumber = new Map<number, SessionState>();
  #lastSession = 0;
  /** Where messages that are read now lie. */
  segment = 0;
  /** The last record of a snapshot was read. */
  isComplete = false;

  /** A number that no session has had. */
  allocateSession(): number {
    this.#lastSession += 1;
    return this.#lastSession;
  }

  sessionOf(number: number): SessionState | undefined {
    return this.#byNumber.get(number);
  }

  session(number: number, session: StoredSession): void {
    if (number > this.#lastSession) this.#lastSession = number;
    const known = this.#byNumber.get(number);
    if (known !== undefined) {
      this.#rename(known, session);
      return;
    }
    const state = new SessionState(number, session);
    this.#byNumber.set(number, state);
    this.#claimName(state);
  }

  sessionGone(number: number): void {
    const state = this.#byNumber.get(number);
    if (state === undefined) return;
    this.#byNumber.delete(number);
    if (this.sessions.get(state.session.clientIdentifier) === state)
      this.sessions.delete(state.session.clientIdentifier);
    if (!state.hasDeliveries) return;
    for (const { messageNumber } of state.deliveries.after(-1)) this.messages.release(messageNumber);
  }

  sessionRenamed(number: number, clientIdentifier: string): void {
    const state = this.#byNumber.get(number);
    if (state !== undefined) this.#rename(state, { ...state.session, clientIdentifier });
  }

  subscription(number: number, subscription: StoredSubscription): void {
    this.#byNumber.get(number)?.subscriptions.set(subscription.requestedFilter, subscription);
  }

  subscriptionGone(number: number, requestedFilter: string): void {
    this.#byNumber.get(number)?.subscriptions.delete(requestedFilter);
  }

  message(number: number, offset: number, length: number): void {
    this.messages.add(number, this.segment, offset, length);
  }

  delivery(number: number, delivery: IndexedDelivery): void {
    const state = this.#byNumber.get(number);
    if (state?.deliveries.add(delivery)) this.messages.hold(delivery.messageNumber);
  }

  deliveryChanged(number: number, sequence: number, packetIdentifier: number, released: boolean): void {
    const state = this.#byNumber.get(number);
    if (state?.hasDeliveries) state.deliveries.change(sequence, packetIdentifier, released);
  }

  deliveryGone(number: number, sequence: number): void {
    const state = this.#byNumber.get(number);
    if (state?.hasDeliveries !== true) return;
    const messageNumber = state.deliveries.delete(sequence);
    if (messageNumber !== 0) this.messages.release(messageNumber);
  }

  received(number: number, packetIdentifier: number): void {
    this.#byNumber.get(number)?.received.add(packetIdentifier);
  }

  receivedGone(number: number, packetIdentifier: number): void {
    const state = this.#byNumber.get(number);
    if (state?.hasReceived) state.received.delete(packetIdentifier);
  }

  retained(messageNumber: number): void {
    this.messages.retain(messageNumber);
  }

  retainedGone(messageNumber: number): void {
    this.messages.unretain(messageNumber);
  }

  messageAt(number: number, segment: number, offset: number, length: number): void {
    this.messages.add(number, segment, offset, length);
  }

  end(): void {
    this.isComplete = true;
  }

  #rename(state: SessionState, session: StoredSession): void {
    const former = state.session.clientIdentifier;
    if (session.clientIdentifier !== former && this.sessions.get(former) === state)
      this.sessions.delete(former);
    state.session = session;
    this.#claimName(state);
  }

  /** A name belongs to the latest session that has it: an earlier one comes up again where a log is read over a snapshot that was taken later. */
  #claimName(state: SessionState): void {
    const { clientIdentifier } = state.session;
    const holder = this.sessions.get(clientIdentifier);
    if (holder === undefined || holder.number < state.number) this.sessions.set(clientIdentifier, state);
  }
}
