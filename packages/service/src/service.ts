/** The face of the service layer: handlers, requests and events over one connection. Delegates all three. */
import { assertTopicName } from '@petrel/protocol';
import type { AnswerObserver } from './answer-collector.js';
import { askForStream, askMany, askOnce, gather, type SendRequest } from './ask.js';
import { assertMilliseconds, assertOneOf } from './assert-option.js';
import type { Outcome, RequestSettings } from './call.js';
import { settledWithin } from './deadline.js';
import { Discovery } from './discovery.js';
import { createEndpoint, type Endpoint, type HandlerOptions, type Registration } from './endpoint.js';
import { ServiceError } from './errors.js';
import type { Outgoing } from './exchange.js';
import { GroupCheck } from './group-check.js';
import type { EventHandler, RequestHandler } from './handler.js';
import type { Link } from './link.js';
import { carrying, Observers, observed, observedRequest } from './observer.js';
import { type ResolvedServiceSettings, resolveServiceSettings, type ServiceSettings } from './options.js';
import { Requester } from './requester.js';
import { Router } from './router.js';
import type { EventOptions, Reading, RequestOptions, ScatterOptions, StreamOptions } from './send-options.js';

const alone: Reading = Object.freeze({});

/** Handlers, requests and events over one MQTT connection. Made by `createService`, or by an adapter on a link of its own. */
export class Service {
  readonly #link: Link;
  readonly #settings: ResolvedServiceSettings;
  readonly #router: Router;
  readonly #requester: Requester;
  readonly #observers: Observers | undefined;
  readonly #discovery: Discovery | undefined;
  readonly #groupCheck: GroupCheck;
  readonly #endpoints = new Set<Endpoint>();
  #closing: Promise<boolean> | undefined;
  #closed = false;

  constructor(link: Link, settings: ServiceSettings = {}) {
    this.#link = link;
    this.#settings = resolveServiceSettings(settings);
    const { dialect, policy, onError, onWarning, inboxPrefix, controlPrefix, discoveryPrefix, clock } =
      this.#settings;
    const discovered = discoveryPrefix === undefined ? undefined : new Discovery(this, link, this.#settings);
    const observers = [...this.#settings.observers, ...(discovered?.observers ?? [])];
    this.#observers = observers.length === 0 ? undefined : new Observers(observers);
    this.#discovery = discovered;
    this.#groupCheck = new GroupCheck(link, inboxPrefix, clock);
    this.#router = new Router({
      link,
      dialect,
      clock,
      concurrency: policy.concurrency,
      report: onError,
      observers: this.#observers,
      controlPrefix,
      errorStacks: this.#settings.errorStacks,
      warn: onWarning,
    });
    this.#requester = new Requester(link, dialect, { prefix: inboxPrefix, qos: 0, controlPrefix }, clock);
  }

  /** Messages in work, or waiting for their turn. */
  get inWork(): number {
    return this.#router.inWork;
  }

  /** What the service is called; undefined where it has no name. */
  get name(): string | undefined {
    return this.#settings.name;
  }

  get version(): string {
    return this.#settings.version;
  }

  get description(): string {
    return this.#settings.description;
  }

  /** What this service serves, in the order in which it was declared. */
  get endpoints(): readonly Endpoint[] {
    return [...this.#endpoints];
  }

  /** Answers that no request waited for: late ones, and those of a second responder. */
  get unclaimedReplies(): number {
    return this.#requester.unclaimed;
  }

  /**
   * Runs `handler` for each message of a Topic Filter, whose wildcards may have names: `sensors/:room/*rest`. Resolves when
   * the server has granted the subscription.
   */
  async on<Data = unknown, const Pattern extends string = string>(
    topicPattern: Pattern,
    handler: EventHandler<Data, Pattern>,
    options: HandlerOptions = {},
  ): Promise<Registration> {
    return this.register(this.endpoint(topicPattern, false, handler, options));
  }

  /** Answers the requests of a Topic Filter, named as for `on`; resolves when the server has granted the subscription. */
  async respond<Data = unknown, Result = unknown, const Pattern extends string = string>(
    topicPattern: Pattern,
    handler: RequestHandler<Data, Result, Pattern>,
    options: HandlerOptions = {},
  ): Promise<Registration> {
    return this.register(this.endpoint(topicPattern, true, handler, options));
  }

  /** Makes an endpoint by the policy of this service, without putting it into service; for layers above. */
  endpoint<Pattern extends string>(
    topicPattern: Pattern,
    responds: boolean,
    handler: EventHandler<never, Pattern>,
    options: HandlerOptions = {},
  ): Endpoint {
    return createEndpoint(topicPattern, responds, handler as EventHandler<never>, options, this.#settings);
  }

  /** Answers those who look for services, where it has a name and `discovery` is not off; called once, as soon as there is a client. */
  async discoverable(): Promise<void> {
    await Promise.all(this.#discovery?.endpoints().map((endpoint) => this.register(endpoint)) ?? []);
  }

  /** Puts an endpoint into service; for adapters. */
  async register(endpoint: Endpoint): Promise<Registration> {
    if (this.#closing !== undefined) throw closed();
    // A session that goes on may bring messages with its first connection: there, the handler must be in place before.
    if (!this.#settings.keepSubscriptions) await this.#link.ready();
    try {
      const close = await this.#router.add(endpoint);
      if (endpoint.topicFilter.startsWith('$share/') && !(await this.#groupCheck.available())) {
        await close();
        throw noGroups(endpoint.topicFilter);
      }
      this.#endpoints.add(endpoint);
      return {
        close: () => {
          this.#endpoints.delete(endpoint);
          return close();
        },
      };
    } catch (refusal) {
      if (this.#settings.onRefusedSubscription === 'fail') throw refusal;
      this.#settings.onWarning(refusal as Error);
      return { close: async () => undefined };
    }
  }

  /**
   * Asks and resolves with the answer; of a stream of answers with its first.
   *
   * Rejects with RemoteError, NoResponderError, RequestTimeoutError, RequestLostError or RequestCancelledError.
   */
  request<Result = unknown>(
    topicName: string,
    data?: unknown,
    options: RequestOptions = {},
  ): Promise<Result> {
    return askOnce(this.#ask, { topicName, data, properties: options.properties }, options);
  }

  /**
   * Asks and gives the answers as they come; leaving the loop gives the request up. Who reads slowly slows the responder, where that is a
   * Petrel service: no more than `window` answers are ever outstanding.
   */
  requestStream<Item = unknown>(
    topicName: string,
    data?: unknown,
    options: StreamOptions = {},
  ): AsyncIterableIterator<Item> {
    return this.sendStreamRequest({ topicName, data, properties: options.properties }, options);
  }

  /**
   * Asks all who serve a topic, where they are no group; resolves with their answers in the order they came, each value of a stream one: with
   * `answers` of them, or after `timeoutMs` with those that came. Rejects with NoResponderError, RequestLostError or RequestCancelledError.
   */
  scatter<Result = unknown>(
    topicName: string,
    data?: unknown,
    options: ScatterOptions = {},
  ): Promise<PromiseSettledResult<Result>[]> {
    return gather(this.#ask, { topicName, data, properties: options.properties }, options);
  }

  /** As `requestStream`, for adapters. */
  sendStreamRequest<Item = unknown>(request: Outgoing, options: StreamOptions): AsyncIterableIterator<Item> {
    return askForStream(this.#ask, request, options, this.#settings);
  }

  /** As `scatter`, for what an adapter has put together. Returns how to give it up. */
  sendScatter<Result>(
    request: Outgoing,
    options: ScatterOptions,
    observer: AnswerObserver<Result>,
  ): () => void {
    return askMany(this.#ask, request, options, observer);
  }

  /** Publishes an event; resolves when its QoS is complete. No data is an empty payload, which clears a retained message. */
  async publish(topicName: string, data?: unknown, options: EventOptions = {}): Promise<void> {
    await this.sendEvent({ topicName, data, properties: options.properties }, options);
  }

  /** Publishes an event that an adapter has put together. */
  async sendEvent(event: Outgoing, options: EventOptions): Promise<void> {
    this.#assertOpen();
    assertTopicName(event.topicName);
    const { envelope = this.#settings.envelope, qos = 1, retain = false, signal } = options;
    const carriesProperties = this.#link.protocolVersion !== 3 && this.#link.protocolVersion !== 4;
    const observation = this.#observers?.publishing(event);
    const publish = async () => {
      const { topicName, payload, properties } = this.#settings.dialect.writeEvent(
        carrying(event, observation),
        envelope,
        carriesProperties,
      );
      await this.#link.publish(topicName, payload, { qos, retain, properties, signal });
    };
    await (observation === undefined ? publish() : observed(observation, publish));
  }

  /** Sends a request that an adapter has put together; `listener` hears every outcome. Returns how to give it up. */
  sendRequest(
    request: Outgoing,
    options: RequestOptions,
    listener: (outcome: Outcome) => void,
    { credit, collects }: Reading = alone,
  ): () => void {
    this.#assertOpen();
    assertTopicName(request.topicName);
    const {
      envelope = this.#settings.envelope,
      timeoutMs = this.#settings.requestTimeoutMs,
      qos = this.#settings.requestQos,
      onConnectionLost = this.#settings.onConnectionLost,
    } = options;
    assertMilliseconds('timeoutMs', timeoutMs);
    const { retain, signal } = options;
    assertOneOf('onConnectionLost', onConnectionLost, ['fail', 'resend']);
    const settings: RequestSettings = {
      envelope,
      timeoutMs,
      qos,
      retain,
      signal,
      onConnectionLost,
      credit,
      collects,
    };
    const observation = this.#observers?.requesting(request);
    if (observation === undefined) return this.#requester.send(request, settings, listener);
    return observedRequest(observation, request.topicName, listener, (listening) =>
      this.#requester.send(carrying(request, observation), settings, listening),
    );
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
    const drained = await settledWithin(this.#settings.clock, finished, drainTimeoutMs);
    // Until here, handlers in work could publish and ask.
    this.#closed = true;
    this.#router.abort();
    this.#requester.close();
    await (closing ?? this.#link.close(drained ? drainTimeoutMs : 0));
    return drained;
  }

  readonly #ask: SendRequest = (...request) => this.sendRequest(...request);

  #assertOpen(): void {
    if (this.#closed) throw closed();
  }
}

function closed(): ServiceError {
  return new ServiceError('PETREL_SERVICE_CLOSED', 'the service is closed');
}

function noGroups(topicFilter: string): ServiceError {
  const why =
    'the server takes it for a filter like any other and would send nothing: it speaks MQTT 3.1.1 and knows no shared subscriptions, so leave the group away';
  return new ServiceError(
    'PETREL_SUBSCRIPTION_REFUSED',
    `subscription to "${topicFilter}" is useless: ${why}`,
  );
}
