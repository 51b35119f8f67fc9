/**
 * Between listeners and connections: lets a transport in, lets it wait unread, or closes it; and keeps strangers from taking the places of
 * clients. What is decided is admission's business; here are the queue and its timers.
 */
import type { BrokerContext } from '../broker-context.js';
import { systemClock } from '../clock.js';
import type { Connection } from '../connection.js';
import { ConnectionError } from '../errors.js';
import type { Timer } from '../timer-queue.js';
import type { Transport } from '../transport.js';
import { Admission } from './admission.js';
import type { LoadLevel } from './load-level.js';
import { LoopLag } from './loop-lag.js';
import { connectionBytes } from './memory-budget.js';

const serverBusy = 0x89;

interface Waiting {
  readonly transport: Transport;
  readonly dueAt: number;
}

/** One per broker. */
export class Door {
  readonly #load: LoadLevel;
  readonly #context: BrokerContext;
  readonly #admission: Admission;
  /** Not read yet, in the order of their arrival. */
  readonly #waiting: Waiting[] = [];
  /** Connections that sent no CONNECT yet, in the order of their arrival. */
  readonly #strangers = new Set<Connection>();
  /** Connections whose CONNECT is being decided. */
  readonly #asking = new Set<Connection>();
  #enter: ((transport: Transport) => Connection) | undefined;
  #timer: Timer | undefined;
  #lag: LoopLag | undefined;

  constructor(context: BrokerContext, load: LoadLevel) {
    this.#context = context;
    this.#load = load;
    this.#admission = new Admission(() => context.options.limits, load);
  }

  /** Connections that wait for their turn. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Begins to let in; `enter` makes a connection of a transport, and is not called before. A broker on a clock of its own does not look at this machine's load. */
  open(enter: (transport: Transport) => Connection): void {
    this.#enter = enter;
    const { clock, limits } = this.#context.options;
    if (clock !== systemClock || (limits.admissionLagMs === 0 && limits.sheddingLagMs === 0)) return;
    this.#lag = new LoopLag((lagMs) => {
      this.#load.observe(lagMs);
      // Even a broker that stays busy lets somebody in now and then.
      if (this.#waiting.length > 0) this.#letIn(this.#load.isBusy);
    });
  }

  /** Lets nobody in any more. */
  close(): void {
    this.#lag?.stop();
    this.#context.timers.cancel(this.#timer);
    for (const { transport } of this.#waiting.splice(0)) this.#turnAway(transport);
  }

  /** A listener accepted a transport. */
  arrived(transport: Transport): void {
    const now = this.#context.clock.now();
    const answer = this.#admission.arrived(transport.remoteAddress, now);
    if (answer === 'refuse') {
      this.#context.metrics.connectionsTurnedAway += 1;
      transport.destroy();
      return;
    }
    if (answer === 'enter' && this.#waiting.length === 0 && this.#makeRoom()) {
      this.#open(transport);
      return;
    }
    this.#waiting.push({ transport, dueAt: now + this.#context.options.limits.connectTimeoutMs });
    this.#arm(now);
  }

  /** Its CONNECT has come: it is no stranger any more, and is not sent away for another one. */
  asked(connection: Connection): void {
    if (this.#strangers.delete(connection)) this.#asking.add(connection);
  }

  /** Its CONNECT is decided. */
  decided(connection: Connection): void {
    if (this.#asking.delete(connection) && this.#waiting.length > 0) this.#letIn(false);
  }

  /** The network connection is gone. */
  left(connection: Connection): void {
    const { transport, inboundAliases } = connection;
    this.#admission.left(transport.remoteAddress);
    this.#context.memory.take(-connectionBytes[transport.kind] - (inboundAliases?.bytes ?? 0));
    this.#strangers.delete(connection);
    this.#asking.delete(connection);
    if (this.#waiting.length > 0) this.#letIn(false);
  }

  #letIn(evenIfBusy: boolean): void {
    const now = this.#context.clock.now();
    let mayPush = evenIfBusy;
    while (this.#waiting.length > 0) {
      const { transport, dueAt } = this.#waiting[0] as Waiting;
      if (dueAt <= now) {
        this.#waiting.shift();
        this.#turnAway(transport);
        continue;
      }
      if (!this.#makeRoom() || !(this.#admission.mayEnter(now) || mayPush)) break;
      mayPush = false;
      this.#waiting.shift();
      this.#open(transport);
    }
    this.#arm(now);
  }

  /** Whether one more stranger may come in: the one who has been silent for longest goes for it; who is being decided on does not. */
  #makeRoom(): boolean {
    const { maximumPendingConnections: maximum } = this.#context.options.limits;
    if (this.#strangers.size + this.#asking.size < maximum) return true;
    const oldest = this.#strangers.values().next().value;
    if (oldest === undefined) return false;
    this.#strangers.delete(oldest);
    oldest.fail(
      new ConnectionError(
        'PETREL_LIMIT_EXCEEDED',
        `the limit of ${maximum} connections without CONNECT is reached`,
        { reasonCode: serverBusy },
      ),
    );
    // It was told nothing, as it has not said which version it speaks: its place is free now, not when it closes its own side.
    oldest.transport.destroy();
    return true;
  }

  #open(transport: Transport): void {
    this.#context.memory.take(connectionBytes[transport.kind]);
    const connection = (this.#enter as (transport: Transport) => Connection)(transport);
    this.#strangers.add(connection);
  }

  #turnAway(transport: Transport): void {
    this.#admission.left(transport.remoteAddress);
    this.#context.metrics.connectionsTurnedAway += 1;
    transport.destroy();
  }

  #arm(now: number): void {
    const { timers } = this.#context;
    timers.cancel(this.#timer);
    const first = this.#waiting[0];
    if (first === undefined) return;
    const waitMs = this.#admission.waitMs(now);
    const at = waitMs > 0 ? Math.min(first.dueAt, now + waitMs) : first.dueAt;
    this.#timer = timers.add(at, () => this.#letIn(false));
  }
}
