/** A connection between two streams that misbehaves on command: two pipes and the power to cut both. */
import { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type { Clock } from './fake-clock.js';
import { FaultyPipe, type PipeFaults } from './faulty-pipe.js';

/** Time of this machine, for links whose test has no clock of its own. */
const systemClock: Clock = {
  now: () => performance.now(),
  schedule(delayMs, run) {
    const timeout = setTimeout(run, delayMs);
    return () => clearTimeout(timeout);
  },
};

/** The faults of a link at its start; both directions can be changed later. */
export interface LinkFaults {
  readonly toServer?: PipeFaults;
  readonly toClient?: PipeFaults;
  /** What `delayMs` is measured with; default the time of this machine. */
  readonly clock?: Clock;
}

/** A link between a client's stream and a server's stream. */
export class FaultyLink {
  readonly toServer: FaultyPipe;
  readonly toClient: FaultyPipe;
  /** Settles when the link was cut or both sides have ended. */
  readonly closed: Promise<void>;
  readonly #client: Duplex;
  readonly #server: Duplex;

  constructor(client: Duplex, server: Duplex, faults: LinkFaults = {}) {
    const clock = faults.clock ?? systemClock;
    this.#client = client;
    this.#server = server;
    this.toServer = this.#pipe(client, server, clock, faults.toServer ?? {});
    this.toClient = this.#pipe(server, client, clock, faults.toClient ?? {});
    this.closed = Promise.all([client, server].map(whenClosed)).then(() => undefined);
  }

  /** Breaks the connection at once; bytes under way are lost and both sides see a reset. */
  cut(): void {
    this.toServer.close();
    this.toClient.close();
    for (const stream of [this.#client, this.#server]) {
      if (stream instanceof Socket) stream.resetAndDestroy();
      else stream.destroy(Object.assign(new Error('the link was cut'), { code: 'ECONNRESET' }));
    }
  }

  /** Delivers nothing in either direction, as a cable that was pulled; nobody is told. */
  stall(): void {
    this.toServer.stall();
    this.toClient.stall();
  }

  resume(): void {
    this.toServer.resume();
    this.toClient.resume();
  }

  #pipe(from: Duplex, to: Duplex, clock: Clock, faults: PipeFaults): FaultyPipe {
    const pipe = new FaultyPipe(clock, faults, {
      deliver: (chunk) => to.write(chunk),
      end: () => to.end(),
      hold: (holding) => (holding ? from.pause() : from.resume()),
      cut: () => this.cut(),
    });
    to.on('drain', () => pipe.drained());
    from.on('data', (chunk: Uint8Array) => pipe.write(chunk));
    from.on('end', () => pipe.end());
    // The error is the stream's own story; for the link it is a cable that broke.
    from.on('error', () => {});
    from.on('close', () => {
      if (!from.readableEnded) this.cut();
    });
    return pipe;
  }
}

/**
 * Puts a faulty link in front of a stream. `stream` takes the place of `inner` on the client's side; `link` is the switch.
 * `inner` must not be read or written by anyone else.
 */
export function faultyDuplex(
  inner: Duplex,
  faults: LinkFaults = {},
): { readonly stream: Duplex; readonly link: FaultyLink } {
  const [stream, clientSide] = duplexPair();
  return { stream, link: new FaultyLink(clientSide, inner, faults) };
}

/** Two ends of one in-memory connection: what is written to one is read from the other, chunk by chunk. */
export function duplexPair(): readonly [Duplex, Duplex] {
  const a: PairedDuplex = new PairedDuplex(() => b);
  const b: PairedDuplex = new PairedDuplex(() => a);
  return [a, b];
}

class PairedDuplex extends Duplex {
  readonly #other: () => PairedDuplex;
  #whenRead: (() => void) | undefined;

  constructor(other: () => PairedDuplex) {
    super({ allowHalfOpen: true });
    this.#other = other;
  }

  override _read(): void {
    const whenRead = this.#whenRead;
    this.#whenRead = undefined;
    whenRead?.();
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, done: () => void): void {
    const other = this.#other();
    // As with a socket, nothing is received inside the write itself.
    process.nextTick(() => {
      if (other.destroyed || other.push(chunk)) done();
      else other.#whenRead = done;
    });
  }

  override _final(done: () => void): void {
    const other = this.#other();
    process.nextTick(() => {
      if (!other.destroyed) other.push(null);
      done();
    });
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#whenRead?.();
    const other = this.#other();
    // The other end of a socket that goes away without an end sees a reset.
    if (!other.destroyed && !(this.readableEnded && this.writableFinished)) {
      process.nextTick(() => {
        other.destroy(
          error === null
            ? undefined
            : Object.assign(new Error('the other end was reset'), { code: 'ECONNRESET' }),
        );
      });
    }
    done(error);
  }
}

function whenClosed(stream: Duplex): Promise<void> {
  return new Promise((resolve) => {
    if (stream.closed) resolve();
    else stream.once('close', resolve);
  });
}
