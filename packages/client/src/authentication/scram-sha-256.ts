/**
 * SCRAM-SHA-256 (RFC 5802, RFC 7677) as Authentication Method, on Web Crypto, so that it runs in browsers too: the password never
 * travels, and a server that does not know it is found out.
 */
import { AuthenticationError, scram, UsageError } from '@petrel/protocol';
import type { AuthenticationExchange, AuthenticationMethod } from './authentication-method.js';

/** Who the client is. */
export interface ScramSha256Options {
  readonly userName: string;
  readonly password: string;
  /** The most iterations that a server may ask for; each one is work for this client. Default 1,000,000. */
  readonly maximumIterations?: number | undefined;
}

type ResolvedScramOptions = ScramSha256Options & { readonly maximumIterations: number };

const nonceBytes = 18;

/**
 * Makes the method for the option `authentication`.
 *
 * A browser has Web Crypto in secure contexts only (HTTPS, localhost). Throws UsageError on an empty user name, on a user name or password with characters that
 * SASLprep prohibits, and where there is no Web Crypto.
 */
export function scramSha256({
  userName,
  password,
  maximumIterations = 1_000_000,
}: ScramSha256Options): AuthenticationMethod {
  if (globalThis.crypto?.subtle === undefined) {
    throw new UsageError('SCRAM-SHA-256 needs Web Crypto, which browsers have in secure contexts only');
  }
  if (typeof userName !== 'string' || userName === '')
    throw new UsageError('option "userName" must be a string that is not empty');
  if (typeof password !== 'string') throw new UsageError('option "password" must be a string');
  if (!(maximumIterations >= scram.minimumIterations)) {
    throw new UsageError(
      `option "maximumIterations" must be at least ${scram.minimumIterations} (RFC 7677 section 4), got ${maximumIterations}`,
    );
  }
  const prepared = {
    userName: scram.prepareText(userName, 'option "userName"'),
    password: scram.prepareText(password, 'option "password"'),
    maximumIterations,
  };
  return { name: scram.mechanism, begin: () => new ScramExchange(prepared, randomNonce()) };
}

/** @internal One exchange; `nonce` must never come again. */
export class ScramExchange implements AuthenticationExchange {
  readonly #options: ResolvedScramOptions;
  readonly #nonce: string;
  readonly #gs2Header: string;
  readonly #bare: string;
  /** What the server has to prove, once the client has proved itself. */
  #serverSignature: Uint8Array | undefined;
  #isServerProved = false;

  constructor(options: ResolvedScramOptions, nonce: string) {
    this.#options = options;
    this.#nonce = nonce;
    const { gs2Header, bare } = scram.writeClientFirst(options.userName, nonce);
    this.#gs2Header = gs2Header;
    this.#bare = bare;
  }

  first(): Uint8Array {
    return scram.encodeMessage(this.#gs2Header + this.#bare);
  }

  /** The challenge; or the server's proof, where the server sends it before it accepts. */
  async answer(challenge: Uint8Array | undefined): Promise<Uint8Array | undefined> {
    const message = scram.decodeMessage(challenge);
    if (this.#serverSignature !== undefined) {
      this.#verify(message);
      return undefined;
    }
    const { nonce, salt, iterations } = this.#readChallenge(message);
    const salted = await saltedPassword(this.#options.password, salt, iterations);
    const clientKey = await hmac(salted, scram.encodeMessage('Client Key'));
    const serverKey = await hmac(salted, scram.encodeMessage('Server Key'));
    const storedKey = new Uint8Array(await crypto.subtle.digest('SHA-256', clientKey));
    const withoutProof = scram.writeClientFinalWithoutProof(this.#gs2Header, nonce);
    const signed = scram.authMessage(this.#bare, message, withoutProof);
    const signature = await hmac(storedKey, signed);
    this.#serverSignature = await hmac(serverKey, signed);
    const proof = clientKey.map((byte, index) => byte ^ (signature[index] as number));
    return scram.encodeMessage(scram.writeClientFinal(withoutProof, proof));
  }

  complete(data: Uint8Array | undefined): void {
    if (!this.#isServerProved || data !== undefined) this.#verify(scram.decodeMessage(data));
  }

  #readChallenge(message: string): scram.ServerFirst {
    const challenge = scram.readServerFirst(message);
    const { nonce, iterations } = challenge;
    if (!nonce.startsWith(this.#nonce) || nonce.length === this.#nonce.length) {
      throw new AuthenticationError(
        "the server's nonce does not go on from the client's (RFC 5802 section 5.1)",
      );
    }
    const { maximumIterations } = this.#options;
    if (iterations < scram.minimumIterations || iterations > maximumIterations) {
      throw new AuthenticationError(
        `the server asks for ${iterations} iterations, allowed are ${scram.minimumIterations}–${maximumIterations}`,
      );
    }
    return challenge;
  }

  #verify(message: string): void {
    const given = scram.readServerFinal(message);
    if (this.#serverSignature === undefined || !isEqual(given, this.#serverSignature)) {
      throw new AuthenticationError('the server does not prove that it knows the user');
    }
    this.#isServerProved = true;
  }
}

function randomNonce(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(nonceBytes));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Hi of RFC 5802. */
async function saltedPassword(password: string, salt: Uint8Array, iterations: number): Promise<Uint8Array> {
  const bytes = new TextEncoder().encode(password);
  const key = await crypto.subtle.importKey('raw', bytes, 'PBKDF2', false, ['deriveBits']);
  const parameters = { name: 'PBKDF2', hash: 'SHA-256', salt: new Uint8Array(salt), iterations };
  return new Uint8Array(await crypto.subtle.deriveBits(parameters, key, 256));
}

/** HMAC of RFC 5802. */
async function hmac(key: Uint8Array, message: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const imported = await crypto.subtle.importKey('raw', new Uint8Array(key), algorithm, false, ['sign']);
  return new Uint8Array(await crypto.subtle.sign('HMAC', imported, new Uint8Array(message)));
}

/** In a time that does not depend on where they differ. */
function isEqual(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false;
  let difference = 0;
  for (let index = 0; index < left.length; index++) {
    difference |= (left[index] as number) ^ (right[index] as number);
  }
  return difference === 0;
}
