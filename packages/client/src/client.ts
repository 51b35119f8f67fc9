/** The client as programs see it: checks what it is given and hands it to the part that does it. */
import { type PetrelError, UsageError } from '@petrel/protocol';
import type { ClientEvents, ClientStatus } from './client-events.js';
import { ConnectionError } from './errors.js';
import { EventEmitter, type Listener } from './event-emitter.js';
import type { MessageHandler } from './handler-runner.js';
import { Link } from './link.js';
import { show } from './option-reader.js';
import { createMessage, type PublishOptions, type PublishResult } from './outbound-message.js';
import type { ResolvedOptions } from './resolve-options.js';
import type { ServerInfo } from './server-info.js';
import { Session } from './session.js';
import { resolveFilters, resolveSubscribeOptions, type SubscribeOptions } from './subscribe-options.js';
import type { Subscription } from './subscription.js';
import type { Platform } from './transport.js';

// What a timer can hold.
const longestGraceMs = 0x7fffffff;

/**
 * An MQTT client: one session with a server, over as many connections as it takes.
 *
 * Made by `connect` and `createClient`. All methods may be called in every status; what needs a connection waits for it.
 */
export class Client {
  readonly #options: ResolvedOptions;
  readonly #events = new EventEmitter<ClientEvents>();
  readonly #session: Session;
  readonly #link: Link;
  /** Why nothing can be sent any more. */
  #ended: PetrelError | undefined;
  #closing: Promise<void> | undefined;
  #reportEnded: () => void = () => {};
  readonly #whenEnded = new Promise<void>((resolve) => {
    this.#reportEnded = resolve;
  });

  /** @internal Use `connect` or `createClient`. */
  constructor(options: ResolvedOptions, platform: Platform, initialAttempts: number) {
    this.#options = options;
    this.#session = new Session(options, this.#events);
    this.#link = new Link({
      options,
      session: this.#session,
      events: this.#events,
      defer: platform.defer,
      initialAttempts,
      onGaveUp: (error) => {
        this.#events.emit('error', error);
        this.#end(error);
      },
    });
    this.#start();
  }

  #start(): void {
    const { sessionStore, clientIdentifier } = this.#options;
    if (sessionStore === undefined) {
      this.#link.start();
      return;
    }
    Promise.resolve()
      .then(() => sessionStore.open(clientIdentifier))
      .then((stored) => {
        // Closed while the store was opening.
        if (this.#ended !== undefined) return stored.close();
        this.#session.restore(stored);
        this.#link.start();
        return undefined;
      })
      .catch((cause: unknown) => {
        this.#end(
          new ConnectionError('PETREL_CLIENT_CLOSED', `the session store failed: ${String(cause)}`, {
            cause,
          }),
        );
      });
  }

  /** What the connection is doing; `on('status')` follows it. */
  get status(): ClientStatus {
    return this.#link.status;
  }

  /** The server of the current or last connection and its limits; undefined before the first. */
  get server(): ServerInfo | undefined {
    return this.#link.server;
  }

  /** The Client Identifier; empty until a server has assigned one where it was to. */
  get clientIdentifier(): string {
    return this.#link.clientIdentifier;
  }

  /** Messages that wait to be sent, and QoS 1 and 2 messages that wait for an acknowledgement. */
  get pending(): { readonly waiting: number; readonly inFlight: number } {
    const { waiting, inFlight } = this.#session.outbox;
    return { waiting, inFlight };
  }

  /** Adds a listener; the returned function removes it. A `status` listener is called at once with the current status. */
  on<E extends keyof ClientEvents>(event: E, listener: Listener<ClientEvents[E]>): () => void {
    const off = this.#events.on(event, listener);
    if (event === 'status') (listener as Listener<ClientEvents['status']>)(this.status);
    return off;
  }

  /** Removes a listener. */
  off<E extends keyof ClientEvents>(event: E, listener: Listener<ClientEvents[E]>): void {
    this.#events.off(event, listener);
  }

  /** Resolves once there is a connection, at once when there is; rejects when the client is closed or gives up. */
  connected({ signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<ServerInfo> {
    return new Promise((resolve, reject) => {
      const settle = (status: ClientStatus) => {
        if (status === 'connected') done(() => resolve(this.server as ServerInfo));
        if (status === 'closed') done(() => reject(this.#ended ?? clientClosed()));
      };
      const abort = () => done(() => reject(signal?.reason as Error));
      const done = (act: () => void) => {
        this.#events.off('status', settle);
        signal?.removeEventListener('abort', abort);
        act();
      };
      if (signal?.aborted) return abort();
      this.#events.on('status', settle);
      signal?.addEventListener('abort', abort);
      settle(this.status);
    });
  }

  /**
   * Publishes a message.
   *
   * Resolves when its QoS is complete: 0 when it is written, 1 at PUBACK, 2 at PUBCOMP; with `until: 'stored'` when the session store
   * owns it, which rejects with what the store fails with: the message may be sent all the same. Rejects with TopicError or UsageError on bad
   * arguments, with DeliveryError when the server refuses it (`reasonCode`), its limits forbid it, the queue is full or it expires,
   * with ConnectionError when the client is closed, with the signal's reason. `payload` must not be changed until then. Messages leave in the order
   * of the calls.
   */
  publish(
    topicName: string,
    payload: string | Uint8Array = '',
    options: PublishOptions = {},
  ): Promise<PublishResult> {
    try {
      if (this.#ended !== undefined) throw this.#ended;
      const message = createMessage(topicName, payload, options);
      const isStored = options.until === 'stored';
      if (isStored && this.#options.sessionStore === undefined) throw noStore();
      const completed = this.#session.outbox.publish(message, options.signal);
      return isStored ? this.#session.untilStored(message, completed) : completed;
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  /**
   * Subscribes; handlers get messages from the moment of the call.
   *
   * Resolves when the server has granted all filters; rejects with DeliveryError when it refuses one, and then holds none. With a handler, the
   * handler's promise decides the acknowledgement; without, iterate the subscription. Kept over reconnects until `unsubscribe`.
   */
  subscribe(topicFilter: string | readonly string[], handler: MessageHandler): Promise<Subscription>;
  subscribe(
    topicFilter: string | readonly string[],
    options?: SubscribeOptions,
    handler?: MessageHandler,
  ): Promise<Subscription>;
  subscribe(
    topicFilter: string | readonly string[],
    second: SubscribeOptions | MessageHandler = {},
    third?: MessageHandler,
  ): Promise<Subscription> {
    try {
      if (this.#ended !== undefined) throw this.#ended;
      const [given, handler] = typeof second === 'function' ? [{}, second] : [second, third];
      if (handler !== undefined && typeof handler !== 'function')
        throw new UsageError(`the handler must be a function, got ${show(handler)}`);
      const filters = resolveFilters(topicFilter);
      return this.#session.subscribe(filters, resolveSubscribeOptions(given, filters), handler);
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  /** Ends a filter for everybody who subscribed to it here, and for a session that an earlier process left. */
  async unsubscribe(topicFilter: string | readonly string[]): Promise<void> {
    if (this.#ended !== undefined) throw this.#ended;
    await Promise.all(resolveFilters(topicFilter).map((filter) => this.#session.unsubscribe(filter)));
  }

  /**
   * Authenticates again on the live connection (MQTT 5.0 section 4.12.1), while everything else goes on.
   *
   * Resolves when the server has accepted; without a connection, once there is one, since that has just authenticated. Rejects with
   * UsageError without the option `authentication`, with AuthenticationError when the server has not proved itself, with ConnectionError when the
   * connection ends, which is how a server refuses.
   */
  async reauthenticate(): Promise<void> {
    if (this.#ended !== undefined) throw this.#ended;
    if (this.#options.authentication === undefined) {
      throw new UsageError('reauthenticate() needs the option "authentication" [MQTT-4.12.0-7]');
    }
    if (this.status === 'connected') await this.#session.reauthentication.start();
    else await this.connected();
  }

  /**
   * Finishes and closes: takes no new messages, waits for messages in flight and running handlers, up to `graceMs` (default: the option
   * `closeTimeoutMs`), sends DISCONNECT. What is left then is rejected with ConnectionError. `withWill` lets the server publish the Will all the
   * same: DISCONNECT 0x04, and none at all on MQTT 3.x. May be called twice; the first call decides.
   */
  close({
    graceMs = this.#options.closeTimeoutMs,
    withWill = false,
  }: {
    readonly graceMs?: number | undefined;
    readonly withWill?: boolean | undefined;
  } = {}): Promise<void> {
    if (!(graceMs >= 0 && graceMs <= longestGraceMs)) {
      return Promise.reject(
        new UsageError(`option "graceMs" must be 0–${longestGraceMs} (milliseconds), got ${graceMs}`),
      );
    }
    this.#closing ??= this.#close(graceMs, withWill);
    return this.#closing;
  }

  async #close(graceMs: number, withWill: boolean): Promise<void> {
    if (this.#ended !== undefined) return;
    let cancel = () => {};
    const deadline = new Promise<void>((resolve) => {
      cancel = this.#options.clock.schedule(graceMs, resolve);
    });
    await Promise.race([this.#session.drain(), deadline, this.#whenEnded]);
    cancel();
    if (this.#ended !== undefined) return;
    this.#ended = clientClosed();
    await this.#link.close(withWill);
    await this.#session.end(this.#ended);
  }

  /** Stops now: no DISCONNECT, so the server publishes the Will; everything pending is rejected. May be called twice. */
  destroy(error: PetrelError = clientClosed()): void {
    this.#end(error);
  }

  #end(error: PetrelError): void {
    if (this.#ended !== undefined) return;
    this.#ended = error;
    this.#link.destroy();
    this.#session.end(error).catch((cause: PetrelError) => this.#events.emit('error', cause));
    this.#reportEnded();
  }
}

function noStore(): UsageError {
  return new UsageError('publish option "until" can be "stored" only with the option "sessionStore"');
}

function clientClosed(): ConnectionError {
  return new ConnectionError('PETREL_CLIENT_CLOSED', 'the client is closed');
}
