/**
 * Between listeners and connections: lets a transport in, lets it wait unread, or closes it; and keeps strangers from taking the places of
 * clients. What is decided is admission's business; here are the queue and its timers.
 */
import type { BrokerContext } from '../broker-context.js';
import { systemClock } from '../clock.js';
import type { Connection } from '../connection.js';
import { ConnectionError } from '../errors.js';
import type { Timer } from '../timer-queue.js';
import type { Handshake, Transport } from '../transport.js';
import { Admission } from './admission.js';
import type { LoadLevel } from './load-level.js';
import { LoopLag } from './loop-lag.js';
import { connectionBytes } from './memory-budget.js';

const serverBusy = 0x89;

/** Who stands at the door: a transport, or what has a handshake before it is one. */
type Arrival = Transport | Handshake;

function isHandshake(arrival: Connection | Arrival): arrival is Handshake {
  return 'begin' in arrival;
}

/** One per broker. */
export class Door {
  readonly #load: LoadLevel;
  readonly #context: BrokerContext;
  readonly #admission: Admission;
  /** Not read yet, in the order of their arrival, with the time up to which they may wait. */
  readonly #waiting = new Map<Arrival, number>();
  /** Connections that sent no CONNECT yet, and sockets on their way there, in the order in which they came this far. */
  readonly #strangers = new Set<Connection | Handshake>();
  /** Handshakes that were let in or wait, and have neither become connections nor gone. */
  readonly #handshakes = new Set<Handshake>();
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
    return this.#waiting.size;
  }

  /** Begins to let in; `enter` makes a connection of a transport, and is not called before. A broker on a clock of its own does not look at this machine's load. */
  open(enter: (transport: Transport) => Connection): void {
    this.#enter = enter;
    const { clock, limits } = this.#context.options;
    if (clock !== systemClock || (limits.admissionLagMs === 0 && limits.sheddingLagMs === 0)) return;
    this.#lag = new LoopLag((lagMs) => {
      this.#load.observe(lagMs);
      // Even a broker that stays busy lets somebody in now and then.
      if (this.#waiting.size > 0) this.#letIn(this.#load.isBusy);
    });
  }

  /** Lets nobody in any more. */
  close(): void {
    this.#lag?.stop();
    this.#context.timers.cancel(this.#timer);
    const waiting = [...this.#waiting.keys()];
    this.#waiting.clear();
    for (const arrival of waiting) this.#turnAway(arrival);
  }

  /** A listener has a transport, or a socket whose handshake has not begun. */
  arrived(arrival: Arrival): void {
    const now = this.#context.clock.now();
    const answer = this.#admission.arrived(arrival.remoteAddress, now);
    if (answer === 'refuse') {
      this.#context.metrics.connectionsTurnedAway += 1;
      arrival.destroy();
      return;
    }
    if (isHandshake(arrival)) this.#handshakes.add(arrival);
    if (answer === 'enter' && this.#waiting.size === 0 && this.#makeRoom()) {
      this.#open(arrival);
      return;
    }
    this.#waiting.set(arrival, now + this.#context.options.limits.connectTimeoutMs);
    this.#arm(now);
  }

  /** A handshake is over: the transport takes its place. */
  shook(handshake: Handshake, transport: Transport): void {
    if (!this.#handshakes.delete(handshake)) {
      transport.destroy();
      return;
    }
    this.#strangers.delete(handshake);
    this.#strangers.add((this.#enter as (transport: Transport) => Connection)(transport));
  }

  /** The socket of a handshake is closed; that of a connection is none of its business. */
  gone(handshake: Handshake): void {
    if (!this.#handshakes.delete(handshake)) return;
    this.#admission.left(handshake.remoteAddress);
    this.#strangers.delete(handshake);
    if (!this.#waiting.delete(handshake)) this.#context.memory.take(-connectionBytes[handshake.kind]);
    if (this.#waiting.size > 0) this.#letIn(false);
  }

  /** Its CONNECT has come: it is no stranger any more, and is not sent away for another one. */
  asked(connection: Connection): void {
    if (this.#strangers.delete(connection)) this.#asking.add(connection);
  }

  /** Its CONNECT is decided. */
  decided(connection: Connection): void {
    if (this.#asking.delete(connection) && this.#waiting.size > 0) this.#letIn(false);
  }

  /** The network connection is gone. */
  left(connection: Connection): void {
    const { transport, inboundAliases } = connection;
    this.#admission.left(transport.remoteAddress);
    this.#context.memory.take(-connectionBytes[transport.kind] - (inboundAliases?.bytes ?? 0));
    this.#strangers.delete(connection);
    this.#asking.delete(connection);
    if (this.#waiting.size > 0) this.#letIn(false);
  }

  #letIn(evenIfBusy: boolean): void {
    const now = this.#context.clock.now();
    let mayPush = evenIfBusy;
    for (const [arrival, dueAt] of this.#waiting) {
      if (dueAt <= now) {
        this.#waiting.delete(arrival);
        this.#turnAway(arrival);
        continue;
      }
      if (!this.#makeRoom() || !(this.#admission.mayEnter(now) || mayPush)) break;
      mayPush = false;
      this.#waiting.delete(arrival);
      this.#open(arrival);
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
    if (isHandshake(oldest)) {
      this.#context.metrics.connectionsTurnedAway += 1;
      oldest.destroy();
      return true;
    }
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

  #open(arrival: Arrival): void {
    this.#context.memory.take(connectionBytes[arrival.kind]);
    if (isHandshake(arrival)) {
      this.#strangers.add(arrival);
      arrival.begin();
    } else {
      this.#strangers.add((this.#enter as (transport: Transport) => Connection)(arrival));
    }
  }

  /** One that waited, and is no longer among those. */
  #turnAway(arrival: Arrival): void {
    if (isHandshake(arrival)) this.#handshakes.delete(arrival);
    this.#admission.left(arrival.remoteAddress);
    this.#context.metrics.connectionsTurnedAway += 1;
    arrival.destroy();
  }

  #arm(now: number): void {
    const { timers } = this.#context;
    timers.cancel(this.#timer);
    const [dueAt] = this.#waiting.values();
    if (dueAt === undefined) return;
    const waitMs = this.#admission.waitMs(now);
    const at = waitMs > 0 ? Math.min(dueAt, now + waitMs) : dueAt;
    this.#timer = timers.add(at, () => this.#letIn(false));
  }
}
