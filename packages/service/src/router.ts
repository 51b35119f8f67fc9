/**
 * From arriving messages to handlers: runs each matching one once per message, within its bounds, and tells the client
 * when the message may be acknowledged. Knows no wire format (the dialect does) and no SUBSCRIBE (intakes does).
 */
import type { Clock } from '@petrel/client';
import { parseTopicFilter } from '@petrel/protocol';
import { ConcurrencyGate } from './concurrency-gate.js';
import { controlFilter, readControl } from './control-format.js';
import { DeliveryGate } from './delivery-gate.js';
import { DeliveryJob } from './delivery-job.js';
import { DeliveryRunner, type Report } from './delivery-runner.js';
import type { Dialect } from './dialect.js';
import type { Endpoint } from './endpoint.js';
import { ServiceError } from './errors.js';
import type { Incoming } from './exchange.js';
import { type Intake, Intakes } from './intakes.js';
import { Interruptions } from './interruptions.js';
import type { InboundMessage, Link, LinkSubscription, MessageReceipt } from './link.js';
import type { Observers } from './observer.js';
import { ReplySender, type ReplySenderNeeds } from './reply-sender.js';
import { TopicTree } from './topic-tree.js';

/** What a router needs. */
export interface RouterNeeds {
  readonly link: Link;
  readonly dialect: Dialect;
  readonly clock: Clock;
  /** Messages of all endpoints in work at once. */
  readonly concurrency: number;
  readonly report: Report;
  readonly observers: Observers | undefined;
  /** First levels of the topics of control messages; undefined: nobody listens to them. */
  readonly controlPrefix: string | undefined;
  readonly errorStacks: boolean;
  /** Hears what the service can go on without. */
  readonly warn: (warning: Error) => void;
}

interface Served {
  readonly endpoint: Endpoint;
  /** The endpoint's filter without `$share/<name>/`. */
  readonly topicFilter: string;
  readonly runner: DeliveryRunner;
  readonly replies: ReplySenderNeeds;
  control?: LinkSubscription;
}

/** Who serves a Topic Name. */
interface Plan {
  /** The most specific filter first. */
  readonly matching: readonly Served[];
  readonly responder: Served | undefined;
}

const plansKept = 4_096;

/** The endpoints of one service. */
export class Router {
  readonly #needs: RouterNeeds;
  readonly #report: Report;
  readonly #gate: ConcurrencyGate;
  readonly #intakes: Intakes<Served>;
  readonly #tree = new TopicTree<Served>();
  /** By Topic Name; dropped whenever an endpoint comes or goes. */
  readonly #plans = new Map<string, Plan>();
  readonly #interruptions = new Interruptions();
  #inWork = 0;
  #reportIdle: () => void = nothing;

  constructor(needs: RouterNeeds) {
    this.#needs = needs;
    // Handlers are awaited by many; an error of whoever hears about errors must not become theirs.
    this.#report = (...heard) => {
      try {
        needs.report(...heard);
      } catch (error) {
        console.error(error);
      }
    };
    this.#gate = new ConcurrencyGate(needs.concurrency);
    this.#intakes = new Intakes(needs.link, (intake, message, receipt) =>
      this.#receive(intake, message, receipt),
    );
  }

  /** Messages in work, or waiting for their turn. */
  get inWork(): number {
    return this.#inWork;
  }

  /** Subscribes and serves; rejects with ServiceError when the server refuses. Resolves with how to stop serving. */
  async add(endpoint: Endpoint): Promise<() => Promise<void>> {
    const { topicFilter } = parseTopicFilter(endpoint.topicFilter);
    const served: Served = {
      endpoint,
      topicFilter,
      runner: this.#runnerOf(endpoint),
      replies: this.#repliesOf(endpoint),
    };
    this.#tree.add(topicFilter, served);
    this.#plans.clear();
    try {
      await Promise.all([
        this.#intakes.add(endpoint.topicFilter, endpoint.subscribe, served),
        this.#listen(served),
      ]);
    } catch (cause) {
      this.#remove(served);
      const why = `subscription to "${endpoint.topicFilter}" failed: ${(cause as Error).message}`;
      throw new ServiceError('PETREL_SUBSCRIPTION_REFUSED', why, { cause });
    }
    return async () => {
      this.#remove(served);
      await Promise.all([this.#intakes.remove(served), served.control?.unsubscribe()]);
    };
  }

  /** Subscribes to what requesters say besides requests; where the server refuses, requests can be answered all the same. */
  async #listen(served: Served): Promise<void> {
    const { link, controlPrefix, warn } = this.#needs;
    const { topicFilter, responds, isInternal } = served.endpoint;
    if (controlPrefix === undefined || !responds || isInternal) return;
    try {
      served.control = await link.subscribe(
        controlFilter(controlPrefix, topicFilter),
        { qos: 0 },
        (message) => {
          const control = readControl(message.payload);
          if (control !== undefined) served.runner.control(control);
        },
      );
    } catch (cause) {
      const why = `requests to "${topicFilter}" cannot be cancelled: ${(cause as Error).message}`;
      warn(new ServiceError('PETREL_CONTROL_REFUSED', why, { cause }));
    }
  }

  #runnerOf(endpoint: Endpoint): DeliveryRunner {
    const { link, clock, observers } = this.#needs;
    const gate = new DeliveryGate(endpoint.policy, this.#gate);
    const interruptions = this.#interruptions;
    const count = (change: 1 | -1) => {
      this.#inWork += change;
      if (this.#inWork === 0) this.#reportIdle();
    };
    return new DeliveryRunner(endpoint, gate, {
      link,
      clock,
      observers,
      interruptions,
      report: this.#report,
      count,
    });
  }

  #repliesOf(endpoint: Endpoint): ReplySenderNeeds {
    const { link, dialect, clock, errorStacks } = this.#needs;
    const lost = (error: unknown, request: InboundMessage) =>
      this.#report(error, request, endpoint.topicFilter);
    return { link, dialect, lost, clock, errorStacks };
  }

  #remove(served: Served): void {
    this.#tree.remove(served.topicFilter, served);
    this.#plans.clear();
  }

  /** Ends the subscriptions, so that no new messages come; what cannot be ended ends with the connection. */
  unsubscribe(): Promise<void> {
    return this.#intakes.unsubscribe();
  }

  /** Resolves when no handler is in work, nor waits for its turn. */
  async finished(): Promise<void> {
    while (this.#inWork > 0) {
      await new Promise<void>((resolve) => {
        this.#reportIdle = resolve;
      });
    }
  }

  /** Tells handlers that nobody waits for them any more. */
  abort(): void {
    this.#interruptions.abort();
  }

  /** Settles when the message may be acknowledged; nothing means at once. */
  #receive(intake: Intake<Served>, message: InboundMessage, receipt: MessageReceipt): Promise<void> | void {
    const incoming = this.#needs.dialect.readIncoming(message);
    return incoming instanceof Promise
      ? incoming.then((read) => this.#dispatch(intake, message, read, receipt))
      : this.#dispatch(intake, message, incoming, receipt);
  }

  #dispatch(
    intake: Intake<Served>,
    message: InboundMessage,
    incoming: Incoming,
    receipt: MessageReceipt,
  ): Promise<void> | void {
    const { matching, responder } = this.#planOf(message.topicName);
    let first: Promise<void> | undefined;
    let others: Promise<void>[] | undefined;
    for (const served of matching) {
      if (!intake.members.has(served) || (incoming.isReply && served.endpoint.responds)) continue;
      const { replyTo } = incoming;
      const answers = served === responder && replyTo !== undefined;
      const sender = answers ? new ReplySender(served.replies, message, replyTo, incoming.credit) : undefined;
      const run = served.runner.run(new DeliveryJob(message, incoming, receipt, sender));
      if (first === undefined) first = run;
      else if (run !== undefined) (others ??= []).push(run);
    }
    return others === undefined ? first : Promise.all([first, ...others]).then(nothing);
  }

  #planOf(topicName: string): Plan {
    let plan = this.#plans.get(topicName);
    if (plan === undefined) {
      const { controlPrefix = '' } = this.#needs;
      const isControl = controlPrefix !== '' && topicName.startsWith(`${controlPrefix}/`);
      // A handler of `#` gets no requests that are none.
      const matching = this.#tree
        .match(topicName)
        .filter(({ endpoint }) => !(isControl && endpoint.responds));
      // The most specific one. A handler of events never answers: it may be a watcher of topics that others serve.
      plan = { matching, responder: matching.find(({ endpoint }) => endpoint.responds) };
      if (this.#plans.size >= plansKept) this.#plans.clear();
      this.#plans.set(topicName, plan);
    }
    return plan;
  }
}

function nothing(): void {}
