/**
 * From arriving messages to handlers: makes the subscriptions, runs each matching handler once per message, and tells
 * the client when the message may be acknowledged. Knows no wire format (the dialect does) and no client options.
 */
import { parseTopicFilter, type QoS, topicMatches } from '@petrel/protocol';
import { ConcurrencyGate } from './concurrency-gate.js';
import { DeliveryGate } from './delivery-policy.js';
import type { Dialect } from './dialect.js';
import type { Endpoint } from './endpoint.js';
import { ServiceError } from './errors.js';
import type { Incoming } from './exchange.js';
import { failureOf, type Respond } from './handler.js';
import type { InboundMessage, Link, LinkSubscription } from './link.js';
import { decodePayload } from './payload-codec.js';
import { isWithin } from './topic-cover.js';
import { TopicTree } from './topic-tree.js';

/** Hears what no caller can be told: a failed event handler, an unreadable event, a reply that could not be sent. */
export type Report = (error: unknown, message: InboundMessage, topicFilter: string) => void;

interface Served {
  readonly endpoint: Endpoint;
  /** The endpoint's filter without `$share/<name>/`. */
  readonly topicFilter: string;
  readonly gate: DeliveryGate;
  isOverloaded: boolean;
}

/** A subscription at the server, and the endpoints that its messages are for. */
interface Intake {
  readonly topicFilter: string;
  readonly served: Set<Served>;
  qos: QoS;
  granted: Promise<LinkSubscription>;
}

/** The endpoints of one service. */
export class Router {
  readonly #link: Link;
  readonly #dialect: Dialect;
  readonly #report: Report;
  readonly #gate: ConcurrencyGate;
  readonly #intakes = new Map<string, Intake>();
  readonly #responders = new TopicTree<Served>();
  readonly #inWork = new Set<Promise<void>>();
  readonly #abort = new AbortController();

  constructor(link: Link, dialect: Dialect, concurrency: number, report: Report) {
    this.#link = link;
    this.#dialect = dialect;
    this.#report = report;
    this.#gate = new ConcurrencyGate(concurrency);
  }

  /** Messages in work, or waiting for their turn. */
  get inWork(): number {
    return this.#inWork.size;
  }

  /** Subscribes and serves; rejects with ServiceError when the server refuses. Resolves with how to stop serving. */
  async add(endpoint: Endpoint): Promise<() => Promise<void>> {
    const { topicFilter } = parseTopicFilter(endpoint.topicFilter);
    const gate = new DeliveryGate(endpoint.policy, this.#gate);
    const served: Served = { endpoint, topicFilter, gate, isOverloaded: false };
    this.#responders.add(topicFilter, served);
    const intake = this.#intakeFor(endpoint);
    intake.served.add(served);
    try {
      await intake.granted;
    } catch (cause) {
      await this.#remove(served);
      const why = `subscription to "${endpoint.topicFilter}" failed: ${(cause as Error).message}`;
      throw new ServiceError('PETREL_SUBSCRIPTION_REFUSED', why, { cause });
    }
    await this.#absorb(intake);
    return () => this.#remove(served);
  }

  /** Ends the subscriptions, so that no new messages come; what cannot be ended ends with the connection. */
  async unsubscribe(): Promise<void> {
    if (this.#link.isConnected) await Promise.all([...this.#intakes.values()].map(unsubscribe));
  }

  /** Resolves when no handler is in work, nor waits for its turn. */
  async finished(): Promise<void> {
    while (this.#inWork.size > 0) await Promise.allSettled(this.#inWork);
  }

  /** Tells handlers that nobody waits for them any more. */
  abort(): void {
    this.#abort.abort();
  }

  #intakeFor({ topicFilter, subscribe }: Endpoint): Intake {
    const qos = subscribe.qos ?? 0;
    const intake = this.#intakes.get(topicFilter) ?? this.#coverOf(topicFilter);
    if (intake === undefined) {
      const created: Intake = { topicFilter, served: new Set(), qos, granted: undefined as never };
      created.granted = this.#subscribe(created, { ...subscribe, qos });
      this.#intakes.set(topicFilter, created);
      return created;
    }
    if (qos > intake.qos) {
      intake.qos = qos;
      intake.granted = this.#subscribe(intake, { ...subscribe, qos });
    }
    return intake;
  }

  /**
   * Without Subscription Identifiers nothing tells a server's second copy for an overlapping subscription from a
   * second message [MQTT-3.3.5-1]: there, a filter within another one lives on that one's messages.
   */
  #coverOf(topicFilter: string): Intake | undefined {
    if (this.#link.separatesSubscriptions) return undefined;
    for (const intake of this.#intakes.values()) if (isWithin(topicFilter, intake.topicFilter)) return intake;
    return undefined;
  }

  /** Moves what a new, wider subscription brings too over to it. */
  async #absorb(wider: Intake): Promise<void> {
    if (this.#link.separatesSubscriptions) return;
    for (const intake of [...this.#intakes.values()]) {
      if (intake === wider || !isWithin(intake.topicFilter, wider.topicFilter)) continue;
      this.#intakes.delete(intake.topicFilter);
      for (const served of intake.served) wider.served.add(served);
      intake.served.clear();
      await unsubscribe(intake);
    }
  }

  #subscribe(intake: Intake, options: Endpoint['subscribe']): Promise<LinkSubscription> {
    return this.#link.subscribe(intake.topicFilter, options, (message) => this.#receive(intake, message));
  }

  async #remove(served: Served): Promise<void> {
    this.#responders.remove(served.topicFilter, served);
    for (const intake of [...this.#intakes.values()]) {
      if (!intake.served.delete(served) || intake.served.size > 0) continue;
      this.#intakes.delete(intake.topicFilter);
      await unsubscribe(intake);
    }
  }

  /** Settles when the message may be acknowledged; nothing means at once. */
  #receive(intake: Intake, message: InboundMessage): Promise<void> | void {
    const incoming = this.#dialect.readIncoming(message);
    return incoming instanceof Promise
      ? incoming.then((read) => this.#dispatch(intake, message, read))
      : this.#dispatch(intake, message, incoming);
  }

  #dispatch(intake: Intake, message: InboundMessage, incoming: Incoming): Promise<void> | void {
    const responder = incoming.replyTo && this.#responderOf(message.topicName);
    const runs: Promise<void>[] = [];
    for (const served of intake.served) {
      if (!topicMatches(served.topicFilter, message.topicName)) continue;
      if (incoming.isReply && served.endpoint.responds) continue;
      const run = this.#run(served, message, () =>
        this.#deliver(served, message, incoming, served === responder),
      );
      if (run !== undefined) runs.push(run);
    }
    return runs.length < 2 ? runs[0] : Promise.all(runs).then(() => undefined);
  }

  /** Settles when the handler's part of the acknowledgement may be given. */
  #run(served: Served, message: InboundMessage, deliver: () => Promise<void>): Promise<void> | undefined {
    if (served.gate.refuses(message.qos)) {
      this.#reportOverload(served, message);
      return undefined;
    }
    served.isOverloaded = false;
    const { acknowledge, finished } = served.gate.run(deliver);
    const tracked = finished.finally(() => this.#inWork.delete(tracked));
    this.#inWork.add(tracked);
    return acknowledge;
  }

  /** Once per time of overload: a report per dropped message would make it worse. */
  #reportOverload(served: Served, message: InboundMessage): void {
    if (served.isOverloaded) return;
    served.isOverloaded = true;
    const { topicFilter } = served.endpoint;
    const why = `"${topicFilter}" has more QoS 0 messages waiting than "maximumWaiting" allows; they are dropped`;
    this.#report(new ServiceError('PETREL_SERVICE_OVERLOADED', why), message, topicFilter);
  }

  /** Who answers a request: the most specific filter, a handler of requests before one of events. */
  #responderOf(topicName: string): Served | undefined {
    const matching = this.#responders.match(topicName);
    return matching.find(({ endpoint }) => endpoint.responds) ?? matching[0];
  }

  async #deliver(
    served: Served,
    message: InboundMessage,
    incoming: Incoming,
    answers: boolean,
  ): Promise<void> {
    const { endpoint } = served;
    const respond = answers ? this.#respond(message, incoming) : undefined;
    try {
      if (endpoint.payload === 'auto' && incoming.unreadable !== undefined) throw incoming.unreadable;
      const { contentType } = message.properties;
      await endpoint.handle({
        data:
          endpoint.payload === 'auto'
            ? incoming.data
            : decodePayload(message.payload, contentType, endpoint.payload),
        message,
        userProperties: incoming.userProperties,
        topicFilter: endpoint.topicFilter,
        respond,
        signal: this.#abort.signal,
      });
    } catch (error) {
      if (respond === undefined) this.#report(error, message, endpoint.topicFilter);
      else await this.#respondFailure(respond, error, message, endpoint.topicFilter);
    }
  }

  #respond(message: InboundMessage, { replyTo }: Incoming): Respond | undefined {
    if (replyTo === undefined) return undefined;
    return async (reply, options = {}) => {
      const { topicName, payload, properties } = this.#dialect.writeReply(replyTo, reply, options.properties);
      // As reliable as the request was, unless the handler says otherwise.
      await this.#link.publish(topicName, payload, { qos: message.qos, ...options, properties });
    };
  }

  async #respondFailure(
    respond: Respond,
    error: unknown,
    message: InboundMessage,
    topicFilter: string,
  ): Promise<void> {
    try {
      await respond({ kind: 'error', error: failureOf(error) });
    } catch (undelivered) {
      this.#report(undelivered, message, topicFilter);
    }
  }
}

/** Never rejects: what could not be unsubscribed ends with the session, and nobody serves it here. */
async function unsubscribe({ granted }: Intake): Promise<void> {
  await granted.then((subscription) => subscription.unsubscribe()).catch(() => undefined);
}
