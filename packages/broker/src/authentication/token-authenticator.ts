/** JSON Web Tokens (RFC 7519) in the Password. Signatures and claims are the business of jose, which is loaded when it is needed. */
import { readFile } from 'node:fs/promises';
import { UsageError } from '@petrel/protocol';
import type { JSONWebKeySet, JWTPayload, JWTVerifyGetKey, JWTVerifyOptions } from 'jose';
import { AuthenticatorError } from '../errors.js';
import type { Principal } from '../hooks.js';
import type { Authenticator } from './authentication-chain.js';
import { assertSafeUrl } from './safe-url.js';

/** Which tokens are good. */
export interface TokenAuthenticatorOptions {
  /** Public keys: the URL of a JSON Web Key Set, https or on this machine, which is read again when a token names a key that is not in it; or the set itself. */
  readonly keys: URL | JSONWebKeySet;
  /** Who must have issued it: the claim `iss`. */
  readonly issuer?: string | undefined;
  /** Whom it must be for: the claim `aud`. */
  readonly audience: string;
  /** Default: those with a public key: ES256, ES384, ES512, RS256, RS384, RS512, PS256, PS384, PS512, EdDSA. */
  readonly algorithms?: readonly string[] | undefined;
  /** The claim that is the name of the principal. Default 'sub'. */
  readonly nameClaim?: string | undefined;
  /** The claim with the groups of the principal, a list of texts. Default: none. */
  readonly groupsClaim?: string | undefined;
  /** Seconds that clocks may differ. Default 5. */
  readonly clockTolerance?: number | undefined;
}

const publicKeyAlgorithms = [
  ...['ES256', 'ES384', 'ES512', 'EdDSA'],
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
];

/** Longer ones are no tokens of ours. */
const maximumTokenBytes = 16_384;
const looksLikeToken = /^[\w-]+\.[\w-]+\.[\w-]*$/;
const keysTimeoutMs = 5_000;

/**
 * Knows clients whose Password is a token, and leaves others to the next authenticator. A token must have an end, `exp`: with it the
 * connection ends. A bad token is refused with 0x86, and every one with 0x88 while the keys cannot be read.
 */
export function tokenAuthenticator(options: TokenAuthenticatorOptions): Authenticator {
  const { keys, issuer, audience, nameClaim = 'sub', groupsClaim, clockTolerance = 5 } = options;
  if (typeof audience !== 'string' || audience === '')
    throw new UsageError(
      'option "audience" must be a text that is not empty: a token for others is none for us',
    );
  if (keys instanceof URL) assertSafeUrl(keys, 'keys', 'whoever changes the keys on the way signs tokens');
  const algorithms = [...(options.algorithms ?? publicKeyAlgorithms)];
  if (algorithms.some((each) => !publicKeyAlgorithms.includes(each)))
    throw new UsageError(`option "algorithms" must be some of ${publicKeyAlgorithms.join(', ')}`);
  const expected: JWTVerifyOptions = {
    audience,
    algorithms,
    clockTolerance,
    requiredClaims: ['exp', nameClaim],
    ...(issuer === undefined ? {} : { issuer }),
  };
  let verifier: Promise<(token: string) => Promise<JWTPayload>> | undefined;
  return async ({ password }) => {
    const token = readToken(password);
    if (token === undefined) return undefined;
    verifier ??= loadVerifier(keys, expected);
    try {
      return toPrincipal(await (await verifier)(token), nameClaim, groupsClaim);
    } catch (error) {
      return refusalOf(error);
    }
  };
}

/** Reads a JSON Web Key Set from a file; throws UsageError. */
export async function readKeySet(file: string): Promise<JSONWebKeySet> {
  const { createLocalJWKSet } = await import('jose');
  try {
    const keys = JSON.parse(await readFile(file, 'utf8')) as JSONWebKeySet;
    createLocalJWKSet(keys);
    return keys;
  } catch (cause) {
    throw new UsageError(`${file} is no JSON Web Key Set: ${(cause as Error).message}`, { cause });
  }
}

async function loadVerifier(keys: URL | JSONWebKeySet, expected: JWTVerifyOptions) {
  const { createLocalJWKSet, createRemoteJWKSet, jwtVerify } = await import('jose');
  const find: JWTVerifyGetKey =
    keys instanceof URL
      ? createRemoteJWKSet(keys, { timeoutDuration: keysTimeoutMs })
      : createLocalJWKSet(keys);
  return async (token: string) => (await jwtVerify(token, find, expected)).payload;
}

function readToken(password: Uint8Array | undefined): string | undefined {
  if (password === undefined || password.length > maximumTokenBytes) return undefined;
  const text = Buffer.from(password).toString('latin1');
  return looksLikeToken.test(text) ? text : undefined;
}

function toPrincipal(
  payload: JWTPayload,
  nameClaim: string,
  groupsClaim: string | undefined,
): Principal | boolean {
  const name = payload[nameClaim];
  const groups = groupsClaim === undefined ? undefined : payload[groupsClaim];
  if (typeof name !== 'string' || name === '' || payload.exp === undefined) return false;
  if (groups !== undefined && !(Array.isArray(groups) && groups.every((each) => typeof each === 'string')))
    return false;
  return { name, groups: groups as string[] | undefined, expiresAt: payload.exp * 1_000 };
}

/** What is wrong with a token is for its owner to find out elsewhere; that the keys are away, for the operator. */
function refusalOf(error: unknown): false {
  const { code } = error as { code?: unknown };
  const isOfToken =
    typeof code === 'string' &&
    /^ERR_(JW[ST]|JOSE_ALG|JOSE_NOT_SUPPORTED|JWKS_(NO|MULTIPLE)_MATCHING)/.test(code);
  if (isOfToken) return false;
  throw new AuthenticatorError('the keys of tokens cannot be had', error);
}
