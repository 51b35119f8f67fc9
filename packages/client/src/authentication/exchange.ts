/** One exchange of AUTH packets with a server, for CONNECT or a re-authentication: the rules of section 4.12 around any method. */
import {
  AuthenticationError,
  type AuthPacket,
  type AuthProperties,
  ProtocolError,
  reasonCode,
} from '@petrel/protocol';
import type { AuthenticationExchange, AuthenticationMethod } from './authentication-method.js';

// More than any method needs; a server must not keep a client busy for ever.
const maximumRounds = 20;

/** Owns no connection: gives packets back to whoever sends them. */
export class Exchange {
  readonly #name: string;
  readonly #exchange: AuthenticationExchange;
  #rounds = 0;
  #isAnswering = false;

  constructor(method: AuthenticationMethod) {
    this.#name = method.name;
    this.#exchange = method.begin();
  }

  /** Name and first data, for the properties of CONNECT or of AUTH 0x19. */
  async first(): Promise<AuthProperties> {
    return this.#properties(await ask(() => this.#exchange.first()));
  }

  /** The answer to AUTH 0x18. Throws at once where the server breaks a rule, rejects with AuthenticationError where the method fails. */
  answer({ properties }: AuthPacket): Promise<AuthPacket> {
    this.#assertMethod(properties, 'AUTH');
    if (this.#isAnswering)
      throw new ProtocolError('the server sent AUTH before it got the answer to the last one');
    this.#rounds += 1;
    if (this.#rounds > maximumRounds) {
      throw new AuthenticationError(`authentication not complete after ${maximumRounds} rounds`);
    }
    this.#isAnswering = true;
    return this.#answer(properties.authenticationData);
  }

  /** CONNACK or AUTH 0x00 came; throws unless the exchange is complete for this end too. */
  complete(properties: AuthProperties, packet: 'CONNACK' | 'AUTH'): void {
    this.#assertMethod(properties, packet);
    if (this.#isAnswering)
      throw new ProtocolError(`the server sent ${packet} before it got the answer to AUTH`);
    try {
      this.#exchange.complete(properties.authenticationData);
    } catch (cause) {
      throw failed(cause);
    }
  }

  async #answer(challenge: Uint8Array | undefined): Promise<AuthPacket> {
    const data = await ask(() => this.#exchange.answer(challenge));
    this.#isAnswering = false;
    return {
      type: 'auth',
      reasonCode: reasonCode.continueAuthentication, // [MQTT-4.12.0-3]
      properties: this.#properties(data),
    };
  }

  #assertMethod({ authenticationMethod }: AuthProperties, packet: string): void {
    if (authenticationMethod === this.#name) return;
    throw new ProtocolError(`${packet} has another Authentication Method than CONNECT [MQTT-4.12.0-5]`);
  }

  /** [MQTT-4.12.0-5] [MQTT-4.12.1-1] */
  #properties(authenticationData: Uint8Array | undefined): AuthProperties {
    return {
      authenticationMethod: this.#name,
      ...(authenticationData !== undefined && { authenticationData }),
    };
  }
}

async function ask<T>(call: () => T | Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    throw failed(cause);
  }
}

function failed(cause: unknown): AuthenticationError {
  if (cause instanceof AuthenticationError) return cause;
  const why = cause instanceof Error ? cause.message : String(cause);
  return new AuthenticationError(`the authentication method failed: ${why}`, { cause });
}
