/** The broker under hostile clients, over its in-process connections or over TCP. */
import { connect as connectSocket } from 'node:net';
import type { Duplex } from 'node:stream';
import {
  type AuthenticationMethod,
  type Broker,
  type BrokerOptions,
  createBroker,
  type LimitOptions,
  scramSha256,
} from '@petrel/broker';
import { AuthenticationError } from '@petrel/protocol';
import { FakeClock } from '@petrel/testing';
import { type FuzzInput, type Step, someInput } from '../fuzz-input.js';
import { clientPackets, connect } from '../grammar/packets.js';
import { openSockets } from '../open-sockets.js';
import { inProcess, nextTurn, type Patience, throughSockets, until } from '../patience.js';
import { stackOf } from '../process-faults.js';
import type { Subject, Target } from '../target.js';
import { GoodClient } from './good-client.js';
import { HostileClient } from './hostile-client.js';

/** Seconds after which no session of a hostile client may be left. */
const longestSession = 30;

const narrow: LimitOptions = {
  maximumPacketSizeBytes: 2_000,
  maximumPacketSizeBeforeConnectBytes: 500,
  receiveMaximum: 3,
  topicAliasMaximum: 2,
  maximumTopicLevels: 8,
  maximumSubscriptionsPerSession: 5,
  maximumUserProperties: 2,
  sessionQueue: { maximumMessages: 10, maximumBytes: 4_000 },
  retained: { maximumMessages: 5, maximumBytes: 2_000 },
  outboundHighWaterMarkBytes: 16_384,
};

const withoutExtras: LimitOptions = {
  maximumQoS: 1,
  retainAvailable: false,
  wildcardSubscriptionAvailable: true,
  sharedSubscriptionAvailable: false,
  subscriptionIdentifiersAvailable: false,
};

/** Lets in whoever says "yes", now or later, and asks everybody else again. */
const ask: AuthenticationMethod = {
  name: 'ask',
  begin: () => ({
    async next(data) {
      const said = Buffer.from(data ?? []).toString();
      if (said === 'throw') throw new AuthenticationError('no');
      return said === 'yes' ? { principal: { name: 'asked' } } : { data: Buffer.from('well?') };
    },
  }),
};

/** A broker target for one way to connect. */
export function brokerTarget(transport: 'memory' | 'tcp'): Target {
  return {
    name: transport === 'tcp' ? 'broker-tcp' : 'broker',
    sender: 'client',
    inputsPerSubject: 200,
    someInput: (random) => someInput(random, { first: connect, later: clientPackets }, 3),
    open: (setup) => BrokerSubject.open(transport, setup),
  };
}

class BrokerSubject implements Subject {
  readonly #clock = new FakeClock();
  readonly #transport: 'memory' | 'tcp';
  readonly #patience: Patience;
  /** Faults that the broker found in itself. */
  readonly #faults: string[] = [];
  readonly #retained = new Set<string>();
  readonly #good: GoodClient[] = [];
  readonly #socketsBefore = openSockets();
  #broker!: Broker;
  #timers = 0;

  private constructor(transport: 'memory' | 'tcp') {
    this.#transport = transport;
    this.#patience = transport === 'tcp' ? throughSockets : inProcess;
  }

  static async open(transport: 'memory' | 'tcp', setup: number): Promise<BrokerSubject> {
    const subject = new BrokerSubject(transport);
    await subject.#open(setup);
    return subject;
  }

  async #open(setup: number): Promise<void> {
    this.#broker = await createBroker(this.#options(setup));
    this.#good.push(...([5, 4, 3] as const).map((version) => new GoodClient(this.#connect(), version)));
    const isReady = await until(() => this.#good.every((client) => client.isReady), this.#patience);
    if (!isReady) throw new Error('the good clients could not even connect');
    this.#timers = this.#clock.pending;
  }

  #options(setup: number): BrokerOptions {
    const limits = [{}, narrow, {}, withoutExtras][setup % 4];
    const later = async (): Promise<true> => {
      await nextTurn();
      return true;
    };
    const ignore = () => {};
    return {
      clock: this.#clock,
      sysTopicsIntervalMs: 0,
      limits: { ...limits, maximumSessionExpiryInterval: longestSession },
      hooks: {
        published: (_client, { topicName, retain, payload }) => {
          if (retain && payload.length > 0) this.#retained.add(topicName);
        },
        // Every second broker asks somebody who takes a turn to answer.
        authenticate: () => true,
        ...((setup & 4) !== 0 && { authenticate: later, authorizePublish: later, authorizeSubscribe: later }),
      },
      ...((setup & 8) !== 0 && {
        authenticationMethods: [ask, scramSha256({ lookup: () => undefined, iterations: 4_096 })],
      }),
      logger: {
        debug: ignore,
        info: ignore,
        warn: ignore,
        error: (fault) => this.#faults.push(stackOf(fault)),
      },
      ...(this.#transport === 'tcp' && { listeners: [{ type: 'tcp', port: 0 }] }),
    };
  }

  #connect(): Duplex {
    if (this.#transport === 'memory') return this.#broker.connect();
    return connectSocket({ port: this.#broker.addresses[0]?.port ?? 0, host: '127.0.0.1', noDelay: true });
  }

  async run({ setup, steps }: FuzzInput): Promise<string | undefined> {
    const places = new Map<number, HostileClient>();
    const all: HostileClient[] = [];
    for (const step of steps) {
      this.#do(step, places, all);
      if ((setup & 1) !== 0) await nextTurn();
    }
    return (
      (await this.#findUnserved()) ??
      (await this.#findSilence(all)) ??
      (await this.#findLeftovers(all, (setup & 2) !== 0)) ??
      this.#faults.shift()
    );
  }

  #do(step: Step, places: Map<number, HostileClient>, all: HostileClient[]): void {
    if (step.kind === 'wait') {
      this.#clock.advance(step.ms);
      return;
    }
    let client = places.get(step.connection);
    if (client === undefined) {
      client = new HostileClient(this.#connect(), this.#patience);
      places.set(step.connection, client);
      all.push(client);
    }
    if (step.kind === 'send') client.send(step.bytes);
    else client[step.kind]();
    if (step.kind === 'end' || step.kind === 'cut') places.delete(step.connection);
  }

  async #findUnserved(): Promise<string | undefined> {
    for (const client of this.#good) client.beginRoundTrip();
    // A receiver that stands still may slow its publishers down for half a second of the broker's time.
    const served = await until(
      () => this.#good.every((client) => client.isServed || client.problem !== undefined),
      this.#patience,
      () => this.#clock.advance(300),
    );
    const problem = this.#good.find((client) => client.problem !== undefined)?.problem;
    return problem ?? (served ? undefined : 'hang: a good client did not get its round trip');
  }

  async #findSilence(all: readonly HostileClient[]): Promise<string | undefined> {
    for (const client of all) {
      // Whoever never says CONNECT is thrown out after the time for it.
      const problem = await client.findSilence(() => this.#clock.advance(1_000));
      if (problem !== undefined) return problem;
    }
    return undefined;
  }

  async #findLeftovers(all: readonly HostileClient[], politely: boolean): Promise<string | undefined> {
    for (const client of all) {
      if (politely) client.end();
      else client.cut();
    }
    const broker = this.#broker;
    const connectionsGone = () => broker.metrics().connections === this.#good.length;
    if (!(await until(connectionsGone, this.#patience))) {
      return `leak: ${broker.metrics().connections - this.#good.length} connections are left`;
    }
    this.#clock.advance(longestSession * 1000 + 1);
    // Wills come out of ended sessions, and messages whose permission was asked for when their sender left: again until all is quiet.
    const isClean = () => this.#retained.size === 0 && this.#leftovers().length === 0;
    do {
      for (const topicName of this.#retained) await broker.publish({ topicName, retain: true });
      this.#retained.clear();
      await until(() => isClean() || this.#retained.size > 0, this.#patience);
    } while (this.#retained.size > 0);
    return isClean() ? undefined : `leak: ${this.#leftovers().join(', ')}`;
  }

  #leftovers(): string[] {
    const {
      sessions,
      subscriptions,
      sharedGroups,
      retainedMessages,
      retainedBytes,
      queuedMessages,
      queuedBytes,
    } = this.#broker.metrics();
    const inFlight = this.#broker.sessions().reduce((sum, session) => sum + session.inFlightMessages, 0);
    const timers = this.#clock.pending - this.#timers;
    const good = this.#good.length;
    return Object.entries({
      sessions: sessions - good,
      subscriptions: subscriptions - 2 * good,
      sharedGroups,
      retainedMessages,
      retainedBytes,
      queuedMessages,
      queuedBytes,
      inFlight,
      timers,
    })
      .filter(([, count]) => count !== 0)
      .map(([what, count]) => `${count} ${what}`);
  }

  async close(): Promise<string | undefined> {
    for (const client of this.#good) client.leave();
    await this.#broker.destroy();
    if (!(await until(() => openSockets() <= this.#socketsBefore, this.#patience))) {
      return `leak: ${openSockets() - this.#socketsBefore} sockets of a closed broker`;
    }
    if (this.#clock.pending > 0) return `leak: ${this.#clock.pending} timers of a closed broker`;
    return this.#faults.shift();
  }
}
