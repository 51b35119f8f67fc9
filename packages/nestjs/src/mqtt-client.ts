/** NestJS's ClientProxy over Petrel: `ClientsModule.register([{ name, customClass: MqttClient, options: { url } }])`. */
import { Logger } from '@nestjs/common';
import { ClientProxy, type ReadPacket, type WritePacket } from '@nestjs/microservices';
import type { Client } from '@petrel/client';
import type { PublishProperties, UserProperties } from '@petrel/protocol';
import type { Outgoing, RequestOptions, ScatterOptions, StreamOptions } from '@petrel/service';
import { defer, mergeMap, Observable } from 'rxjs';
import { Connection, type ConnectionHealth } from './connection.js';
import { toAnswerPacket, toUserData } from './error-bridge.js';
import type { MqttEvents, MqttStatus } from './events.js';
import { toUserProperties } from './mqtt-js-properties.js';
import { unwrapRecord } from './mqtt-record.js';
import { type PetrelMqttOptions, resolveOptions } from './options.js';

/** Sends requests and events. Connects on first use, or by `connect()`. */
export class MqttClient extends ClientProxy<MqttEvents> {
  readonly #connection: Connection;
  /** Of every message. */
  readonly #userProperties: UserProperties;

  /** Throws UsageError for a bad option of NestJS or MQTT.js; a bad one of the connection fails `connect()`. The object is only read. */
  constructor(options: PetrelMqttOptions = {}) {
    super();
    const resolved = resolveOptions(options);
    this.#connection = new Connection(resolved, this._status$, {
      serves: false,
      logger: new Logger(MqttClient.name),
    });
    this.#userProperties = toUserProperties(resolved.nest.userProperties ?? {});
    this.initializeSerializer({});
    this.initializeDeserializer({});
  }

  /** What the connection is doing; a new subscriber gets the last status at once. */
  override get status(): Observable<MqttStatus> {
    // The base class cannot be told the statuses: `customClass` of NestJS takes no client that narrows them.
    return super.status as Observable<MqttStatus>;
  }

  /**
   * Resolves once connected; rejects with ConnectError when the server cannot be reached or refuses.
   *
   * After the first success it always resolves: what is sent while the connection is lost waits in the offline queue.
   */
  override async connect(): Promise<void> {
    await this.#connection.open(1);
  }

  /** Lets what was sent finish, fails requests that still wait, and disconnects; the next use connects again. */
  override close(): Promise<void> {
    return this.#connection.close();
  }

  /** Listens to the connection; before `connect()` the listener waits for it. */
  override on<Event extends keyof MqttEvents>(event: Event, callback: MqttEvents[Event]): void {
    this.#connection.on(event, callback);
  }

  /** What the connection is doing, for MqttHealthIndicator and others. */
  health(): ConnectionHealth {
    return this.#connection.health();
  }

  /** The client of `@petrel/client`; throws before `connect()`. */
  override unwrap<T = Client>(): T {
    return this.#connection.unwrap('Not initialized. Please call the "connect" method first.') as T;
  }

  /** Removes the retained message of a topic: publishes an empty one in its place. Resolves when the server has it. */
  async clearRetained(topicName: string): Promise<void> {
    await this.connect();
    await this.#connection.service.publish(topicName, undefined, { qos: 1, retain: true });
  }

  /** As of the base class, without its promises where there is a connection to use. */
  // biome-ignore lint/suspicious/noExplicitAny: as the base class declares it
  override send<Result = any, Input = any>(pattern: any, data: Input): Observable<Result> {
    const throughConnect = super.send<Result, Input>(pattern, data);
    if (pattern === undefined || pattern === null || data === undefined || data === null)
      return throughConnect;
    return new Observable((observer) => {
      if (!this.#connection.isOpen) return throughConnect.subscribe(observer);
      return this.publish(this.createPacket(pattern, data), this.createObserver(observer));
    });
  }

  /**
   * Asks and gives the answers as they are read: who reads slowly slows the responder, where that is a Petrel service. Leaving the loop
   * gives the request up.
   */
  async *requestStream<Item = unknown>(
    pattern: string | object,
    data: unknown,
    options: StreamOptions = {},
  ): AsyncGenerator<Item, void> {
    await this.connect();
    const request = this.#outgoing(this.createPacket(pattern, data));
    const { service } = this.#connection;
    const answers = service.sendStreamRequest(request.outgoing, { ...request.options, ...options });
    for await (const answer of answers) yield toUserData(answer) as Item;
  }

  /**
   * Asks all who serve a pattern when it is subscribed to, and emits their answers as they come: `answers` of them, or those that come within
   * `timeoutMs` (default 1,000).
   */
  scatter<Result = unknown>(
    pattern: string | object,
    data: unknown,
    options: ScatterOptions = {},
  ): Observable<PromiseSettledResult<Result>> {
    return defer(() => this.connect()).pipe(
      mergeMap(
        () =>
          new Observable<PromiseSettledResult<Result>>((observer) => {
            const request = this.#outgoing(this.createPacket(pattern, data));
            const { service } = this.#connection;
            return service.sendScatter<Result>(
              request.outgoing,
              { ...request.options, ...options },
              observer,
            );
          }),
      ),
    );
  }

  protected override publish(packet: ReadPacket, callback: (packet: WritePacket) => void): () => void {
    try {
      const { outgoing, options } = this.#outgoing(packet);
      return this.#connection.service.sendRequest(outgoing, options, (outcome) =>
        callback(toAnswerPacket(outcome)),
      );
    } catch (err) {
      callback({ err });
      return () => undefined;
    }
  }

  protected override async dispatchEvent<T = void>(packet: ReadPacket): Promise<T> {
    const { outgoing, options } = this.#outgoing(packet);
    await this.#connection.service.sendEvent(outgoing, { qos: 0, ...options });
    return undefined as T;
  }

  #outgoing({ pattern, data: given, metadata }: ReadPacket): {
    outgoing: Outgoing;
    options: RequestOptions;
  } {
    const { data, options, properties } = unwrapRecord(given);
    const topicName = this.normalizePattern(pattern);
    return {
      outgoing: { topicName, pattern, data, metadata, properties: this.#withOwn(properties) },
      options,
    };
  }

  /** The properties of a message with the User Properties of the client, of which a message's own value of a name takes the place. */
  #withOwn(properties: PublishProperties | undefined): PublishProperties | undefined {
    if (this.#userProperties.length === 0) return properties;
    const own = properties?.userProperties ?? [];
    const names = new Set(own.map(([name]) => name));
    const inherited = this.#userProperties.filter(([name]) => !names.has(name));
    return { ...properties, userProperties: [...inherited, ...own] };
  }
}
