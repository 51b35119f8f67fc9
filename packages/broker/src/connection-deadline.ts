/** The one deadline of a connection: first for its CONNECT and what authentication follows, then for the next packet by Keep Alive. */
import type { BrokerContext } from './broker-context.js';
import type { Connection } from './connection.js';
import { ConnectionError } from './errors.js';
import type { Timer } from './timer-queue.js';

function connectTimedOut(_now: number, connection: Connection): void {
  const { connectTimeoutMs } = connection.context.options.limits;
  connection.fail(
    new ConnectionError('PETREL_CONNECT_TIMEOUT', `not connected within ${connectTimeoutMs} ms`, {
      reasonCode: 0x80,
    }),
  );
}

function keepAliveOver(_now: number, deadline: ConnectionDeadline): void {
  deadline.keepAliveOver();
}

/** Fails its connection when it comes up. */
export class ConnectionDeadline {
  readonly #connection: Connection;
  readonly #context: BrokerContext;
  /** Seconds; 0 = none. */
  #keepAlive = 0;
  #timer: Timer | undefined;

  constructor(connection: Connection, context: BrokerContext) {
    this.#connection = connection;
    this.#context = context;
    const { connectTimeoutMs } = context.options.limits;
    this.#timer = context.timers.add(context.clock.now() + connectTimeoutMs, connectTimedOut, connection);
  }

  /** The client is accepted. */
  connected(keepAlive: number): void {
    this.cancel();
    this.#keepAlive = keepAlive;
    this.packetCame();
  }

  /** Begins Keep Alive anew [MQTT-3.1.2-22]. */
  packetCame(): void {
    if (this.#keepAlive === 0) return;
    const { timers, clock } = this.#context;
    const dueAt = clock.now() + this.#keepAlive * 1500;
    if (this.#timer === undefined) this.#timer = timers.add(dueAt, keepAliveOver, this);
    else timers.reschedule(this.#timer, dueAt);
  }

  cancel(): void {
    this.#context.timers.cancel(this.#timer);
    this.#timer = undefined;
  }

  keepAliveOver(): void {
    if (this.#connection.isBlocked) {
      // Somebody we do not read cannot be blamed for silence.
      this.packetCame();
      return;
    }
    this.#connection.fail(
      new ConnectionError(
        'PETREL_KEEP_ALIVE_TIMEOUT',
        `no packet within 1.5 × Keep Alive of ${this.#keepAlive} s [MQTT-3.1.2-22]`,
        { reasonCode: 0x8d },
      ),
    );
  }
}
