/** NestJS's microservice server over Petrel: `NestFactory.createMicroservice(AppModule, { strategy: new MqttServer({ url }) })`. */
import { Logger } from '@nestjs/common';
import {
  type CustomTransportStrategy,
  type MessageHandler,
  Server,
  Transport,
  type WritePacket,
} from '@nestjs/microservices';
import type { Client } from '@petrel/client';
import {
  type Delivery,
  type Endpoint,
  type HandlerDefaults,
  mostWaitingReplies,
  Outbound,
  overrun,
  type Respond,
  resolveServiceSettings,
  respondWith,
  type Service,
} from '@petrel/service';
import { finalize, isObservable, type Observable, tap } from 'rxjs';
import { Connection, type ConnectionHealth } from './connection.js';
import { underContract } from './contract-handler.js';
import { toUserData, toWireError } from './error-bridge.js';
import type { MqttEvents, MqttStatus } from './events.js';
import { MqttContext } from './mqtt-context.js';
import { unwrapRecord } from './mqtt-record.js';
import { readPacket } from './nest-dialect.js';
import {
  type PetrelMqttOptions,
  type ResolvedOptions,
  resolveOptions,
  toSubscribeOptions,
} from './options.js';
import { readExtras, routeOf } from './pattern.js';

interface Handler {
  readonly pattern: string;
  readonly callback: MessageHandler;
  readonly isEvent: boolean;
}

/** Serves the handlers of a NestJS application. */
export class MqttServer extends Server<MqttEvents, MqttStatus> implements CustomTransportStrategy {
  override transportId: Transport | symbol = Transport.MQTT;
  /** Failures of event handlers come to this transport, which decides about the acknowledgement and logs them. */
  override readonly propagatesEventHandlerErrors = true;
  protected override readonly logger = new Logger(MqttServer.name);
  readonly #options: ResolvedOptions;
  readonly #connection: Connection;
  readonly #handlers: Handler[] = [];
  /** Somebody wants to be around each message. */
  #isHooked = false;

  /** Throws UsageError for a bad option of NestJS or MQTT.js; a bad one of the connection fails `listen()`. The object is only read. */
  constructor(options: PetrelMqttOptions = {}) {
    super();
    const resolved = resolveOptions(options);
    const onError =
      resolved.service.onError ?? ((error, { topicName }, filter) => this.#report(error, topicName, filter));
    const onWarning = resolved.service.onWarning ?? ((warning: Error) => this.logger.warn(warning.message));
    this.#options = { ...resolved, service: { ...resolved.service, onError, onWarning } };
    this.#connection = new Connection(this.#options, this._status$, {
      serves: true,
      logger: this.logger,
    });
    this.initializeSerializer({});
    this.initializeDeserializer({});
  }

  /**
   * Connects and subscribes all handlers; calls back once, with the error when the server cannot be reached, refuses,
   * or denies a subscription.
   */
  async listen(callback: (error?: unknown) => void): Promise<void> {
    try {
      await this.#start();
    } catch (error) {
      await this.close();
      callback(error);
      return;
    }
    callback();
  }

  /** Takes no more messages, lets handlers finish, acknowledges, and disconnects. */
  close(): Promise<void> {
    return this.#connection.close();
  }

  /** Listens to the connection; before `listen()` the listener waits for it. */
  override on<Event extends keyof MqttEvents>(event: Event, callback: MqttEvents[Event]): void {
    this.#connection.on(event, callback);
  }

  /** What the connection is doing, for MqttHealthIndicator and others. */
  health(): ConnectionHealth {
    return this.#connection.health();
  }

  /** The service of `@petrel/service` that this server is, such as for its AsyncAPI document; throws before `listen()`. */
  get service(): Service {
    return this.#connection.service;
  }

  /** The client of `@petrel/client`; throws before `listen()`. */
  override unwrap<T = Client>(): T {
    const why =
      'Not initialized. Please call the "listen"/"startAllMicroservices" method before accessing the server.';
    return this.#connection.unwrap(why) as T;
  }

  /**
   * Keeps every handler by itself. The base class chains the event handlers of a pattern, and its chain loses the
   * handlers behind one whose stream ends without a value.
   */
  override addHandler(pattern: unknown, callback: MessageHandler, isEventHandler = false, extras = {}): void {
    const normalized = this.normalizePattern(pattern as string);
    callback.isEventHandler = isEventHandler;
    callback.extras = extras;
    const before = this.#handlers.findIndex(
      (other) => !isEventHandler && !other.isEvent && other.pattern === normalized,
    );
    const handler = { pattern: normalized, callback, isEvent: isEventHandler };
    // As in the stock transport, the last handler of requests for a pattern is the one.
    if (before === -1) this.#handlers.push(handler);
    else this.#handlers[before] = handler;
    if (!isEventHandler || !this.messageHandlers.has(normalized))
      this.messageHandlers.set(normalized, callback);
  }

  override setOnProcessingStartHook(...[hook]: Parameters<Server['setOnProcessingStartHook']>): void {
    this.#isHooked = true;
    super.setOnProcessingStartHook(hook);
  }

  override setOnProcessingEndHook(...[hook]: Parameters<Server['setOnProcessingEndHook']>): void {
    this.#isHooked = true;
    super.setOnProcessingEndHook(hook);
  }

  async #start(): Promise<void> {
    const { maxConnectionAttempts = -1 } = this.#options.nest;
    // Checked before anything is opened: a bad pattern needs no server to be refused.
    const defaults = resolveServiceSettings(this.#options.service);
    const endpoints = this.#handlers.map((handler) =>
      underContract(this.#endpoint(handler, defaults), handler.callback.extras),
    );
    const opened = this.#connection.open(maxConnectionAttempts === -1 ? Infinity : maxConnectionAttempts);
    const { service } = this.#connection;
    // Before there is a connection: a session that goes on may begin with messages.
    const registered = Promise.all([
      ...endpoints.map((endpoint) => service.register(endpoint)),
      service.discoverable(),
    ]);
    // Where the connection fails, so do they; the connection's own error is the one to tell.
    registered.catch(() => undefined);
    await opened;
    await registered;
  }

  #endpoint(handler: Handler, defaults: HandlerDefaults): Endpoint {
    const { pattern, isEvent, callback } = handler;
    const subscribe = toSubscribeOptions(this.#options.nest.subscribeOptions);
    const route = routeOf(pattern, !isEvent, readExtras(callback.extras), { ...defaults, subscribe });
    return { ...route, handle: (delivery) => this.#handle(handler, route.pattern, delivery) };
  }

  async #handle({ callback }: Handler, pattern: Endpoint['pattern'], delivery: Delivery): Promise<void> {
    const context = new MqttContext(delivery, pattern);
    if (this.#isHooked) await this.#handleBetweenHooks(callback, context, delivery);
    else await this.#call(callback, context, delivery, nothing);
  }

  #handleBetweenHooks(callback: MessageHandler, context: MqttContext, delivery: Delivery): Promise<void> {
    return new Promise((resolve, reject) => {
      const started: unknown = this.runWithProcessingHooks(context, async (runEndHook) => {
        this.#call(callback, context, delivery, runEndHook).then(resolve, reject);
      });
      // A hook may hand out what became of it; one that fails has not run the handler.
      Promise.resolve(started).catch(reject);
    });
  }

  /** Runs the handler with NestJS's pipes, guards, interceptors and filters, which are inside the callback, and answers. */
  async #call(
    callback: MessageHandler,
    context: MqttContext,
    delivery: Delivery,
    runEndHook: () => void,
  ): Promise<void> {
    const { data, respond } = delivery;
    let result: unknown;
    try {
      result = await callback(toUserData(data), context);
    } catch (error) {
      runEndHook();
      throw error;
    }
    if (isObservable(result)) return this.#drain(result.pipe(finalize(runEndHook)), delivery);
    if (respond !== undefined && isAsyncIterable(result)) {
      return respondWith(outbound(result), respond, delivery).finally(runEndHook);
    }
    runEndHook();
    if (respond !== undefined) await this.#answer({ response: result, isDisposed: true }, respond);
  }

  #drain(result$: Observable<unknown>, delivery: Delivery): Promise<void> {
    const { respond, signal } = delivery;
    return new Promise((resolve, reject) => {
      if (respond === undefined) {
        result$.subscribe({ error: reject, complete: resolve });
        return;
      }
      let waiting = 0;
      const bounded$ = result$.pipe(
        tap(() => {
          if (++waiting > mostWaitingReplies) throw overrun();
        }),
      );
      // The base class gathers the answers of one turn, the last of which ends the request.
      const subscription = this.send(bounded$, async (packet) => {
        if (signal.aborted) return;
        waiting--;
        const answered = this.#answer(packet, respond);
        answered.then(packet.isDisposed ? resolve : nothing, reject);
        await answered;
      });
      signal.addEventListener('abort', () => {
        subscription.unsubscribe();
        reject(signal.reason as Error);
      });
    });
  }

  /** Resolves, where more answers follow, when the next one may. */
  async #answer(packet: WritePacket, respond: Respond): Promise<void> {
    const { data, options, properties } = unwrapRecord(packet.response);
    const { err, isDisposed = false } = packet;
    const reply = readPacket({ err, response: data, isDisposed });
    await respond(
      reply.kind === 'error' ? { kind: 'error', error: toWireError(reply.error) } : reply,
      properties === undefined ? options : { ...options, properties },
    );
  }

  #report(error: unknown, topicName: string, topicFilter: string): void {
    const what = error instanceof Error ? error.message : JSON.stringify(error);
    const code = (error as { code?: unknown } | null)?.code;
    // What a person reads, and the same as fields for whoever collects logs.
    this.logger.error(`Handler of "${topicFilter}" failed on a message to "${topicName}": ${what}`, {
      topicFilter,
      topicName,
      ...(typeof code === 'string' && { code }),
    });
  }
}

function nothing(): void {}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

/** Values with what NestJS's records say about publishing them. */
async function* outbound(values: AsyncIterable<unknown>): AsyncGenerator<unknown> {
  for await (const value of values) {
    const { data, options, properties } = unwrapRecord(value);
    yield data === value ? value : new Outbound(data, { ...options, properties });
  }
}
