/** A broker and the services of a test in one process: no port, no real time. */
import { type Broker, type BrokerObserver, type BrokerOptions, createBroker } from '@petrel/broker';
import type { ClientOptions, Clock } from '@petrel/client';
import { parseTopicFilter } from '@petrel/protocol';
import { createService } from '../create-service.js';
import { ServiceError } from '../errors.js';
import type { Observer } from '../observer.js';
import type { ServiceOptions } from '../options.js';
import type { Service } from '../service.js';
import { Activity } from './activity.js';
import { type SeenMessage, SeenMessages } from './seen-messages.js';
import { TestClock } from './test-clock.js';

/** Options of `startHarness`. */
export interface HarnessOptions {
  /** Options of the broker, such as hooks and limits; its listeners and clock are the harness's. */
  readonly broker?: Omit<BrokerOptions, 'listeners' | 'clock'>;
  /** Where time begins, milliseconds since 1970. Default 2026-01-01T00:00:00Z. */
  readonly startMs?: number;
  /** Milliseconds of real time that a handler may take without a sign of life. Default 5,000. */
  readonly limitMs?: number;
}

/** What ties a connection to a harness: spread it over the options of anything that connects. */
export interface HarnessConnection {
  readonly url: undefined;
  readonly urls: undefined;
  readonly stream: NonNullable<ClientOptions['stream']>;
  readonly clock: Clock;
  readonly observers: readonly Observer[];
}

/** Time moves on by itself at most this many times while the harness closes. */
const mostClosingSteps = 10_000;

/** Made by `startHarness`. Messages, services and time of one test. */
export class Harness {
  /** The broker, for whoever wants to look inside or connect to it by `broker.connect()`. */
  readonly broker: Broker;
  readonly #clock: TestClock;
  readonly #activity: Activity;
  readonly #seen: SeenMessages;
  readonly #limitMs: number;
  /** One for all: connections to the same server are known by it. */
  readonly #stream = () => this.broker.connect();
  readonly #closables: { close(): Promise<unknown> }[] = [];

  constructor(broker: Broker, clock: TestClock, activity: Activity, seen: SeenMessages, limitMs: number) {
    this.broker = broker;
    this.#clock = clock;
    this.#activity = activity;
    this.#seen = seen;
    this.#limitMs = limitMs;
  }

  /** What time it is, milliseconds since 1970. */
  get now(): number {
    return this.#clock.now();
  }

  /** Ties a connection to this harness: `createService({ ...options, ...harness.connection })`. */
  get connection(): HarnessConnection {
    return {
      url: undefined,
      urls: undefined,
      stream: this.#stream,
      clock: this.#clock,
      observers: [this.#activity.observer],
    };
  }

  /** A service on the broker of this harness, as by `createService`; closes with the harness. Where it would connect to counts for nothing. */
  async service(
    options: ServiceOptions = {},
    declare?: (service: Service) => Promise<unknown>,
  ): Promise<Service> {
    const { observers = [], tls: _, webSocket: __, ...others } = options;
    const tied = { ...others, ...this.connection, observers: [...observers, this.#activity.observer] };
    const service = await createService(tied, declare);
    this.closesWith(service);
    return service;
  }

  /** Something else that this harness closes, giving time to it, such as a service made by other means on its `connection`. */
  closesWith(closable: { close(): Promise<unknown> }): void {
    this.#closables.push(closable);
  }

  /** All messages so far whose topic matches, oldest first. */
  messages(topicFilter = '#'): SeenMessage[] {
    return this.#seen.matching(topicFilter);
  }

  /**
   * The next message whose topic matches: the first call gives the first one, also of those that were published before, and so on.
   *
   * Rejects as soon as nothing is on its way any more and no handler is at work; the error names what was published instead.
   */
  async published(topicFilter: string): Promise<SeenMessage> {
    parseTopicFilter(topicFilter);
    for (;;) {
      const seen = this.#seen.take(topicFilter);
      if (seen !== undefined) return seen;
      await this.#activity.quiet();
      const late = this.#seen.take(topicFilter);
      if (late !== undefined) return late;
      const why = `expected a message to "${topicFilter}", and saw ${this.#seen.describe()}`;
      if (this.#activity.running.length === 0) throw new ServiceError('PETREL_HARNESS_EXPECTATION', why);
      await this.#nextNews(why);
    }
  }

  /** Resolves when no handler is at work and nothing is on its way; what waits for time may wait on. */
  async settled(): Promise<void> {
    for (;;) {
      await this.#activity.quiet();
      if (this.#activity.running.length === 0) return;
      await this.#nextNews('expected all work to end');
    }
  }

  /** Moves time by `ms` and lets happen what happens then, such as retries and timeouts, one after the other. */
  async advance(ms: number): Promise<void> {
    const until = this.#clock.now() + ms;
    do await this.#activity.quiet();
    while (this.#clock.runNext(until));
    await this.#activity.quiet();
  }

  /** Closes the services made by `service()` and all else that closes with it, giving time to what needs it, then stops the broker. */
  async close(): Promise<void> {
    let isClosed = false;
    const closing = Promise.allSettled(this.#closables.splice(0).map((closable) => closable.close()));
    void closing.then(() => {
      isClosed = true;
    });
    for (let step = 0; step < mostClosingSteps; step++) {
      await this.#activity.quiet();
      if (isClosed) break;
      this.#clock.runNext(this.#clock.now() + 1000);
    }
    await this.broker.destroy();
  }

  async #nextNews(expectation: string): Promise<void> {
    if (await this.#activity.news(this.#limitMs)) return;
    const { running } = this.#activity;
    const shown = `${running.slice(0, 5).join(', ')}${running.length > 5 ? ` and ${running.length - 5} more` : ''}`;
    throw new ServiceError(
      'PETREL_HARNESS_EXPECTATION',
      `${expectation}; after ${this.#limitMs} ms of real time this is still at work: ${shown}`,
    );
  }
}

/** Starts a broker in this process, with a clock that only the test moves. */
export async function startHarness(options: HarnessOptions = {}): Promise<Harness> {
  const { broker: brokerOptions = {}, startMs = Date.UTC(2026, 0, 1), limitMs = 5000 } = options;
  const clock = new TestClock(startMs);
  const activity = new Activity();
  const seen = new SeenMessages();
  const stir = () => activity.stir();
  const watch: BrokerObserver = {
    published: (_, message) => {
      seen.add(message);
      stir();
    },
    delivered: stir,
    subscribed: stir,
  };
  const broker = await createBroker({
    // Statistics of the broker are no message of the test.
    sysTopicsIntervalMs: 0,
    ...brokerOptions,
    clock,
    observers: [watch, ...(brokerOptions.observers ?? [])],
  });
  return new Harness(broker, clock, activity, seen, limitMs);
}
