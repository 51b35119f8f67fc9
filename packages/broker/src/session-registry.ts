/** All sessions by Client Identifier: made, resumed, ended, expired. */
import { reasonCode, type Will } from '@petrel/protocol';
import type { BrokerContext } from './broker-context.js';
import type { Connection } from './connection.js';
import { AccessError, ConnectionError, memoryIsSpent } from './errors.js';
import type { Client } from './hooks.js';
import { orphanName, redeliverQueue } from './orphaned-queue.js';
import { neverExpires, Session } from './session.js';
import { displace } from './session-takeover.js';
import type { Subscription } from './subscription.js';

/** What an accepted CONNECT asks of the registry. */
export interface SessionRequest {
  readonly client: Client;
  readonly cleanStart: boolean;
  /** Seconds. */
  readonly sessionExpiryInterval: number;
  readonly will: Will | undefined;
}

/** The sessions of one broker. */
export class SessionRegistry {
  readonly #context: BrokerContext;
  readonly #sessions = new Map<string, Session>();

  constructor(context: BrokerContext) {
    this.#context = context;
  }

  get size(): number {
    return this.#sessions.size;
  }

  get(clientIdentifier: string): Session | undefined {
    return this.#sessions.get(clientIdentifier);
  }

  values(): IterableIterator<Session> {
    return this.#sessions.values();
  }

  /** A session belongs to the principal that made it: nobody else gets it by knowing its name. */
  assertOwner({ clientIdentifier, principal }: Client): void {
    const session = this.#sessions.get(clientIdentifier);
    if (session === undefined || session.principalName === principal?.name) return;
    throw new AccessError('the Client Identifier belongs to another principal', {
      reasonCode: reasonCode.notAuthorized,
    });
  }

  /** Gives the connection its session: takes over, resumes or makes one. True when there was state to resume [MQTT-3.2.2-3]. */
  open(connection: Connection, { client, cleanStart, sessionExpiryInterval, will }: SessionRequest): boolean {
    this.assertOwner(client);
    this.#leaveFormerConnection(client.clientIdentifier);
    const former = this.#sessions.get(client.clientIdentifier);
    if (former !== undefined && cleanStart) this.end(former); // [MQTT-3.1.4-4]
    const resumed = cleanStart ? undefined : former; // [MQTT-3.1.2-5]
    const session = resumed ?? this.#make(client); // [MQTT-3.1.2-6]
    connection.session = session;
    session.attach(connection, client, sessionExpiryInterval, will); // [MQTT-3.1.2-7]
    this.persist(session);
    return resumed !== undefined;
  }

  /** Tells the store what is known of a session. One that the store has stays there until it ends: part of its queue may be nowhere else. */
  persist(session: Session): void {
    if (!session.isDurable && !session.isStored) return;
    session.isStored = true;
    this.#context.store.putSession(session.toStored());
  }

  /** Starts to wait for the end of a session without connection; ends it at once if its interval is 0 [MQTT-4.1.0-2]. */
  armExpiry(session: Session, disconnectedAt: number): void {
    if (session.sessionExpiryInterval === 0) this.end(session);
    if (session.sessionExpiryInterval === 0 || session.sessionExpiryInterval === neverExpires) return;
    const { timers } = this.#context;
    const dueAt = disconnectedAt + session.sessionExpiryInterval * 1000;
    session.expiryTimer = timers.add(dueAt, () => this.end(session));
  }

  /** Ends a session: its Will is due, its subscriptions go, and what it shared with others goes to them. */
  end(session: Session): void {
    if (this.#sessions.get(session.clientIdentifier) !== session) return;
    const context = this.#context;
    context.timers.cancel(session.expiryTimer);
    this.#sessions.delete(session.clientIdentifier);
    session.uncount();
    for (const subscription of session.subscriptions.values()) context.router.unsubscribe(subscription);
    session.clearSubscriptions();
    context.willMessages.publish(session);
    this.#endStored(session);
    for (const { message, sharedGroup, qos, packetIdentifier } of session.deliveries.clear()) {
      // A QoS 2 message that was sent stays with its member [MQTT-4.8.2-5].
      if (sharedGroup !== undefined && !(qos === 2 && packetIdentifier > 0))
        context.router.redeliver(message, sharedGroup);
    }
  }

  /** The store forgets the session, but for what waits in it for other members of Shared Subscriptions. */
  #endStored(session: Session): void {
    if (!session.isStored) return;
    session.isStored = false;
    const { store } = this.#context;
    const { clientIdentifier, deliveries } = session;
    if (!deliveries.hasTail || store.queueReader?.isShared(clientIdentifier) !== true) {
      store.deleteSession(clientIdentifier);
      return;
    }
    const name = orphanName();
    store.renameSession(clientIdentifier, name);
    // What is in memory is handed over at once.
    for (const { sequence } of deliveries.inMemory()) store.deleteDelivery(name, sequence);
    redeliverQueue(this.#context, name);
  }

  /** Takes a subscription out of a session; undefined when there is none under exactly this filter [MQTT-3.10.4-1]. */
  unsubscribe(session: Session, requestedFilter: string): Subscription | undefined {
    const subscription = session.subscriptions.get(requestedFilter);
    if (subscription === undefined) return undefined;
    const { router, store } = this.#context;
    session.deleteSubscription(requestedFilter);
    session.deliveries.endReplay(subscription);
    router.unsubscribe(subscription);
    if (session.isStored) store.deleteSubscription(session.clientIdentifier, requestedFilter);
    return subscription;
  }

  /** Puts back a session that a store kept. */
  restore(session: Session): void {
    this.#sessions.set(session.clientIdentifier, session);
    session.count();
  }

  #leaveFormerConnection(clientIdentifier: string): void {
    const connection = this.#sessions.get(clientIdentifier)?.connection;
    if (connection !== undefined) displace(connection);
  }

  #make(client: Client): Session {
    const context = this.#context;
    const { maximumSessions } = context.options.limits;
    if (context.memory.isSpent) throw memoryIsSpent();
    if (this.#sessions.size >= maximumSessions) {
      throw new ConnectionError(
        'PETREL_LIMIT_EXCEEDED',
        `the limit of ${maximumSessions} sessions is reached`,
        {
          reasonCode: reasonCode.quotaExceeded,
        },
      );
    }
    const session = new Session(client, context);
    this.#sessions.set(client.clientIdentifier, session);
    return session;
  }
}
