/** Re-authentication of a live connection (section 4.12.1), beside whatever else goes over it. */
import { type AuthPacket, type PetrelError, ProtocolError, reasonCode } from '@petrel/protocol';
import type { Connection } from '../connection.js';
import type { AuthenticationMethod } from './authentication-method.js';
import { Exchange } from './exchange.js';

interface Running {
  readonly exchange: Exchange;
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** One per client; at most one exchange at a time. */
export class Reauthentication {
  readonly #method: AuthenticationMethod | undefined;
  #connection: Connection | undefined;
  #running: Running | undefined;

  /** `method` is that of CONNECT [MQTT-4.12.1-1]. */
  constructor(method: AuthenticationMethod | undefined) {
    this.#method = method;
  }

  /** A connection was accepted, and so has just authenticated: whoever began without one has what he wanted. */
  attach(connection: Connection): void {
    this.#connection = connection;
    this.#take()?.resolve();
  }

  /** The connection is gone; the next one authenticates by itself. */
  detach(cause: PetrelError): void {
    this.#connection = undefined;
    this.#take()?.reject(cause);
  }

  /** Resolves when the server has accepted; a running one is shared. Needs a connection and a method. */
  start(): Promise<void> {
    if (this.#running !== undefined) return this.#running.promise;
    const exchange = new Exchange(this.#method as AuthenticationMethod);
    const { promise, resolve, reject } = withResolvers();
    this.#running = { exchange, promise, resolve, reject };
    exchange.first().then(
      (properties) => {
        if (this.#running?.exchange === exchange)
          this.#send({ type: 'auth', reasonCode: reasonCode.reAuthenticate, properties });
      },
      (error: unknown) => {
        if (this.#running?.exchange === exchange) this.#take()?.reject(error);
      },
    );
    return promise;
  }

  /** AUTH from the server; throws what ends the connection [MQTT-4.12.1-2]. */
  onAuth(packet: AuthPacket): void {
    if (this.#method === undefined) {
      throw new ProtocolError(
        'the server sent AUTH, the CONNECT named no Authentication Method [MQTT-4.12.0-7]',
      );
    }
    const running = this.#running;
    if (running === undefined)
      throw new ProtocolError('the server sent AUTH, and no re-authentication is running');
    if (packet.reasonCode === reasonCode.success) {
      running.exchange.complete(packet.properties, 'AUTH');
      this.#take()?.resolve();
      return;
    }
    const connection = this.#connection;
    running.exchange.answer(packet).then(
      (answer) => {
        if (this.#running === running) this.#send(answer);
      },
      (error: unknown) => connection?.fail(error),
    );
  }

  #send(packet: AuthPacket): void {
    try {
      this.#connection?.send(packet);
      this.#connection?.flush();
    } catch (error) {
      this.#connection?.fail(error);
    }
  }

  #take(): Running | undefined {
    const running = this.#running;
    this.#running = undefined;
    return running;
  }
}

function withResolvers(): Omit<Running, 'exchange'> {
  let resolve = () => {};
  let reject: (error: unknown) => void = () => {};
  const promise = new Promise<void>((resolvePromise, rejectPromise) => {
    resolve = resolvePromise;
    reject = rejectPromise;
  });
  return { promise, resolve, reject };
}
