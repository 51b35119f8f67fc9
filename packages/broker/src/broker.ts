/** The broker as a program sees it: opens and closes, hands out connections, publishes. What it is made of is the context's business. */

import type { Duplex } from 'node:stream';
import { reasonCode } from '@petrel/protocol';
import { smallestMarkBytes } from './bounds/outbound-total.js';
import { BrokerContext } from './broker-context.js';
import { Connection } from './connection.js';
import { administrativeAction, BrokerClosedError, ConnectionError } from './errors.js';
import { type DeliveryExplanation, explainDelivery } from './explain-delivery.js';
import type { Refusal } from './hooks.js';
import {
  type RetainedPage,
  type RetainedQuery,
  retainedPage,
  type SessionDetail,
  type SessionInfo,
  sessionDetail,
  sessionInfo,
} from './inspection.js';
import type { Listener } from './listeners/listener.js';
import { openListener } from './listeners/open-listener.js';
import type { MetricsSnapshot } from './metrics.js';
import type { BrokerOptions } from './options.js';
import { type BrokerMessage, type BrokerPublishResult, publishOwn } from './publish-own.js';
import { type UnreadyReason, unreadyReasons } from './readiness.js';
import { resolveBrokerOptions } from './resolve-options.js';
import { restoreState } from './restore-state.js';
import { SysTopicsPublisher } from './sys-topics-publisher.js';
import type { Handshake, Transport, TransportLimits } from './transport.js';
import { MemoryTransport } from './transports/memory.js';
import { type BrokerUpdate, updateBroker } from './update-broker.js';

/** What a client may put into one WebSocket message besides its largest packet. */
const webSocketBatchBytes = 1_048_576;

/** Where a listener can be reached. */
export type BrokerAddress = Pick<Listener, 'type' | 'url' | 'host' | 'port'>;

/** A running broker. */
export interface Broker {
  /** Its open listeners, in the order of the options. */
  readonly addresses: readonly BrokerAddress[];
  /** The client's end of a connection inside this process: what a socket would be, without one. */
  connect(): Duplex;
  /** Publishes for the program itself, past all access control; settles once the store owns the message. */
  publish(message: BrokerMessage): Promise<BrokerPublishResult>;
  /**
   * Changes rules, limits, certificates and methods of authentication while clients stay; subscriptions, Wills and waiting messages that the new rules refuse
   * go. Throws UsageError for an option that no rule allows, and has changed nothing then.
   */
  update(changes: BrokerUpdate): void;
  /** All figures at this moment. */
  metrics(): MetricsSnapshot;
  /** Why new clients are better sent elsewhere at the moment; empty when the broker is ready for them. */
  unreadyReasons(): readonly UnreadyReason[];
  /** All sessions, connected or not. */
  sessions(): SessionInfo[];
  /** Everything about one session; undefined when there is none. */
  session(clientIdentifier: string): SessionDetail | undefined;
  /** Ends a session, and its connection with 0x98 Administrative action; false when there is none. Its Will is published. */
  endSession(clientIdentifier: string): boolean;
  /** Why messages do not reach a client: what would become of one now, and the last decisions. Throws TopicError for what is no Topic Name. */
  explainDelivery(clientIdentifier: string, topicName: string): DeliveryExplanation;
  /** Retained messages, a page at a time. Rejects with UsageError or TopicError for a query that no rule allows. */
  retained(query?: RetainedQuery): Promise<RetainedPage>;
  /**
   * Ends the connection of a client with DISCONNECT; false when it has none. Its session stays. Throws UsageError for a Reason Code that
   * DISCONNECT does not have, and a Server Reference with another one than 0x9C or 0x9D.
   */
  disconnect(clientIdentifier: string, reason?: Partial<Refusal>): boolean;
  /**
   * Finishes: accepts nobody any more, tells MQTT 5 clients 0x8B, sends what is queued in sockets, and cuts off after `graceMs`
   * (default 5,000) who does not take it. May be called twice.
   */
  close(options?: { readonly graceMs?: number }): Promise<void>;
  /** Stops at once; the store is closed all the same. May be called twice. */
  destroy(): Promise<void>;
}

/**
 * Opens a broker: checks the options, restores what the store holds, opens all listeners.
 *
 * Rejects with UsageError for an option that no rule allows and with ListenError for a listener that cannot be opened.
 */
export async function createBroker(options: BrokerOptions = {}): Promise<Broker> {
  const broker = new RunningBroker(new BrokerContext(resolveBrokerOptions(options)));
  await broker.open();
  return broker;
}

class RunningBroker implements Broker {
  readonly #context: BrokerContext;
  readonly #listeners: Listener[] = [];
  readonly #transportLimits: TransportLimits;
  readonly #sysTopics: SysTopicsPublisher;
  readonly #whenEmpty: (() => void)[] = [];
  #closing: Promise<void> | undefined;

  constructor(context: BrokerContext) {
    const { limits } = context.options;
    this.#context = context;
    this.#sysTopics = new SysTopicsPublisher(context);
    this.#transportLimits = {
      // Below any mark that a connection can have, so that a socket above it always reports when it has drained.
      highWaterMarkBytes: Math.min(limits.outboundHighWaterMarkBytes, smallestMarkBytes) >> 1,
      maximumMessageBeforeConnectBytes: limits.maximumPacketSizeBeforeConnectBytes,
      // One WebSocket message may carry many packets.
      maximumMessageBytes: limits.maximumPacketSizeBytes + webSocketBatchBytes,
      handshakeTimeoutMs: limits.connectTimeoutMs,
      maximumConnections: limits.maximumConnections,
    };
  }

  get addresses(): readonly BrokerAddress[] {
    return this.#listeners.map(({ type, url, host, port }) => ({ type, url, host, port }));
  }

  async open(): Promise<void> {
    const { store, options } = this.#context;
    await restoreState(this.#context, await store.open());
    this.#context.door.open((transport) => this.#enter(transport));
    try {
      for (const listener of options.listeners) {
        this.#listeners.push(
          await openListener(listener, {
            limits: this.#transportLimits,
            accept: (transport, handshake) => this.#accept(transport, handshake),
            knock: (handshake) => this.#knock(handshake),
            gone: (handshake) => this.#context.door.gone(handshake),
            unfinished: this.#context.unfinished,
            onError: (error) => this.#context.logger.warn(error),
          }),
        );
      }
    } catch (error) {
      await this.destroy();
      throw error;
    }
    this.#sysTopics.start();
  }

  connect(): Duplex {
    this.#assertOpen('connect()');
    const transport = new MemoryTransport(this.#transportLimits.highWaterMarkBytes);
    this.#accept(transport);
    return transport.clientStream;
  }

  async publish(content: BrokerMessage): Promise<BrokerPublishResult> {
    this.#assertOpen('publish()');
    return publishOwn(this.#context, content);
  }

  update(changes: BrokerUpdate): void {
    this.#assertOpen('update()');
    updateBroker(this.#context, this.#listeners, changes);
  }

  metrics(): MetricsSnapshot {
    return this.#context.metrics.snapshot(this.#context.gauges(), this.#context.clock.now());
  }

  unreadyReasons(): readonly UnreadyReason[] {
    return unreadyReasons(this.#context, this.#listeners.length > 0 && this.#closing === undefined);
  }

  sessions(): SessionInfo[] {
    return [...this.#context.sessions.values()].map(sessionInfo);
  }

  session(clientIdentifier: string): SessionDetail | undefined {
    const session = this.#context.sessions.get(clientIdentifier);
    return session && sessionDetail(session);
  }

  endSession(clientIdentifier: string): boolean {
    const { sessions } = this.#context;
    const session = sessions.get(clientIdentifier);
    if (session === undefined) return false;
    session.connection?.fail(administrativeAction({}));
    sessions.end(session);
    return true;
  }

  explainDelivery(clientIdentifier: string, topicName: string): DeliveryExplanation {
    return explainDelivery(this.#context, clientIdentifier, topicName);
  }

  async retained(query: RetainedQuery = {}): Promise<RetainedPage> {
    this.#assertOpen('retained()');
    return retainedPage(this.#context, query);
  }

  disconnect(clientIdentifier: string, reason: Partial<Refusal> = {}): boolean {
    const error = administrativeAction(reason);
    const connection = this.#context.sessions.get(clientIdentifier)?.connection;
    connection?.fail(error);
    return connection !== undefined;
  }

  close({ graceMs = 5000 }: { readonly graceMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#close(graceMs);
    return this.#closing;
  }

  async destroy(): Promise<void> {
    const wasClosing = this.#closing;
    this.#closing ??= this.#close(0);
    this.#cutOff();
    await (wasClosing ?? this.#closing);
  }

  async #close(graceMs: number): Promise<void> {
    const { connections, timers, clock, store } = this.#context;
    this.#sysTopics.stop();
    this.#context.door.close();
    // Listeners first: nobody new may come while the others are told to go.
    const listenersClosed = Promise.all(this.#listeners.map((listener) => listener.close()));
    for (const connection of [...connections]) {
      connection.fail(
        new ConnectionError('PETREL_BROKER_CLOSING', 'the broker is closing', {
          reasonCode: reasonCode.serverShuttingDown,
        }),
      );
    }
    const cutOff = timers.add(clock.now() + graceMs, () => this.#cutOff());
    if (connections.size > 0) await new Promise<void>((resolve) => this.#whenEmpty.push(resolve));
    timers.cancel(cutOff);
    await listenersClosed;
    timers.clear();
    await store.close();
  }

  #accept(transport: Transport, handshake?: Handshake): void {
    if (this.#closing !== undefined) transport.destroy();
    else if (handshake === undefined) this.#context.door.arrived(transport);
    else this.#context.door.shook(handshake, transport);
  }

  #knock(handshake: Handshake): void {
    if (this.#closing === undefined) this.#context.door.arrived(handshake);
    else handshake.destroy();
  }

  #enter(transport: Transport): Connection {
    const connection = new Connection(transport, this.#context, this.#onClosed);
    this.#context.connections.add(connection);
    transport.start(connection);
    return connection;
  }

  readonly #onClosed = (connection: Connection): void => {
    const { connections } = this.#context;
    connections.delete(connection);
    this.#context.door.left(connection);
    if (connections.size > 0) return;
    for (const resolve of this.#whenEmpty.splice(0)) resolve();
  };

  #cutOff(): void {
    for (const connection of [...this.#context.connections]) {
      connection.destroy({ reasonCode: reasonCode.serverShuttingDown, byClient: false, cause: undefined });
    }
  }

  #assertOpen(what: string): void {
    if (this.#closing !== undefined) throw new BrokerClosedError(`${what}: the broker is closed`);
  }
}
