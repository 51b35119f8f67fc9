/** Who may begin when: the bounds of one handler and of its service, and one after the other where order counts. */
import type { QoS } from '@petrel/protocol';
import { ConcurrencyGate } from './concurrency-gate.js';
import type { ResolvedDeliveryPolicy } from './delivery-policy.js';
import type { InboundMessage } from './link.js';

/** Gives turns to the messages of one handler by its policy, inside the bound of the whole service. */
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

  /** Takes a turn: at once, and then it gives nothing to wait for, or when the promise resolves. Each needs one `leave`. */
  enter(key: string | undefined): Promise<void> | undefined {
    // Its own lane first: who waits for order must not hold a place that others could work in.
    const inLane = key === undefined ? undefined : this.#laneOf(key).enter();
    if (inLane !== undefined) return this.#wait(inLane, this.#own, this.#service);
    const inOwn = this.#own.enter();
    if (inOwn !== undefined) return this.#wait(inOwn, this.#service);
    const inService = this.#service.enter();
    return inService === undefined ? undefined : this.#wait(inService);
  }

  /** Gives the turn back. */
  leave(key: string | undefined): void {
    this.#service.leave();
    this.#own.leave();
    if (key !== undefined) this.#leaveLane(key);
  }

  async #wait(turn: Promise<void>, ...behind: readonly ConcurrencyGate[]): Promise<void> {
    this.#waiting++;
    await turn;
    for (const gate of behind) await gate.enter();
    this.#waiting--;
  }

  #laneOf(key: string): ConcurrencyGate {
    let lane = this.#lanes.get(key);
    if (lane === undefined) this.#lanes.set(key, (lane = new ConcurrencyGate(1)));
    return lane;
  }

  #leaveLane(key: string): void {
    const lane = this.#laneOf(key);
    lane.leave();
    if (lane.running === 0) this.#lanes.delete(key);
  }
}
