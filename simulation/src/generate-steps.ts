/** From a seed to a list of steps: what clients do, in which order, and what the network does to them. */

import type { QoS, RetainHandling } from '@petrel/protocol';
import { SeededRandom } from '@petrel/testing';
import { petrelPrefix } from './run.js';
import type {
  Action,
  ConnectionFaults,
  ConnectStep,
  DirectionFaults,
  Step,
  SubscribeStep,
  WillStep,
} from './step.js';

const plainTopics = ['t/0', 't/1', 't/2', 't/3'] as const;
const sharedTopics = ['s/0', 's/1'] as const;
const plainFilters = ['t/0', 't/1', 't/+', 't/#'] as const;
const sharedFilters = ['$share/g/s/+', '$share/h/s/0'] as const;
const pauses = [0, 0, 0, 0, 1, 3, 10, 40, 150, 700, 2_500, 8_000] as const;

/** The same seed gives the same steps: the first `count` of an endless list. */
export function generateSteps(seed: number, count: number): Step[] {
  const generator = new Generator(new SeededRandom(seed));
  return Array.from({ length: count }, (_, index) => generator.next(index));
}

class Generator {
  readonly #random: SeededRandom;
  readonly #clients: readonly string[];
  readonly #protocolVersions: ReadonlyMap<string, 4 | 5>;

  constructor(random: SeededRandom) {
    this.#random = random;
    // Others than the model are there in some runs only: the model goes where it is told, and so finds more.
    const petrelClients = random.chance(0.3) ? random.integer(1, 3) : 0;
    this.#clients = Array.from({ length: random.integer(2, 5) }, (_, index) =>
      index < petrelClients ? `${petrelPrefix}${index}` : `c${index}`,
    );
    this.#protocolVersions = new Map(this.#clients.map((name) => [name, random.chance(0.25) ? 4 : 5]));
  }

  next(index: number): Step {
    const client = this.#clients[index] ?? this.#random.pick(this.#clients);
    // Everybody connects and subscribes first: a run in which nobody listens shows nothing.
    if (index < this.#clients.length) return { ...this.#connect(client, index), afterMs: 0 };
    const second = this.#clients[index - this.#clients.length];
    if (second !== undefined) return { ...this.#subscribe(second), afterMs: 50 };
    return { ...this.#action(client, index), afterMs: this.#random.pick(pauses) };
  }

  #action(client: string, index: number): Action {
    const random = this.#random;
    const kinds: readonly (readonly [weight: number, make: () => Action])[] = [
      [45, () => this.#publish(client, index)],
      [17, () => this.#connect(client, index)],
      [14, () => this.#subscribe(client)],
      [3, () => ({ kind: 'unsubscribe', client, topicFilter: this.#filter() })],
      [5, () => this.#disconnect(client)],
      [6, () => ({ kind: 'cut', client })],
      [
        5,
        () => ({
          kind: 'cutAfter',
          client,
          to: random.pick(['server', 'client']),
          bytes: random.integer(1, 90),
        }),
      ],
      [2, () => ({ kind: 'stall', client })],
      [2, () => ({ kind: 'restart', graceful: random.chance(0.3) })],
      [2, () => ({ kind: 'wait' })],
    ];
    const total = kinds.reduce((sum, [weight]) => sum + weight, 0);
    let at = random.next() * total;
    for (const [weight, make] of kinds) {
      if (at < weight) return make();
      at -= weight;
    }
    return { kind: 'wait' };
  }

  #connect(client: string, index: number): ConnectStep {
    const random = this.#random;
    return {
      kind: 'connect',
      client,
      protocolVersion: this.#protocolVersions.get(client) ?? 5,
      cleanStart: random.chance(0.15),
      sessionExpiryInterval: random.pick([0, 2, 10, 1_000, 1_000, 1_000]),
      receiveMaximum: random.pick([1, 2, 2, 3, 20, 65_535]),
      maximumPacketSize: random.chance(0.15) ? 100 : 0,
      keepAlive: random.chance(0.3) ? random.integer(1, 5) : 0,
      acknowledgeAfterMs: random.pick([0, 0, 0, 5, 60]),
      abandonsFormer: random.chance(0.3),
      will: random.chance(0.4) ? this.#will(client, index) : undefined,
      faults: this.#faults(),
    };
  }

  #will(client: string, index: number): WillStep {
    const random = this.#random;
    return {
      message: `${client}/will#${index}`,
      topicName: random.pick(plainTopics),
      // At QoS 0 the witness could miss it while it comes back to a new broker.
      qos: random.pick([1, 2]),
      retain: random.chance(0.3),
      delay: random.pick([0, 0, 1, 5]),
    };
  }

  #faults(): ConnectionFaults {
    if (this.#random.chance(0.5)) return { toServer: this.#direction(), toClient: this.#direction() };
    return { toServer: { delayMs: 0, chunkSizes: [] }, toClient: { delayMs: 0, chunkSizes: [] } };
  }

  #direction(): DirectionFaults {
    const random = this.#random;
    const chunkSizes = random.chance(0.5)
      ? Array.from({ length: random.integer(1, 4) }, () => random.integer(1, 40))
      : [];
    return { delayMs: random.pick([0, 1, 2, 7, 30, 200, 900]), chunkSizes };
  }

  #publish(client: string, index: number): Action {
    const random = this.#random;
    const clears = random.chance(0.05);
    return {
      kind: 'publish',
      client,
      message: `${client}#${index}`,
      topicName: random.pick([...plainTopics, ...sharedTopics]),
      qos: random.pick<QoS>([0, 1, 1, 2, 2]),
      retain: clears || random.chance(0.4),
      clears,
      padding: random.chance(0.1) ? 150 : 0,
    };
  }

  #subscribe(client: string): SubscribeStep {
    const random = this.#random;
    const topicFilter = this.#filter();
    const isShared = topicFilter.startsWith('$share/');
    return {
      kind: 'subscribe',
      client,
      topicFilter,
      qos: random.pick<QoS>([0, 1, 1, 2, 2]),
      noLocal: !isShared && random.chance(0.2),
      retainAsPublished: random.chance(0.3),
      retainHandling: random.pick<RetainHandling>([0, 0, 1, 2]),
    };
  }

  #filter(): string {
    return this.#random.chance(0.3) ? this.#random.pick(sharedFilters) : this.#random.pick(plainFilters);
  }

  #disconnect(client: string): Action {
    const random = this.#random;
    const sessionExpiryInterval = random.chance(0.3) ? random.pick([0, 3, 500]) : undefined;
    return { kind: 'disconnect', client, reasonCode: random.pick([0, 0, 4]), sessionExpiryInterval };
  }
}
