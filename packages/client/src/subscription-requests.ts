/** SUBSCRIBE and UNSUBSCRIBE: asks, waits for the answer, asks again on a new connection, and renews what a lost session held. */
import {
  type ClientPacket,
  describeReasonCode,
  noProperties,
  type PacketIdentifiers,
  type PetrelError,
  ProtocolError,
  type SubackPacket,
  type SubscriptionRequest,
  type UnsubackPacket,
} from '@petrel/protocol';
import type { Connection } from './connection.js';
import { DeliveryError } from './errors.js';
import { assertServerTakesFilter, type ServerInfo } from './server-info.js';
import type { FilterEntry, Subscriptions } from './subscriptions.js';

/** What waits for SUBACK or UNSUBACK. One filter each: Subscription Identifiers and refusals are per packet or per filter. */
interface Request {
  readonly type: 'subscribe' | 'unsubscribe';
  readonly topicFilter: string;
  /** Only for `subscribe`. */
  readonly entry: FilterEntry | undefined;
  readonly options: SubscriptionRequest | undefined;
  resolve(reasonCode: number): void;
  reject(error: PetrelError): void;
}

export class SubscriptionRequests {
  readonly #subscriptions: Subscriptions;
  readonly #identifiers: PacketIdentifiers;
  readonly #report: (error: PetrelError) => void;
  readonly #asked = new Map<number, Request>();
  #waiting: Request[] = [];
  #connection: Connection | undefined;
  #server: ServerInfo | undefined;

  /** `report` gets the failures of renewed subscriptions, which nobody awaits. */
  constructor(
    subscriptions: Subscriptions,
    identifiers: PacketIdentifiers,
    report: (error: PetrelError) => void,
  ) {
    this.#subscriptions = subscriptions;
    this.#identifiers = identifiers;
    this.#report = report;
  }

  /** Asks for a filter; resolves with what is granted. */
  subscribe(entry: FilterEntry): Promise<number> {
    const { request: options } = entry;
    return new Promise((resolve, reject) => {
      this.#ask({ type: 'subscribe', topicFilter: options.topicFilter, entry, options, resolve, reject });
    });
  }

  /** Ends a filter; resolves when the server has confirmed, or has lost the session. */
  unsubscribe(topicFilter: string): Promise<number> {
    // What has not been asked need not be asked any more.
    for (const request of this.#waiting) if (request.topicFilter === topicFilter) request.resolve(0);
    this.#waiting = this.#waiting.filter((request) => request.topicFilter !== topicFilter);
    return new Promise((resolve, reject) => {
      this.#ask({ type: 'unsubscribe', topicFilter, entry: undefined, options: undefined, resolve, reject });
    });
  }

  /** Goes on, on a new connection; `resumed` when the server still has the session. */
  attach(connection: Connection, server: ServerInfo, resumed: boolean): void {
    this.#connection = connection;
    this.#server = server;
    if (!resumed) this.#renew();
    this.#sendWaiting();
  }

  /** The connection is gone: what was asked is asked again on the next, in its order. */
  detach(): void {
    for (const packetIdentifier of this.#asked.keys()) this.#identifiers.release(packetIdentifier);
    this.#waiting = [...this.#asked.values(), ...this.#waiting];
    this.#asked.clear();
    this.#connection = undefined;
  }

  /** A server without the session knows no subscription of ours: all are asked for, none needs to be ended. */
  #renew(): void {
    const requests = this.#waiting;
    const awaited = new Set(requests.map(({ entry }) => entry));
    this.#waiting = [];
    for (const entry of this.#subscriptions.entries()) {
      if (!awaited.has(entry)) this.#waiting.push(this.#renewal(entry));
    }
    for (const request of requests) {
      if (request.type === 'subscribe') this.#waiting.push(request);
      else request.resolve(0);
    }
  }

  #renewal(entry: FilterEntry): Request {
    const { request: options } = entry;
    const grant = (code: number) => {
      for (const subscription of entry.subscriptions) subscription.granted(options.topicFilter, code);
    };
    return {
      type: 'subscribe',
      topicFilter: options.topicFilter,
      entry,
      options,
      resolve: grant,
      reject: this.#report,
    };
  }

  #ask(request: Request): void {
    this.#waiting.push(request);
    this.#sendWaiting();
  }

  #sendWaiting(): void {
    const connection = this.#connection;
    const server = this.#server;
    if (connection === undefined || server === undefined) return;
    for (let request = this.#waiting[0]; request !== undefined; request = this.#waiting[0]) {
      const packetIdentifier = this.#identifiers.allocate(); // [MQTT-2.2.1-3]
      if (packetIdentifier === undefined) return;
      this.#waiting.shift();
      try {
        if (request.entry !== undefined) assertServerTakesFilter(server, request.entry.filter.parsed);
        connection.send(toPacket(request, packetIdentifier, server));
        this.#asked.set(packetIdentifier, request);
      } catch (error) {
        this.#identifiers.release(packetIdentifier);
        request.reject(error as PetrelError);
      }
    }
  }

  onSuback(packet: SubackPacket): void {
    // Before the request is taken: one that got no proper answer is asked again on the next connection.
    if (packet.reasonCodes.length !== 1) {
      throw new ProtocolError(
        `SUBACK has ${packet.reasonCodes.length} Reason Codes for one Topic Filter [MQTT-3.8.4-6]`,
      );
    }
    const request = this.#answered(packet, 'subscribe');
    if (request === undefined) return;
    const code = packet.reasonCodes[0] as number;
    if (code >= 0x80) request.reject(refused('PETREL_SUBSCRIBE_REFUSED', request.topicFilter, packet, code));
    else request.resolve(code);
    this.#sendWaiting();
  }

  onUnsuback(packet: UnsubackPacket): void {
    const request = this.#answered(packet, 'unsubscribe');
    if (request === undefined) return;
    const code = packet.reasonCodes[0] ?? 0;
    if (code >= 0x80)
      request.reject(refused('PETREL_UNSUBSCRIBE_REFUSED', request.topicFilter, packet, code));
    else request.resolve(code);
    this.#sendWaiting();
  }

  #answered(
    { type, packetIdentifier }: SubackPacket | UnsubackPacket,
    asked: Request['type'],
  ): Request | undefined {
    const request = this.#asked.get(packetIdentifier);
    if (request === undefined) return undefined;
    if (request.type !== asked) {
      throw new ProtocolError(
        `${type.toUpperCase()} ${packetIdentifier} answers ${request.type.toUpperCase()} [MQTT-2.2.1-6]`,
      );
    }
    this.#asked.delete(packetIdentifier);
    this.#identifiers.release(packetIdentifier);
    return request;
  }

  /** The client is closed: what was to be subscribed is rejected, what was to end has ended. */
  abandon(error: PetrelError): void {
    this.detach();
    for (const request of this.#waiting.splice(0)) {
      if (request.type === 'subscribe') request.reject(error);
      else request.resolve(0);
    }
  }
}

function toPacket(
  { options, topicFilter, entry }: Request,
  packetIdentifier: number,
  server: ServerInfo,
): ClientPacket {
  if (options === undefined || entry === undefined) {
    return { type: 'unsubscribe', packetIdentifier, topicFilters: [topicFilter], properties: noProperties };
  }
  const properties = server.subscriptionIdentifiersAvailable
    ? { subscriptionIdentifier: entry.identifier }
    : noProperties;
  return { type: 'subscribe', packetIdentifier, subscriptions: [options], properties };
}

function refused(
  code: 'PETREL_SUBSCRIBE_REFUSED' | 'PETREL_UNSUBSCRIBE_REFUSED',
  topicFilter: string,
  { type, properties }: SubackPacket | UnsubackPacket,
  reason: number,
): DeliveryError {
  const detail = properties.reasonString === undefined ? '' : `: ${properties.reasonString}`;
  const text = `the server answered ${describeReasonCode(reason)} in ${type.toUpperCase()} for "${topicFilter}"${detail}`;
  return new DeliveryError(code, text, { reasonCode: reason });
}
