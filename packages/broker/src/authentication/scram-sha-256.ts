/**
 * SCRAM-SHA-256 (RFC 5802, RFC 7677) as Authentication Method: the password never travels, and the client learns that the broker knows
 * it. An unknown user gets the same answers as a wrong password, from a salt that stays his.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { AuthenticationError, scram, UsageError } from '@petrel/protocol';
import type { Answer, Client } from '../hooks.js';
import type {
  AuthenticationExchange,
  AuthenticationMethod,
  AuthenticationStep,
} from './authentication-method.js';
import { credentialOf } from './credential.js';
import {
  assertIterations,
  defaultIterations,
  hmac,
  type ScramCredentials,
  saltBytes,
  sha256,
} from './scram-credentials.js';

/** How to find users. */
export interface ScramSha256Options {
  /** What `deriveScramCredentials` made for this user, undefined where there is none. Names come prepared by SASLprep. */
  readonly lookup: (userName: string) => Answer<ScramCredentials | undefined>;
  /**
   * Bytes, 16 or more, that the salts of unknown users are made from; the same after a restart and on every broker that knows the same
   * users, or a salt that changes gives an unknown user away. Default: 32 random bytes.
   */
  readonly secret?: Uint8Array;
  /** The iterations that an unknown user seems to have; as many as the others have. Default 15,000. */
  readonly iterations?: number;
}

/** Makes the method; the principal is the user. Throws UsageError on a bad option. */
export function scramSha256({
  lookup,
  secret = randomBytes(32),
  iterations = defaultIterations,
}: ScramSha256Options): AuthenticationMethod {
  if (typeof lookup !== 'function')
    throw new UsageError(`option "lookup" must be a function, got ${typeof lookup}`);
  if (secret.length < 16) {
    throw new UsageError(`option "secret" must have 16 bytes or more, got ${secret.length}`);
  }
  assertIterations(iterations);
  const users: Users = {
    async find(userName) {
      const credentials = await lookup(userName);
      if (credentials !== undefined) assertIterations(credentials.iterations);
      return credentials;
    },
    invent: (userName) => ({
      salt: hmac(secret, `salt of ${userName}`).subarray(0, saltBytes),
      iterations,
      storedKey: hmac(secret, `stored key of ${userName}`),
      serverKey: hmac(secret, `server key of ${userName}`),
    }),
  };
  return {
    name: scram.mechanism,
    begin: () => new ScramExchange(users, randomBytes(18).toString('base64')),
    async stillValid({ principal }: Client) {
      if (principal === undefined) return false;
      const found = await users.find(principal.name);
      return found !== undefined && principal.credential === credentialFor(principal.name, found);
    },
  };
}

interface Users {
  find(userName: string): Promise<ScramCredentials | undefined>;
  /** What an unknown user seems to have. */
  invent(userName: string): ScramCredentials;
}

interface Challenge {
  readonly first: scram.ClientFirst;
  readonly serverFirst: string;
  readonly nonce: string;
  readonly userName: string;
  readonly isKnown: boolean;
  readonly credentials: ScramCredentials;
}

/** @internal One exchange; `serverNonce` must never come again. */
export class ScramExchange implements AuthenticationExchange {
  readonly #users: Users;
  readonly #serverNonce: string;
  #challenge: Challenge | undefined;

  constructor(users: Users, serverNonce: string) {
    this.#users = users;
    this.#serverNonce = serverNonce;
  }

  async next(data: Uint8Array | undefined): Promise<AuthenticationStep> {
    const message = scram.decodeMessage(data);
    if (this.#challenge !== undefined) return verify(this.#challenge, message);
    const first = scram.readClientFirst(message);
    const userName = prepare(first.userName);
    if (first.authorizationIdentity !== undefined && prepare(first.authorizationIdentity) !== userName) {
      throw new AuthenticationError('nobody may act as somebody else here');
    }
    const found = await this.#users.find(userName);
    // Invented for everybody, so that time does not tell who is known.
    const invented = this.#users.invent(userName);
    const credentials = found ?? invented;
    const { salt, iterations } = credentials;
    const nonce = first.nonce + this.#serverNonce;
    const serverFirst = scram.writeServerFirst({ nonce, salt, iterations });
    this.#challenge = { first, serverFirst, nonce, userName, isKnown: found !== undefined, credentials };
    return { data: scram.encodeMessage(serverFirst) };
  }
}

/** Tells who it is and proves the server, or throws the same error whatever is wrong with the proof. */
function verify(challenge: Challenge, message: string): AuthenticationStep {
  const { first, serverFirst, nonce, userName, isKnown, credentials } = challenge;
  const final = scram.readClientFinal(message);
  if (final.nonce !== nonce) throw new AuthenticationError('the nonce is not that of the challenge');
  if (!isEqual(final.channelBinding, scram.encodeMessage(first.gs2Header))) {
    throw new AuthenticationError('the channel binding is not the one that was offered');
  }
  const signed = scram.authMessage(first.bare, serverFirst, final.withoutProof);
  const signature = hmac(credentials.storedKey, signed);
  const clientKey = signature.map((byte, index) => byte ^ (final.proof[index] ?? 0));
  const isProved =
    isEqual(sha256(clientKey), credentials.storedKey) && final.proof.length === signature.length;
  if (!isProved || !isKnown) throw new AuthenticationError('user name or password is wrong');
  return {
    principal: { name: userName, credential: credentialFor(userName, credentials) },
    data: scram.encodeMessage(scram.writeServerFinal(hmac(credentials.serverKey, signed))),
  };
}

/** What is remembered of a user who proved that he knows his password. */
export function credentialFor(userName: string, { salt, storedKey }: ScramCredentials): string {
  return credentialOf('scram', [userName, salt, storedKey]);
}

/** In a time that does not depend on where they differ. */
function isEqual(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && timingSafeEqual(left, right);
}

function prepare(userName: string): string {
  try {
    return scram.prepareText(userName, 'user name');
  } catch (cause) {
    if (cause instanceof UsageError) throw new AuthenticationError(cause.message);
    throw cause;
  }
}
