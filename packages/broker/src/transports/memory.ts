/**
 * An in-process connection: a Node Duplex for the client and a Transport for the broker, with no socket between them.
 * Like a socket it shares no memory between its ends, and it never calls one end from inside a call of the other.
 */
import { Duplex } from 'node:stream';
import type { Transport, TransportReceiver } from '../transport.js';

// Taken once: a test that replaces the global timers does not stop the bytes.
const nextTurn = globalThis.setImmediate;

/** What the client's side has written and its stream waits to see taken. */
interface ClientWrite {
  readonly bytes: Uint8Array;
  readonly taken: () => void;
}

/** The broker's side; `clientStream` is the other end. Bytes cross in the next turn of the event loop, in order. */
export class MemoryTransport implements Transport {
  readonly kind = 'memory';
  readonly remoteAddress = undefined;
  readonly clientStream: Duplex;
  readonly #highWaterMarkBytes: number;
  #receiver: TransportReceiver | undefined;
  #fromClient: ClientWrite | undefined;
  #toClient: Uint8Array[] = [];
  #toClientBytes = 0;
  #clientTakes = true;
  #drainOwed = false;
  #paused = false;
  #turnPlanned = false;
  /** `ending`: closes after what is queued. `broken`: closes without. */
  #state: 'open' | 'ending' | 'broken' | 'closed' = 'open';
  #brokerLeft = false;

  constructor(highWaterMarkBytes: number) {
    this.#highWaterMarkBytes = highWaterMarkBytes;
    this.clientStream = new Duplex({
      allowHalfOpen: false,
      read: () => {
        this.#clientTakes = true;
        if (this.#toClientBytes > 0) this.#planTurn();
      },
      write: (chunk: Uint8Array, _encoding, taken) => this.#clientWrote(Buffer.from(chunk), taken),
      writev: (writes, taken) =>
        this.#clientWrote(Buffer.concat(writes.map((write) => write.chunk as Uint8Array)), taken),
      final: (done) => {
        this.#leave('ending');
        done();
      },
      destroy: (error, done) => {
        // What a socket was given before it is destroyed still arrives.
        this.#leave('ending');
        done(error);
      },
    });
  }

  get bufferedBytes(): number {
    return this.#toClientBytes;
  }

  start(receiver: TransportReceiver): void {
    this.#receiver = receiver;
    this.#planTurn();
  }

  admit(): void {
    // What a stranger can make this transport hold is bounded by its own stream.
  }

  write(bytes: Uint8Array): boolean {
    if (this.#state !== 'open') return true;
    this.#toClient.push(bytes);
    this.#toClientBytes += bytes.length;
    this.#planTurn();
    if (this.#toClientBytes <= this.#highWaterMarkBytes) return true;
    this.#drainOwed = true;
    return false;
  }

  cork(): void {
    // Everything that is written in a turn crosses together anyway.
  }

  uncork(): void {}

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    if (this.#fromClient !== undefined) this.#planTurn();
  }

  end(): void {
    this.#brokerLeft = true;
    this.#leave('ending');
  }

  destroy(): void {
    this.#brokerLeft = true;
    this.#leave('broken');
  }

  #leave(state: 'ending' | 'broken'): void {
    if (this.#state === 'closed' || this.#state === 'broken') return;
    this.#state = state;
    this.#planTurn();
  }

  #clientWrote(bytes: Uint8Array, taken: () => void): void {
    if (this.#state === 'closed') {
      taken();
      return;
    }
    this.#fromClient = { bytes, taken };
    this.#planTurn();
  }

  #planTurn(): void {
    // Without a receiver there is nothing to do but to close.
    if (this.#turnPlanned || (this.#receiver === undefined && !this.#brokerLeft)) return;
    this.#turnPlanned = true;
    nextTurn(this.#turn);
  }

  readonly #turn = (): void => {
    this.#turnPlanned = false;
    this.#takeFromClient();
    if (this.#state !== 'broken') this.#giveToClient();
    if (this.#state !== 'ending' && this.#state !== 'broken') return;
    // Given its last bytes, the client may have answered before it left.
    this.#takeFromClient();
    this.#close();
  };

  #takeFromClient(): void {
    const write = this.#fromClient;
    if (write === undefined || (this.#paused && this.#state === 'open')) return;
    this.#fromClient = undefined;
    if (!this.#brokerLeft) this.#receiver?.onBytes(write.bytes);
    write.taken();
  }

  #giveToClient(): void {
    if (
      this.#toClientBytes > 0 &&
      !this.clientStream.destroyed &&
      (this.#clientTakes || this.#state === 'ending')
    ) {
      const bytes = Buffer.concat(this.#toClient, this.#toClientBytes);
      this.#toClient = [];
      this.#toClientBytes = 0;
      this.#clientTakes = this.clientStream.push(bytes);
    }
    if (!this.#drainOwed || this.#toClientBytes > 0 || this.#state !== 'open') return;
    this.#drainOwed = false;
    this.#receiver?.onDrain();
  }

  #close(): void {
    const wasBroken = this.#state === 'broken';
    this.#state = 'closed';
    this.#toClient = [];
    this.#toClientBytes = 0;
    if (wasBroken) this.clientStream.destroy();
    else if (!this.clientStream.destroyed) this.clientStream.push(null);
    const receiver = this.#receiver;
    this.#receiver = undefined;
    receiver?.onClose();
  }
}
