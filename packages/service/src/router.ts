/**
 * From arriving messages to handlers: runs each matching one once per message, within its bounds, and tells the client
 * when the message may be acknowledged. Knows no wire format (the dialect does) and no SUBSCRIBE (intakes does).
 */
import { parseTopicFilter } from '@petrel/protocol';
import { ConcurrencyGate } from './concurrency-gate.js';
import { DeliveryGate } from './delivery-policy.js';
import type { Dialect } from './dialect.js';
import type { Endpoint } from './endpoint.js';
import { ServiceError } from './errors.js';
import type { Incoming } from './exchange.js';
import { failureOf, type Respond } from './handler.js';
import { type Intake, Intakes } from './intakes.js';
import { Interruptions } from './interruptions.js';
import type { InboundMessage, Link } from './link.js';
import { type Observers, observed } from './observer.js';
import { decodePayload } from './payload-codec.js';
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

/** The endpoints of one service. */
export class Router {
  readonly #link: Link;
  readonly #dialect: Dialect;
  readonly #report: Report;
  readonly #observers: Observers | undefined;
  readonly #gate: ConcurrencyGate;
  readonly #intakes: Intakes<Served>;
  readonly #tree = new TopicTree<Served>();
  readonly #inWork = new Set<Promise<void>>();
  readonly #interruptions = new Interruptions();

  constructor(link: Link, dialect: Dialect, concurrency: number, report: Report, observers?: Observers) {
    this.#observers = observers;
    this.#link = link;
    this.#dialect = dialect;
    // Handlers are awaited by many; an error of whoever hears about errors must not become theirs.
    this.#report = (...heard) => {
      try {
        report(...heard);
      } catch (error) {
        console.error(error);
      }
    };
    this.#gate = new ConcurrencyGate(concurrency);
    this.#intakes = new Intakes(link, (intake, message) => this.#receive(intake, message));
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
    this.#tree.add(topicFilter, served);
    try {
      await this.#intakes.add(endpoint.topicFilter, endpoint.subscribe, served);
    } catch (cause) {
      this.#tree.remove(topicFilter, served);
      const why = `subscription to "${endpoint.topicFilter}" failed: ${(cause as Error).message}`;
      throw new ServiceError('PETREL_SUBSCRIPTION_REFUSED', why, { cause });
    }
    return async () => {
      this.#tree.remove(topicFilter, served);
      await this.#intakes.remove(served);
    };
  }

  /** Ends the subscriptions, so that no new messages come; what cannot be ended ends with the connection. */
  unsubscribe(): Promise<void> {
    return this.#intakes.unsubscribe();
  }

  /** Resolves when no handler is in work, nor waits for its turn. */
  async finished(): Promise<void> {
    while (this.#inWork.size > 0) await Promise.allSettled(this.#inWork);
  }

  /** Tells handlers that nobody waits for them any more. */
  abort(): void {
    this.#interruptions.abort();
  }

  /** Settles when the message may be acknowledged; nothing means at once. */
  #receive(intake: Intake<Served>, message: InboundMessage): Promise<void> | void {
    const incoming = this.#dialect.readIncoming(message);
    return incoming instanceof Promise
      ? incoming.then((read) => this.#dispatch(intake, message, read))
      : this.#dispatch(intake, message, incoming);
  }

  #dispatch(intake: Intake<Served>, message: InboundMessage, incoming: Incoming): Promise<void> | void {
    const matching = this.#tree.match(message.topicName);
    // The most specific one. A handler of events never answers: it may be a watcher of topics that others serve.
    const responder = incoming.replyTo && matching.find(({ endpoint }) => endpoint.responds);
    const runs: Promise<void>[] = [];
    for (const served of matching) {
      if (!intake.members.has(served) || (incoming.isReply && served.endpoint.responds)) continue;
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
    this.#observers?.happened('dropped', served.endpoint);
    if (served.isOverloaded) return;
    served.isOverloaded = true;
    const { topicFilter } = served.endpoint;
    const why = `"${topicFilter}" has more QoS 0 messages waiting than "maximumWaiting" allows; they are dropped`;
    this.#report(new ServiceError('PETREL_SERVICE_OVERLOADED', why), message, topicFilter);
  }

  async #deliver(
    served: Served,
    message: InboundMessage,
    incoming: Incoming,
    answers: boolean,
  ): Promise<void> {
    const { endpoint } = served;
    const { userProperties } = incoming;
    const respond = answers ? this.#respond(message, incoming) : undefined;
    const interruption = this.#interruptions.begin();
    const handle = async () => {
      if (endpoint.payload === 'auto' && incoming.unreadable !== undefined) throw incoming.unreadable;
      const { contentType } = message.properties;
      await endpoint.handle({
        data:
          endpoint.payload === 'auto'
            ? incoming.data
            : decodePayload(message.payload, contentType, endpoint.payload),
        message,
        userProperties,
        topicFilter: endpoint.topicFilter,
        respond,
        get signal() {
          return interruption.signal;
        },
      });
    };
    try {
      const observation = this.#observers?.handling({
        endpoint,
        message,
        userProperties,
        isRequest: answers,
      });
      await (observation === undefined ? handle() : observed(observation, handle));
    } catch (error) {
      if (respond === undefined) this.#report(error, message, endpoint.topicFilter);
      else await this.#respondFailure(respond, error, message, endpoint.topicFilter);
    } finally {
      interruption.end();
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
