/** One run: the broker, its clients and the network, through a list of steps to a quiet end. */
import { type Broker, createBroker, type Logger, type Store } from '@petrel/broker';
import { FakeClock, SeededRandom } from '@petrel/testing';
import { History, type HistoryEvent } from './history.js';
import { Link, type LinkUser } from './link.js';
import { ModelClient } from './model-client.js';
import { PetrelClient } from './petrel-client.js';
import { settle } from './settle.js';
import type { SimulatedClient } from './simulated-client.js';
import { type SimulatedStore, type StoreKind, simulatedStore } from './simulated-store.js';
import { type ConnectStep, noFaults, type Step } from './step.js';
import type { Tamper } from './tamper.js';

/** The client that is always there, over a perfect connection, and gets every message at QoS 2. */
export const witness = 'witness';
/** The client that comes at the end, to see what is retained. */
export const auditor = 'auditor';
/** What the broker of a run announces. */
export const serverReceiveMaximum = 4;

/** How the names begin of clients that are real ones. */
export const petrelPrefix = 'petrel';

const quietMs = 2_000;

/** Runs the steps; the same steps give the same history. */
export async function run(
  steps: readonly Step[],
  tamper: Tamper = {},
  storeKind: StoreKind = 'memory',
): Promise<readonly HistoryEvent[]> {
  const world = new World(tamper, storeKind);
  await world.open();
  for (const step of steps) await world.take(step);
  await world.finish();
  const events = [...world.history.events];
  await world.close();
  return events;
}

class World {
  readonly history: History;
  readonly #tamper: Tamper;
  readonly #clock = new FakeClock();
  readonly #store: SimulatedStore;
  readonly #clients = new Map<string, SimulatedClient>();
  readonly #random = new SeededRandom(0);
  readonly #links: Link[] = [];
  #broker!: Broker;
  /** Counts brokers; one that is dead or closing is no witness any more. */
  #generation = 0;

  constructor(tamper: Tamper, storeKind: StoreKind) {
    this.#tamper = tamper;
    this.#store = simulatedStore(storeKind, this.#clock, this.#random);
    const startedAt = this.#clock.now();
    this.history = new History(() => this.#clock.now() - startedAt);
  }

  async open(): Promise<void> {
    await this.#openBroker();
    await this.#bringWitness();
    this.#client(witness).subscribe(everything(witness, 2));
    await settle();
  }

  async take(step: Step): Promise<void> {
    await this.#pass(step.afterMs);
    await this.#act(step);
    await settle();
  }

  /** Everybody comes back over good connections and gets what is due; then somebody looks at what is retained. */
  async finish(): Promise<void> {
    // What is still under way could take over from somebody who came back.
    await this.#pass(quietMs);
    for (const name of [...this.#clients.keys()].filter((name) => name !== witness)) {
      this.#client(name).connect(returning(name));
      await settle();
    }
    await this.#pass(quietMs);
    this.#client(auditor).connect({ ...returning(auditor), cleanStart: true });
    await this.#pass(0);
    this.#client(auditor).subscribe(everything(auditor, 0));
    await this.#pass(quietMs);
  }

  async close(): Promise<void> {
    for (const client of this.#clients.values()) client.destroy();
    await this.#broker.destroy();
  }

  async #act(step: Step): Promise<void> {
    switch (step.kind) {
      case 'wait':
        return;
      case 'restart':
        await this.#restart(step.graceful);
        return;
      default:
        this.#actOf(this.#client(step.client), step);
    }
  }

  #actOf(client: SimulatedClient, step: Exclude<Step, { kind: 'wait' | 'restart' }>): void {
    switch (step.kind) {
      case 'connect':
        client.connect(step);
        return;
      case 'publish':
        client.publish(step);
        return;
      case 'subscribe':
        client.subscribe(step);
        return;
      case 'unsubscribe':
        client.unsubscribe(step.topicFilter);
        return;
      case 'disconnect':
        client.disconnect(step.reasonCode, step.sessionExpiryInterval);
        return;
      case 'cut':
        client.link?.cut();
        return;
      case 'cutAfter':
        client.link?.cutAfter(step.to, step.bytes);
        return;
      case 'stall':
        client.link?.stall();
    }
  }

  async #restart(graceful: boolean): Promise<void> {
    const former = this.#broker;
    const { history } = this;
    this.#generation++;
    history.add({ kind: 'restart', at: history.now, graceful });
    if (graceful) {
      await Promise.all([former.close({ graceMs: 0 }), this.#pass(1)]);
    } else {
      // Whatever the old broker still does, its store is another one's now.
      this.#store.takeAway();
      for (const link of this.#links) link.cut();
      await settle();
      // A disk without power refuses to be closed in order.
      await former.destroy().catch(() => undefined);
    }
    await this.#openBroker();
    await this.#bringWitness();
  }

  async #openBroker(): Promise<void> {
    const store: Store = this.#store.open();
    const { history } = this;
    const generation = this.#generation;
    this.#broker = await createBroker({
      clock: this.#clock,
      store,
      sysTopicsIntervalMs: 0,
      limits: { receiveMaximum: serverReceiveMaximum },
      hooks: {
        connected: ({ clientIdentifier: client }, { sessionPresent }) => {
          if (generation === this.#generation)
            history.add({ kind: 'accept', at: history.now, client, sessionPresent });
        },
      },
      logger: this.#logger(),
    });
    await settle();
  }

  async #bringWitness(): Promise<void> {
    this.#client(witness).connect(returning(witness));
    await settle();
  }

  #logger(): Logger {
    const { history } = this;
    const fault = (error: unknown): void =>
      history.add({ kind: 'fault', at: history.now, who: 'the broker', error });
    return { debug: () => {}, info: () => {}, warn: fault, error: fault };
  }

  /** Time goes on, one event of the clock after the other, and each has its consequences before the next. */
  async #pass(ms: number): Promise<void> {
    let isOver = false;
    this.#clock.schedule(ms, () => {
      isOver = true;
    });
    do {
      this.#clock.advanceToNext();
      await settle();
    } while (!isOver);
  }

  #client(name: string): SimulatedClient {
    const known = this.#clients.get(name);
    if (known !== undefined) return known;
    const Kind = name.startsWith(petrelPrefix) ? PetrelClient : ModelClient;
    const client = new Kind(name, {
      clock: this.#clock,
      history: this.history,
      random: this.#random.next,
      openLink: (step, user) => this.#openLink(step, user),
    });
    this.#clients.set(name, client);
    return client;
  }

  #openLink({ client, protocolVersion, faults }: ConnectStep, user: LinkUser): Link {
    const context = { clock: this.#clock, history: this.history, tamper: this.#tamper };
    const number = this.#links.length + 1;
    const link = new Link(number, client, protocolVersion, this.#broker.connect(), user, faults, context);
    this.#links.push(link);
    return link;
  }
}

function returning(client: string): ConnectStep {
  return {
    kind: 'connect',
    client,
    protocolVersion: 5,
    cleanStart: false,
    sessionExpiryInterval: 100_000,
    receiveMaximum: 65_535,
    maximumPacketSize: 0,
    keepAlive: 0,
    acknowledgeAfterMs: 0,
    abandonsFormer: false,
    will: undefined,
    faults: noFaults,
  };
}

function everything(client: string, retainHandling: 0 | 2) {
  return {
    kind: 'subscribe',
    client,
    topicFilter: '#',
    qos: 2,
    noLocal: false,
    retainAsPublished: true,
    retainHandling,
  } as const;
}
