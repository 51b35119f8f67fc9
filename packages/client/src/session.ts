/** The client's half of an MQTT session: its parts, their connection while there is one, and the packets between them. */
import { type Packet, PacketIdentifiers, type PetrelError } from '@petrel/protocol';
import { Reauthentication } from './authentication/reauthentication.js';
import type { ClientEvents } from './client-events.js';
import type { Connection, ConnectionOwner } from './connection.js';
import { DeliveryError } from './errors.js';
import type { EventEmitter } from './event-emitter.js';
import { HandlerRunner, type MessageHandler } from './handler-runner.js';
import { Inbox } from './inbox.js';
import { type OutboundMessage, type PublishResult, success } from './outbound-message.js';
import { Outbox } from './outbox.js';
import { handlePacket } from './packet-handlers.js';
import type { ResolvedOptions } from './resolve-options.js';
import type { ServerInfo } from './server-info.js';
import type { StoredSession } from './session-store.js';
import type { Filter, ResolvedSubscribeOptions } from './subscribe-options.js';
import { Subscription } from './subscription.js';
import { SubscriptionRequests } from './subscription-requests.js';
import { Subscriptions } from './subscriptions.js';

// Half of the identifiers there are.
const identifierSpread = 2 ** 27;

export class Session implements ConnectionOwner {
  readonly outbox: Outbox;
  readonly inbox: Inbox;
  readonly requests: SubscriptionRequests;
  readonly reauthentication: Reauthentication;
  /** Set by whoever looks after the connection. */
  onLost: (cause: PetrelError) => void = () => {};

  readonly #events: EventEmitter<ClientEvents>;
  readonly #subscriptions: Subscriptions;
  readonly #runner: HandlerRunner;
  #stored: StoredSession | undefined;
  #reportRestored: () => void = () => {};
  /** The store is open, or never will be. */
  readonly #whenRestored = new Promise<void>((resolve) => {
    this.#reportRestored = resolve;
  });
  #whenIdle: (() => void) | undefined;

  constructor(options: ResolvedOptions, events: EventEmitter<ClientEvents>) {
    this.#events = events;
    this.reauthentication = new Reauthentication(options.authentication);
    const report = (error: PetrelError) => this.#report(error);
    const onIdle = () => this.#checkIdle();
    const identifiers = new PacketIdentifiers();
    // A session of an earlier process may still deliver with that process' identifiers: ours must not look like them.
    this.#subscriptions = new Subscriptions(
      options.cleanStart ? 0 : Math.floor(options.random() * identifierSpread),
    );
    this.#runner = new HandlerRunner({ onHandlerError: options.onHandlerError, report, onIdle });
    this.requests = new SubscriptionRequests(this.#subscriptions, identifiers, report);
    this.outbox = new Outbox({
      options,
      identifiers,
      onIdle,
      onDrop: (message) => events.emit('drop', message),
    });
    this.inbox = new Inbox({
      options,
      subscriptions: this.#subscriptions,
      onMessage: (message) => events.emit('message', message),
      onWarning: (error) => events.emit('error', error),
    });
  }

  /** Takes over what a store holds; before the first connection. */
  restore(stored: StoredSession): void {
    this.#stored = stored;
    this.outbox.restore(stored);
    this.inbox.restore(stored);
    this.#reportRestored();
  }

  /** Waits until the store owns a message that the outbox has taken; `completed` is the end of its QoS. */
  async untilStored(message: OutboundMessage, completed: Promise<PublishResult>): Promise<PublishResult> {
    let failure: Error | undefined;
    let isStored = false;
    completed.catch((error: Error) => {
      failure = error;
      // Whoever closes the client leaves the message to the next one.
      if (isStored && error instanceof DeliveryError) this.#report(error);
    });
    await this.#whenRestored;
    // Refused or dropped at once, or the client is closed.
    if (message.sequence === 0) return completed;
    await this.#stored?.commit();
    if (failure !== undefined) throw failure;
    isStored = true;
    return success;
  }

  /** Makes a connection this session's; `resumed` when the server still has the session. */
  attach(connection: Connection, server: ServerInfo, resumed: boolean): void {
    connection.owner = this;
    const stored = this.#stored;
    if (stored !== undefined) connection.beforeWrite = () => stored.commit();
    this.reauthentication.attach(connection);
    this.inbox.attach(connection, resumed);
    // MQTT 3.1 never says for sure that the session was there.
    this.requests.attach(connection, server, resumed && server.protocolVersion !== 3);
    this.outbox.attach(connection, server, resumed);
  }

  onOpen(): void {
    // The handshake is over when a session gets its connection.
  }

  onPacket(packet: Packet): void {
    if (this.#events.has('packetReceive')) this.#events.emit('packetReceive', packet);
    handlePacket(this, packet);
  }

  onDrain(): void {
    this.outbox.onDrain();
  }

  onClose(cause: PetrelError): void {
    this.detach(cause);
    this.onLost(cause);
  }

  /** Lets go of the connection. */
  detach(cause: PetrelError): void {
    this.reauthentication.detach(cause);
    this.inbox.detach();
    this.requests.detach();
    this.outbox.detach();
  }

  /** Subscribes to all filters or none; handlers get messages from now on. */
  async subscribe(
    filters: readonly Filter[],
    options: ResolvedSubscribeOptions,
    handler: MessageHandler | undefined,
  ): Promise<Subscription> {
    options.signal?.throwIfAborted();
    const unsubscribe = (left: Subscription) => this.#unsubscribe(left);
    const subscription = new Subscription({ filters, options, handler, runner: this.#runner, unsubscribe });
    const asked = filters.map(async (filter) => {
      const entry = this.#subscriptions.join(filter, options, subscription);
      subscription.granted(filter.text, await this.requests.subscribe(entry));
    });
    this.inbox.offerUnclaimed();
    try {
      await abortable(Promise.all(asked), options.signal);
      return subscription;
    } catch (error) {
      // Whoever waits for this one gets the first failure; those of undoing it have nothing to add.
      subscription.unsubscribe().catch(() => {});
      throw error;
    }
  }

  async #unsubscribe(subscription: Subscription): Promise<void> {
    subscription.end();
    const ended = subscription.topicFilters.filter((filter) =>
      this.#subscriptions.leave(filter, subscription),
    );
    await Promise.all(ended.map((filter) => this.requests.unsubscribe(filter)));
  }

  /** Ends a filter for everybody who subscribed to it. */
  async unsubscribe(filter: Filter): Promise<void> {
    const entry = this.#subscriptions.get(filter.text);
    for (const subscription of entry?.subscriptions ?? []) {
      this.#subscriptions.leave(filter.text, subscription);
      const isLeft = subscription.topicFilters.some((other) =>
        this.#subscriptions.get(other)?.subscriptions.has(subscription),
      );
      if (!isLeft) subscription.end();
    }
    await this.requests.unsubscribe(filter.text);
  }

  /** Takes no new messages, and resolves once nothing is in flight and no handler runs. */
  drain(): Promise<void> {
    this.inbox.drain();
    return new Promise((resolve) => {
      this.#whenIdle = resolve;
      this.#checkIdle();
    });
  }

  #checkIdle(): void {
    if (this.outbox.isIdle && this.#runner.running === 0) this.#whenIdle?.();
  }

  /** Ends every wait and every stream: the client is closed. */
  async end(error: PetrelError): Promise<void> {
    this.detach(error);
    this.inbox.end();
    this.outbox.abandon(error);
    this.requests.abandon(error);
    const subscriptions = new Set(
      [...this.#subscriptions.entries()].flatMap((entry) => [...entry.subscriptions]),
    );
    for (const subscription of subscriptions) subscription.end();
    this.#reportRestored();
    await this.#stored?.close();
  }

  // Errors of the program's own code must not vanish where nobody listens.
  #report(error: PetrelError): void {
    if (this.#events.has('error')) this.#events.emit('error', error);
    else if (error.code === 'PETREL_HANDLER_FAILED') console.error(error);
  }
}

/** Ends the wait when the signal does. */
function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
