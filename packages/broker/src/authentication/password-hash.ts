/** Passwords as a file keeps them: scrypt (RFC 7914) in the notation of PHC strings, `$scrypt$ln=14,r=8,p=5$salt$hash`. */
import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { UsageError } from '@petrel/protocol';

const derive = promisify<string | Uint8Array, Uint8Array, number, ScryptOptions, Buffer>(scrypt);

/** How much a guess costs: 16 MiB, five times over. */
export interface ScryptCost {
  /** Binary logarithm of N; 10–20. */
  readonly logN: number;
  /** 1–32. */
  readonly r: number;
  /** 1–16. */
  readonly p: number;
}

/** What new passwords get. */
export const defaultScryptCost: ScryptCost = { logN: 14, r: 8, p: 5 };

/** A password that can be recognised. */
export interface PasswordHash {
  readonly cost: ScryptCost;
  readonly salt: Uint8Array;
  readonly hash: Uint8Array;
}

const saltBytes = 16;
const hashBytes = 32;
const form =
  /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{16,88})\$([A-Za-z0-9+/]{22,88})$/;

/** Makes the hash of a new password, with a salt of its own. */
export async function hashPassword(password: string, cost: ScryptCost = defaultScryptCost): Promise<string> {
  if (password === '') throw new UsageError('a password must not be empty');
  const salt = randomBytes(saltBytes);
  const hash = await derive(password, salt, hashBytes, toOptions(cost));
  const { logN, r, p } = cost;
  return `$scrypt$ln=${logN},r=${r},p=${p}$${toBase64(salt)}$${toBase64(hash)}`;
}

/** Reads a hash; undefined for anything else. */
export function parsePasswordHash(text: string): PasswordHash | undefined {
  const [, logN, r, p, salt = '', hash = ''] = form.exec(text) ?? [];
  const cost = { logN: Number(logN), r: Number(r), p: Number(p) };
  const isAffordable =
    cost.logN >= 10 && cost.logN <= 20 && cost.r >= 1 && cost.r <= 32 && cost.p >= 1 && cost.p <= 16;
  if (!isAffordable) return undefined;
  return { cost, salt: Buffer.from(salt, 'base64'), hash: Buffer.from(hash, 'base64') };
}

/** Tells whether a password is the one, in a time that does not depend on how far it is. */
export async function isPassword(password: Uint8Array, { cost, salt, hash }: PasswordHash): Promise<boolean> {
  const derived = await derive(password, salt, hash.length, toOptions(cost));
  return timingSafeEqual(derived, hash);
}

function toOptions({ logN, r, p }: ScryptCost): ScryptOptions {
  const N = 2 ** logN;
  return { N, r, p, maxmem: 128 * N * r + 128 * r * p + 1_048_576 };
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replace(/=+$/, '');
}
