/** What a server keeps of a password for SCRAM-SHA-256: enough to recognise it, not enough to use it (RFC 5802 section 3). */
import { createHash, createHmac, pbkdf2, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { scram, UsageError } from '@petrel/protocol';

/** Stored for one user. */
export interface ScramCredentials {
  /** Bytes; another for every user. */
  readonly salt: Uint8Array;
  /** At least 4,096. */
  readonly iterations: number;
  /** 32 bytes: recognises the client. */
  readonly storedKey: Uint8Array;
  /** 32 bytes: proves the server to the client. */
  readonly serverKey: Uint8Array;
}

/** What a new password costs where nothing else is said: about 5 ms of a client that is a computer, more on a small device. */
export const defaultIterations = 15_000;
/** Bytes of a salt. */
export const saltBytes = 16;
// What pbkdf2 takes, and what fits into a message.
const maximumIterations = 999_999_999;

const derive = promisify(pbkdf2);

/**
 * Derives what to store for a password. `salt` (bytes; default 16 random ones) and `iterations` (4,096 or more; default 15,000) are for
 * taking over credentials; a new password needs neither. Rejects with UsageError on a value out of these bounds or a password
 * with characters that SASLprep prohibits.
 */
export async function deriveScramCredentials(
  password: string,
  {
    salt = randomBytes(saltBytes),
    iterations = defaultIterations,
  }: { readonly salt?: Uint8Array; readonly iterations?: number } = {},
): Promise<ScramCredentials> {
  assertIterations(iterations);
  if (salt.length === 0) throw new UsageError('option "salt" must have one byte or more, got none');
  const salted = await derive(scram.prepareText(password, 'password'), salt, iterations, 32, 'sha256');
  return {
    salt,
    iterations,
    storedKey: sha256(hmac(salted, 'Client Key')),
    serverKey: hmac(salted, 'Server Key'),
  };
}

/** Throws UsageError on a number of iterations that RFC 7677 does not allow. */
export function assertIterations(iterations: number): void {
  const { minimumIterations } = scram;
  if (Number.isInteger(iterations) && iterations >= minimumIterations && iterations <= maximumIterations)
    return;
  throw new UsageError(
    `option "iterations" must be an integer ${minimumIterations}–${maximumIterations} (RFC 7677 section 4), got ${iterations}`,
  );
}

/** H of RFC 5802. */
export function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}

/** HMAC of RFC 5802. */
export function hmac(key: Uint8Array, text: string | Uint8Array): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
