/** The face of the service layer: handlers, requests and events over one connection. Delegates all three. */
import { assertTopicName, type PublishProperties, type QoS } from '@petrel/protocol';
import { settledWithin } from './deadline.js';
import { createEndpoint, type Endpoint, type HandlerOptions } from './endpoint.js';
import { RemoteError, ServiceError } from './errors.js';
import type { Envelope, Outgoing } from './exchange.js';
import type { EventHandler, RequestHandler } from './handler.js';
import type { Link } from './link.js';
import {
  assertMilliseconds,
  type ResolvedServiceSettings,
  resolveServiceSettings,
  type ServiceSettings,
} from './options.js';
import { ReplyStream } from './reply-stream.js';
import { type Outcome, Requester, type RequestSettings } from './requester.js';
import { Router } from './router.js';

/** How an event is published. */
export interface EventOptions {
  /** 0–2. Default 1. */
  readonly qos?: QoS;
  /** Default false. */
  readonly retain?: boolean;
  readonly properties?: PublishProperties;
  readonly envelope?: Envelope;
  readonly signal?: AbortSignal;
}

/** How a request is sent. */
export interface RequestOptions extends EventOptions {
  /** Milliseconds to wait for the first answer; 0 = for ever. Default: `requestTimeoutMs` of the service. */
  readonly timeoutMs?: number;
}

/** A handler in service. */
export interface Registration {
  /** Unsubscribes, unless another handler needs the same messages. */
  close(): Promise<void>;
}

/** Handlers, requests and events over one MQTT connection. Made by `createService`, or by an adapter on a link of its own. */
export class Service {
  readonly #link: Link;
  readonly #settings: ResolvedServiceSettings;
  readonly #router: Router;
  readonly #requester: Requester;
  #closing: Promise<boolean> | undefined;
  #closed = false;

  constructor(link: Link, settings: ServiceSettings = {}) {
    this.#link = link;
    this.#settings = resolveServiceSettings(settings);
    const { dialect, policy, onError, inboxPrefix } = this.#settings;
    this.#router = new Router(link, dialect, policy.concurrency, onError);
    this.#requester = new Requester(link, dialect, { prefix: inboxPrefix, qos: 0 });
  }

  /** Messages in work, or waiting for their turn. */
  get inWork(): number {
    return this.#router.inWork;
  }

  /** Answers that no request waited for: late ones, and those of a second responder. */
  get unclaimedReplies(): number {
    return this.#requester.unclaimed;
  }

  /** Runs `handler` for each message of a Topic Filter; resolves when the server has granted the subscription. */
  async on<Data = unknown>(
    topicFilter: string,
    handler: EventHandler<Data>,
    options: HandlerOptions = {},
  ): Promise<Registration> {
    return this.register(createEndpoint(topicFilter, false, handler, options, this.#settings.policy));
  }

  /** Answers the requests of a Topic Filter; resolves when the server has granted the subscription. */
  async respond<Data = unknown, Result = unknown>(
    topicFilter: string,
    handler: RequestHandler<Data, Result>,
    options: HandlerOptions = {},
  ): Promise<Registration> {
    return this.register(createEndpoint(topicFilter, true, handler, options, this.#settings.policy));
  }

  /** Puts an endpoint into service; for adapters. */
  async register(endpoint: Endpoint): Promise<Registration> {
    if (this.#closing !== undefined) throw closed();
    // A session that goes on may bring messages with its first connection: there, the handler must be in place before.
    if (!this.#settings.keepSubscriptions) await this.#link.ready();
    return { close: await this.#router.add(endpoint) };
  }

  /**
   * Asks and resolves with the answer; of a stream of answers with its first.
   *
   * Rejects with RemoteError, NoResponderError, RequestTimeoutError or RequestCancelledError.
   */
  request<Result = unknown>(
    topicName: string,
    data?: unknown,
    options: RequestOptions = {},
  ): Promise<Result> {
    return new Promise((resolve, reject) => {
      const cancel = this.#send(topicName, data, options, (outcome) => {
        if (outcome.kind === 'failed') return reject(outcome.error);
        if (outcome.kind === 'error') return reject(new RemoteError(topicName, outcome.error));
        if (outcome.kind === 'next') cancel();
        resolve((outcome.kind === 'end' ? undefined : outcome.data) as Result);
      });
    });
  }

  /** Asks and gives the answers as they come; leaving the loop gives the request up. */
  requestStream<Item = unknown>(
    topicName: string,
    data?: unknown,
    options: RequestOptions = {},
  ): AsyncIterableIterator<Item> {
    const stream = new ReplyStream<Item>(topicName);
    stream.cancel = this.#send(topicName, data, options, (outcome) => stream.push(outcome));
    return stream;
  }

  /** Publishes an event; resolves when its QoS is complete. No data is an empty payload, which clears a retained message. */
  async publish(topicName: string, data?: unknown, options: EventOptions = {}): Promise<void> {
    const { properties } = options;
    await this.sendEvent({ topicName, data, ...(properties && { properties }) }, options);
  }

  /** Publishes an event that an adapter has put together. */
  async sendEvent(event: Outgoing, options: EventOptions): Promise<void> {
    this.#assertOpen();
    assertTopicName(event.topicName);
    const { envelope = this.#settings.envelope, qos = 1, retain = false, signal } = options;
    const carriesProperties = this.#link.protocolVersion !== 3 && this.#link.protocolVersion !== 4;
    const { topicName, payload, properties } = this.#settings.dialect.writeEvent(
      event,
      envelope,
      carriesProperties,
    );
    await this.#link.publish(topicName, payload, { qos, retain, properties, ...(signal && { signal }) });
  }

  /** Sends a request that an adapter has put together; `listener` hears every outcome. Returns how to give it up. */
  sendRequest(request: Outgoing, options: RequestOptions, listener: (outcome: Outcome) => void): () => void {
    this.#assertOpen();
    assertTopicName(request.topicName);
    const {
      envelope = this.#settings.envelope,
      timeoutMs = this.#settings.requestTimeoutMs,
      qos = 1,
    } = options;
    assertMilliseconds('timeoutMs', timeoutMs);
    const { retain, signal } = options;
    const settings: RequestSettings = {
      envelope,
      timeoutMs,
      qos,
      ...(retain === undefined ? {} : { retain }),
      ...(signal && { signal }),
    };
    return this.#requester.send(request, settings, listener);
  }

  /**
   * Finishes: takes no more messages, lets handlers end for `drainTimeoutMs`, acknowledges, fails waiting requests and
   * disconnects. Resolves with whether all handlers ended in time; may be called again.
   */
  close(): Promise<boolean> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<boolean> {
    const { drainTimeoutMs, keepSubscriptions } = this.#settings;
    // A session that goes on keeps its subscriptions: there, closing the link is what stops the intake.
    const closing = keepSubscriptions ? this.#link.close(drainTimeoutMs) : undefined;
    const intake = keepSubscriptions ? undefined : this.#router.unsubscribe();
    const finished = Promise.all([intake, closing]).then(() => this.#router.finished());
    const drained = await settledWithin(finished, drainTimeoutMs);
    // Until here, handlers in work could publish and ask.
    this.#closed = true;
    this.#router.abort();
    this.#requester.close();
    await (closing ?? this.#link.close(drained ? drainTimeoutMs : 0));
    return drained;
  }

  #send(
    topicName: string,
    data: unknown,
    options: RequestOptions,
    listener: (outcome: Outcome) => void,
  ): () => void {
    const { properties } = options;
    return this.sendRequest({ topicName, data, ...(properties && { properties }) }, options, listener);
  }

  #assertOpen(): void {
    if (this.#closed) throw closed();
  }
}

function closed(): ServiceError {
  return new ServiceError('PETREL_SERVICE_CLOSED', 'the service is closed');
}
