/** The public keys of tokens, here or behind a URL: checks a token, and tells later whether its key is still among them. */
import type { JSONWebKeySet, JWTPayload, JWTVerifyOptions } from 'jose';
import { AuthenticatorError } from '../errors.js';

/** A token that is good. */
export interface VerifiedToken {
  readonly payload: JWTPayload;
  readonly algorithm: string;
  /** Thumbprint of the key that signed it. */
  readonly key: string;
}

/** Keys that are loaded. */
export interface TokenKeys {
  /** Rejects with an error of jose. */
  verify(token: string): Promise<VerifiedToken>;
  /** Whether the set has the key now; a URL is read again, at most once in ten seconds. Rejects with AuthenticatorError where it cannot be. */
  has(key: string): Promise<boolean>;
}

const keysTimeoutMs = 5_000;
const rememberedForMs = 10_000;

/** Loads jose with them. */
export async function loadTokenKeys(
  keys: URL | JSONWebKeySet,
  expected: JWTVerifyOptions,
): Promise<TokenKeys> {
  const { calculateJwkThumbprint, createLocalJWKSet, createRemoteJWKSet, jwtVerify } = await import('jose');
  const remote =
    keys instanceof URL ? createRemoteJWKSet(keys, { timeoutDuration: keysTimeoutMs }) : undefined;
  const find = remote ?? createLocalJWKSet(keys as JSONWebKeySet);
  /** By the key object, which jose keeps. */
  const thumbprints = new WeakMap<object, string>();
  let current: { readonly keys: Promise<ReadonlySet<string>>; readonly until: number } | undefined;
  const readCurrent = async (): Promise<ReadonlySet<string>> => {
    await remote?.reload();
    const { keys: all = [] } = remote?.jwks() ?? (keys as JSONWebKeySet);
    // A key of a kind that jose does not know has signed no token here.
    const known = await Promise.allSettled(all.map((each) => calculateJwkThumbprint(each)));
    return new Set(known.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : [])));
  };
  return {
    async verify(token) {
      const { payload, protectedHeader, key } = await jwtVerify(token, find, expected);
      const thumbprint = thumbprints.get(key) ?? (await calculateJwkThumbprint(key));
      thumbprints.set(key, thumbprint);
      return { payload, algorithm: protectedHeader.alg, key: thumbprint };
    },
    async has(key) {
      if (current === undefined || current.until <= Date.now())
        current = { keys: readCurrent(), until: Date.now() + rememberedForMs };
      try {
        return (await current.keys).has(key);
      } catch (cause) {
        throw new AuthenticatorError('the keys of tokens cannot be had', cause);
      }
    },
  };
}
