/**
 * One session: who owns it, what it subscribed to, what it is receiving, and the connection that serves it now. What is on its way to
 * it is the business of its deliveries.
 */
import { InboundDelivery, type Will } from '@petrel/protocol';
import { identifierBytes, levelBytes, sessionBytes, subscriptionBytes } from './bounds/memory-budget.js';
import type { BrokerContext } from './broker-context.js';
import type { Connection } from './connection.js';
import { credentialsExpired } from './errors.js';
import type { Client, MessageCopy } from './hooks.js';
import type { Message } from './message.js';
import { SessionDeliveries } from './session-deliveries.js';
import type { MemberState } from './shared-subscriptions.js';
import type { StoredSession } from './stores/store.js';
import type { DeliveryTerms, Subscription } from './subscription.js';
import type { Timer } from './timer-queue.js';
import { type Undelivered, UndeliveredLog, type UndeliveredReason } from './undelivered.js';

/** Session Expiry Interval of a session that never expires. */
export const neverExpires = 0xffffffff;

const noSubscriptions: ReadonlyMap<string, Subscription> = new Map();

/** User Properties and the like, which nobody measures again. */
const willBytesBeside = 512;

function costOf({ requestedFilter, topicFilter }: Subscription): number {
  return subscriptionBytes + 2 * requestedFilter.length + levelBytes * topicFilter.split('/').length;
}

/** A bridge keeps everything that it publishes from itself. */
const mostOwnNoted = 8;

/** A session, from its first CONNECT until it expires or is discarded. */
export class Session {
  readonly clientIdentifier: string;
  /** Name of the principal that made it; undefined for an anonymous client. */
  readonly principalName: string | undefined;
  readonly deliveries: SessionDeliveries;
  readonly #context: BrokerContext;
  /** Made with the first one, as many clients only publish. */
  #subscriptions: Map<string, Subscription> | undefined;
  #inbound: InboundDelivery | undefined;
  #undelivered: UndeliveredLog | undefined;
  #kept: UndeliveredLog | undefined;
  /** What the memory budget was told of. */
  #counted = 0;
  #countedIdentifiers = 0;

  /** The client of the last connection. */
  client: Client;
  /** The connection that has the session, from the moment its CONNECT was accepted. */
  connection: Connection | undefined;
  /** The same once CONNACK was sent [MQTT-3.2.0-1]. */
  readyConnection: Connection | undefined;
  /** Seconds. */
  sessionExpiryInterval = 0;
  disconnectedAt: number | undefined;
  will: Will | undefined;
  /** Of the will delay or the expiry, both of which run only without a connection. */
  willTimer: Timer | undefined;
  expiryTimer: Timer | undefined;
  /** Of the credentials, which runs only with a connection. */
  #credentialsTimer: Timer | undefined;
  /** Whether the store knows it. */
  isStored = false;

  constructor(client: Client, context: BrokerContext) {
    this.clientIdentifier = client.clientIdentifier;
    this.principalName = client.principal?.name;
    this.client = client;
    this.#context = context;
    this.deliveries = new SessionDeliveries(this, context);
  }

  /** Whether it outlives its connection, and so belongs to the store. */
  get isDurable(): boolean {
    return this.sessionExpiryInterval > 0;
  }

  /** By the filter as the client sent it. */
  get subscriptions(): ReadonlyMap<string, Subscription> {
    return this.#subscriptions ?? noSubscriptions;
  }

  /** Adds a subscription and gives back the one with the same filter that it replaces. */
  addSubscription(subscription: Subscription): Subscription | undefined {
    this.#subscriptions ??= new Map();
    const previous = this.#subscriptions.get(subscription.requestedFilter);
    if (previous === undefined) this.#context.memory.take(costOf(subscription));
    this.#subscriptions.set(subscription.requestedFilter, subscription);
    return previous;
  }

  deleteSubscription(requestedFilter: string): void {
    const subscription = this.#subscriptions?.get(requestedFilter);
    if (subscription === undefined) return;
    this.#context.memory.take(-costOf(subscription));
    this.#subscriptions?.delete(requestedFilter);
  }

  clearSubscriptions(): void {
    for (const subscription of this.subscriptions.values()) this.#context.memory.take(-costOf(subscription));
    this.#subscriptions = undefined;
  }

  /** Tells the memory budget what the session costs by itself. */
  count(): void {
    const { clientIdentifier, client, will } = this;
    const texts = clientIdentifier.length + (client.userName?.length ?? 0);
    const willBytes =
      will === undefined ? 0 : will.payload.length + 2 * will.topicName.length + willBytesBeside;
    this.#recount(sessionBytes + 2 * texts + willBytes);
  }

  /** The session is over. */
  uncount(): void {
    this.#undelivered?.clear();
    this.#kept?.clear();
    this.#recount(0);
    this.#context.memory.take(-identifierBytes * this.#countedIdentifiers);
    this.#countedIdentifiers = 0;
  }

  /** QoS 2 messages that wait for PUBREL. */
  get unreleased(): number {
    return this.#countedIdentifiers;
  }

  /** So many more QoS 2 messages wait for PUBREL. */
  countUnreleased(more: number): void {
    this.#context.memory.take(identifierBytes * more);
    this.#countedIdentifiers += more;
  }

  /** Takes PUBREL, or ends the exchange of a PUBLISH that is refused; false for an unknown identifier. */
  release(packetIdentifier: number): boolean {
    const known = this.inbound.release(packetIdentifier);
    if (known) this.countUnreleased(-1);
    return known;
  }

  #recount(bytes: number): void {
    this.#context.memory.take(bytes - this.#counted);
    this.#counted = bytes;
  }

  /** What it is receiving at QoS 1 and 2. */
  get inbound(): InboundDelivery {
    return (this.#inbound ??= new InboundDelivery(this.#inboundMaximum));
  }

  /** MQTT 3.x has no Receive Maximum to announce: there the Packet Identifiers are the only bound. */
  get #inboundMaximum(): number {
    const { receiveMaximum } = this.#context.options.limits;
    return this.connection?.terms?.protocolVersion === 5 ? receiveMaximum : 65_535;
  }

  /** For the choice among the members of a Shared Subscription. */
  get memberState(): MemberState {
    const connection = this.readyConnection;
    if (connection === undefined) return 'offline';
    return connection.hasRoom && this.deliveries.hasRoom ? 'ready' : 'busy';
  }

  /** Gives the session a message; see SessionDeliveries. */
  deliver(message: Message, terms: DeliveryTerms, retain: boolean): void {
    this.deliveries.deliver(message, terms, retain);
  }

  /** Whether the `deliver` hook lets the message through. */
  mayGet(message: Message): boolean {
    if (this.#context.hooks.mayDeliver(this.client, message)) return true;
    this.noteUndelivered(message, 'no rights');
    return false;
  }

  /** Writes down why a message does not reach this session. */
  noteUndelivered(message: Message, reason: UndeliveredReason): void {
    const { hooks, clock } = this.#context;
    this.#undelivered ??= new UndeliveredLog(this.#context.undelivered);
    this.#undelivered.note(message.topicName, reason, clock);
    if (hooks.has.undelivered) hooks.tell('undelivered', this.client, message, reason);
  }

  /** The same for a message that the client published itself and does not want back: it is not lost, and takes no place of one that is. */
  noteOwn(message: Message): void {
    this.#kept ??= new UndeliveredLog(this.#context.undelivered, mostOwnNoted);
    this.#kept.note(message.topicName, 'no local', this.#context.clock);
  }

  /** The last decisions against messages for this session, the newest first. */
  get undelivered(): readonly Undelivered[] {
    const lost = this.#undelivered?.list() ?? [];
    return this.#kept === undefined ? lost : [...lost, ...this.#kept.list()].sort((a, b) => b.at - a.at);
  }

  tell(event: 'delivered' | 'acknowledged', message: Message, copy: MessageCopy): void {
    this.#context.hooks.tell(event, this.client, message, copy);
  }

  /** A connection takes the session; nothing is sent before ready(). */
  attach(
    connection: Connection,
    client: Client,
    sessionExpiryInterval: number,
    will: Will | undefined,
  ): void {
    const { timers, metrics } = this.#context;
    metrics.clientConnected();
    timers.cancel(this.willTimer);
    timers.cancel(this.expiryTimer);
    this.connection = connection;
    this.client = client;
    this.sessionExpiryInterval = sessionExpiryInterval;
    this.will = will;
    this.disconnectedAt = undefined;
    this.count();
    this.#context.principals.connected(client.principal);
    this.#inbound?.resume(this.#inboundMaximum);
    this.deliveries.resume(connection.terms?.receiveMaximum ?? 65_535);
  }

  /** CONNACK is sent: what is due goes out. */
  ready(): void {
    const { connection } = this;
    if (connection === undefined) return;
    connection.isReady = true;
    this.readyConnection = connection;
    this.watchCredentials();
    this.deliveries.pump();
  }

  /** When the credentials of the client end, so does its connection. */
  watchCredentials(): void {
    const { timers } = this.#context;
    timers.cancel(this.#credentialsTimer);
    const expiresAt = this.client.principal?.expiresAt;
    if (expiresAt === undefined) this.#credentialsTimer = undefined;
    else this.#credentialsTimer = timers.add(expiresAt, () => this.connection?.fail(credentialsExpired()));
  }

  /** The connection is gone. */
  detach(now: number): void {
    this.#context.metrics.clientGone();
    this.#context.timers.cancel(this.#credentialsTimer);
    this.#context.principals.gone(this.client.principal);
    this.connection = undefined;
    this.readyConnection = undefined;
    this.disconnectedAt = now;
    this.deliveries.suspend();
  }

  /** As the store keeps it. */
  toStored(): StoredSession {
    const { will } = this;
    return {
      clientIdentifier: this.clientIdentifier,
      principalName: this.principalName,
      sessionExpiryInterval: this.sessionExpiryInterval,
      disconnectedAt: this.disconnectedAt,
      will: will && { ...will, willDelayInterval: will.properties.willDelayInterval ?? 0 },
    };
  }
}
