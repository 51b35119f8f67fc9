/** Asks again about clients that are there already, after their credentials may have changed; those that would not be let in any more end. */
import type { BrokerContext } from './broker-context.js';
import type { Connection } from './connection.js';
import { credentialsRevoked, HookError } from './errors.js';
import type { Answer } from './hooks.js';
import type { Transport } from './transport.js';

/** Connections that are looked at in one turn of the event loop: about a millisecond. */
const perTurn = 250;

// Taken once: a test that replaces the global timers does not stop it.
const nextTurn = globalThis.setImmediate;

/** One per broker. */
export class Revalidation {
  readonly #context: BrokerContext;
  /** Grows with each change of what credentials are good; who began to log in before it is asked about again when he is in. */
  generation = 0;
  #hasFailed = false;

  constructor(context: BrokerContext) {
    this.#context = context;
  }

  /** Credentials may have changed: looks at all connections, some in each turn. A later call begins anew. */
  start(): void {
    this.generation += 1;
    this.#hasFailed = false;
    const { generation } = this;
    // Those who come while it goes on are looked at once more, which harms nobody.
    const connections = this.#context.connections.values();
    const some = (): void => {
      if (generation !== this.generation) return;
      for (let count = 0; count < perTurn; count++) {
        const { done, value } = connections.next();
        if (done) return;
        this.#check(value);
      }
      nextTurn(some);
    };
    some();
  }

  /** Somebody is in, or has authenticated again, who began under `generation`. */
  entered(connection: Connection, generation: number): void {
    if (generation !== this.generation) this.#check(connection);
  }

  #check(connection: Connection): void {
    if (connection.isEnding || connection.client === undefined) return;
    const { generation } = this;
    const answer = this.#ask(connection);
    if (answer === true) return;
    if (answer === false) connection.fail(credentialsRevoked());
    else
      void answer.then((isValid) => {
        // A later change asks for itself.
        if (!isValid && generation === this.generation) connection.fail(credentialsRevoked());
      });
  }

  /** A question that fails is no answer: everybody would be cut off because one service is away. The operator is told once. */
  #ask(connection: Connection): Answer<boolean> {
    const failed = (cause: unknown): true => {
      if (!this.#hasFailed) {
        const message = 'clients whose credentials cannot be looked at again stay';
        this.#context.logger.error(new HookError(message, cause));
      }
      this.#hasFailed = true;
      return true;
    };
    try {
      const answer: unknown = this.#isValid(connection);
      if (answer instanceof Promise) return answer.then((each) => each !== false).catch(failed);
      return answer !== false;
    } catch (cause) {
      return failed(cause);
    }
  }

  #isValid({ client, transport, authentication }: Connection): Answer<boolean | undefined> {
    if (client === undefined) return true;
    if (hasRevokedCertificate(transport)) return false;
    const { authenticationMethods, hooks } = this.#context.options;
    if (authentication === undefined) return hooks.stillValid?.(client);
    const method = authenticationMethods.get(authentication.method.name);
    return method === undefined ? false : method.stillValid?.(client);
  }
}

/** Whether a list that was read while the broker runs has the certificate of a peer. */
export function hasRevokedCertificate({ peerCertificate, certificates }: Transport): boolean {
  return peerCertificate !== undefined && certificates?.hasRevoked(peerCertificate) === true;
}
