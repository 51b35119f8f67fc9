/** When a message counts as handled, and how many may be in work at once. Retry and dead letter will stand here. */
import { type QoS, UsageError } from '@petrel/protocol';
import { ConcurrencyGate } from './concurrency-gate.js';

/** How the messages of one handler are treated; each default is that of its service. */
export interface DeliveryPolicy {
  /**
   * `after`: acknowledged when the handler has finished, so that a crash loses nothing. `before`: acknowledged on
   * arrival. Means QoS 1 and 2 only. Default `after`.
   */
  readonly acknowledge?: 'after' | 'before';
  /** Messages in work at once, from 1; Infinity for no limit. Default 100. */
  readonly concurrency?: number;
  /**
   * QoS 0 messages that may wait for their turn; more are dropped, and `onError` hears of it once. At QoS 1 and 2 the
   * connection's Receive Maximum is the bound. Default 10,000.
   */
  readonly maximumWaiting?: number;
}

/** A checked policy without gaps. */
export type ResolvedDeliveryPolicy = Required<DeliveryPolicy>;

/** What holds where neither a service nor a handler says anything. */
export const defaultDeliveryPolicy: ResolvedDeliveryPolicy = Object.freeze({
  acknowledge: 'after',
  concurrency: 100,
  maximumWaiting: 10_000,
});

/** Completes and checks a policy; throws UsageError naming option, rule and value. */
export function resolveDeliveryPolicy(
  policy: DeliveryPolicy,
  defaults: ResolvedDeliveryPolicy = defaultDeliveryPolicy,
): ResolvedDeliveryPolicy {
  const { acknowledge = defaults.acknowledge, concurrency = defaults.concurrency } = policy;
  const { maximumWaiting = defaults.maximumWaiting } = policy;
  if (acknowledge !== 'after' && acknowledge !== 'before') {
    throw new UsageError(
      `option "acknowledge" must be "after" or "before", got ${JSON.stringify(acknowledge)}`,
    );
  }
  assertCount('concurrency', concurrency, 1);
  assertCount('maximumWaiting', maximumWaiting, 0);
  return Object.freeze({ acknowledge, concurrency, maximumWaiting });
}

function assertCount(option: string, value: number, minimum: number): void {
  if (value === Infinity || (Number.isInteger(value) && value >= minimum)) return;
  throw new UsageError(
    `option "${option}" must be an integer from ${minimum}, or Infinity, got ${String(value)}`,
  );
}

/** Runs the handlings of one handler by its policy, inside the bound of the whole service. */
export class DeliveryGate {
  readonly #policy: ResolvedDeliveryPolicy;
  readonly #own: ConcurrencyGate;
  readonly #service: ConcurrencyGate;

  constructor(policy: ResolvedDeliveryPolicy, service: ConcurrencyGate) {
    this.#policy = policy;
    this.#own = new ConcurrencyGate(policy.concurrency);
    this.#service = service;
  }

  /** The message has no acknowledgement to hold back, and too many wait already. */
  refuses(qos: QoS): boolean {
    return qos === 0 && this.#own.waiting >= this.#policy.maximumWaiting;
  }

  /** Runs `handle`; `acknowledge` settles when the message may be acknowledged, `finished` when all is done. */
  run(handle: () => Promise<void>): {
    readonly acknowledge: Promise<void> | undefined;
    readonly finished: Promise<void>;
  } {
    const finished = this.#own.run(() => this.#service.run(handle));
    return { acknowledge: this.#policy.acknowledge === 'after' ? finished : undefined, finished };
  }
}
