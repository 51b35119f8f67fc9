/** JSON Web Tokens (RFC 7519) in the Password. Signatures and claims are the business of jose, which is loaded when it is needed. */
import { readFile } from 'node:fs/promises';
import { UsageError } from '@petrel/protocol';
import type { JSONWebKeySet, JWTPayload, JWTVerifyOptions } from 'jose';
import { AuthenticatorError } from '../errors.js';
import type { AuthenticationRequest, Client, Principal } from '../hooks.js';
import type { Authenticator } from './authentication-chain.js';
import { assertSafeUrl } from './safe-url.js';
import { loadTokenKeys, type TokenKeys } from './token-keys.js';

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
  let loading: Promise<TokenKeys> | undefined;
  const load = () => (loading ??= loadTokenKeys(keys, expected));
  const authenticate = async ({ password }: AuthenticationRequest) => {
    const token = readToken(password);
    if (token === undefined) return undefined;
    try {
      const { payload, algorithm, key } = await (await load()).verify(token);
      const principal = toPrincipal(payload, nameClaim, groupsClaim);
      if (typeof principal === 'boolean') return principal;
      const proof = { key, algorithm, iss: payload.iss, aud: payload.aud, nameClaim, groupsClaim };
      return { ...principal, credential: credentialKind + JSON.stringify(proof) };
    } catch (error) {
      return refusalOf(error);
    }
  };
  const stillValid = async ({ principal }: Client): Promise<boolean> => {
    const proof = readProof(principal?.credential);
    if (proof === undefined) return false;
    const isMeant =
      algorithms.includes(proof.algorithm) &&
      (issuer === undefined || proof.iss === issuer) &&
      [proof.aud].flat().includes(audience) &&
      proof.nameClaim === nameClaim &&
      proof.groupsClaim === groupsClaim;
    return isMeant && (await (await load()).has(proof.key));
  };
  return Object.assign(authenticate, { stillValid });
}

const credentialKind = 'jwt:';

/** What of a token is remembered: not the token, which would be as good as a password. */
interface TokenProof extends Pick<JWTPayload, 'iss' | 'aud'> {
  /** Thumbprint of the public key (RFC 7638): a `kid` may be given to another key. */
  readonly key: string;
  readonly algorithm: string;
  readonly nameClaim: string;
  readonly groupsClaim?: string | undefined;
}

function readProof(credential: string | undefined): TokenProof | undefined {
  if (credential?.startsWith(credentialKind) !== true) return undefined;
  return JSON.parse(credential.slice(credentialKind.length)) as TokenProof;
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
