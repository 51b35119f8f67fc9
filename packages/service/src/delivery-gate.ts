/** Who may begin when: the bounds of one handler and of its service, and one after the other where order counts. */
import type { QoS } from '@petrel/protocol';
import { ConcurrencyGate } from './concurrency-gate.js';
import type { ResolvedDeliveryPolicy } from './delivery-policy.js';
import type { InboundMessage } from './link.js';

/** Runs the work of one handler by its policy, inside the bound of the whole service. */
export class DeliveryGate {
  readonly #policy: ResolvedDeliveryPolicy;
  readonly #own: ConcurrencyGate;
  readonly #service: ConcurrencyGate;
  /** A lane per key that is in work: one place each. */
  readonly #lanes = new Map<string, ConcurrencyGate>();
  #waiting = 0;

  constructor(policy: ResolvedDeliveryPolicy, service: ConcurrencyGate) {
    this.#policy = policy;
    this.#own = new ConcurrencyGate(policy.concurrency);
    this.#service = service;
  }

  /** The message has no acknowledgement to hold back, and too many wait already. */
  refuses(qos: QoS): boolean {
    return qos === 0 && this.#waiting >= this.#policy.maximumWaiting;
  }

  /** What the message must wait for the others of; undefined: for nobody. Throws what the option `orderKey` throws. */
  keyOf(message: InboundMessage): string | undefined {
    const { ordered, orderKey } = this.#policy;
    if (ordered === false) return undefined;
    return ordered === 'topic' ? message.topicName : orderKey(message);
  }

  /** Runs `work` when its turn comes; settles as it does. */
  async run(key: string | undefined, work: () => Promise<void>): Promise<void> {
    // Its own lane first: who waits for order must not hold a place that others could work in.
    const lane = key === undefined ? undefined : this.#laneOf(key);
    for (const gate of [lane, this.#own, this.#service]) {
      const turn = gate === undefined ? undefined : this.#enter(gate);
      if (turn !== undefined) await turn;
    }
    try {
      await work();
    } finally {
      this.#service.leave();
      this.#own.leave();
      if (lane !== undefined) this.#leaveLane(key as string, lane);
    }
  }

  #enter(gate: ConcurrencyGate): Promise<void> | undefined {
    const waiting = gate.enter();
    if (waiting === undefined) return undefined;
    this.#waiting++;
    return waiting.then(() => {
      this.#waiting--;
    });
  }

  #laneOf(key: string): ConcurrencyGate {
    let lane = this.#lanes.get(key);
    if (lane === undefined) this.#lanes.set(key, (lane = new ConcurrencyGate(1)));
    return lane;
  }

  #leaveLane(key: string, lane: ConcurrencyGate): void {
    lane.leave();
    if (lane.running === 0) this.#lanes.delete(key);
  }
}
