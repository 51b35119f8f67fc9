/** User Name and Password against a table. What it takes does not tell whether a user exists. */
import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { reasonCode } from '@petrel/protocol';
import type { AuthenticationRequest, Client, Principal } from '../hooks.js';
import type { Authenticator } from './authentication-chain.js';
import { BoundedWork } from './bounded-work.js';
import { credentialOf } from './credential.js';
import { defaultScryptCost, isPassword, type PasswordHash } from './password-hash.js';
import type { PasswordEntry, PasswordTable } from './password-table.js';
import { RememberedAnswers } from './remembered-answers.js';

/**
 * Derivations at a time, of the four that Node does beside everything else, and how many wait for one. Each fills a core: one is left to those who
 * are in.
 */
export const atATime = Math.max(1, Math.min(2, availableParallelism() - 1));
const mayWait = 1_000;
/** Users who were right are recognised without a derivation, so that ten thousand devices can come back at once. */
const remembered = 20_000;
const rememberedForMs = 600_000;

/** What a user who does not exist seems to have: as costly as what the others have. */
function nobodyIn(table: PasswordTable): PasswordHash {
  const [first] = table.values();
  return {
    cost: first?.password.cost ?? defaultScryptCost,
    salt: randomBytes(16),
    hash: randomBytes(32),
  };
}

/** A password that is set again is another one, even where it is the same: it has another salt. */
function principalOf(name: string, { password: { salt, hash } }: PasswordEntry): Principal {
  return { name, credential: credentialOf('password', [name, salt, hash]) };
}

/** Knows the users of a table, and leaves others to the next authenticator. A flood is refused with 0x89 Server busy. */
export function passwordAuthenticator(table: PasswordTable): Authenticator {
  const work = new BoundedWork(atATime, mayWait);
  const answers = new RememberedAnswers<true>(remembered);
  const nobody = nobodyIn(table);
  const authenticate = async ({ userName, password }: AuthenticationRequest) => {
    if (userName === undefined || password === undefined) return undefined;
    const entry = table.get(userName);
    const key = answers.keyOf([userName, password]);
    if (entry !== undefined && answers.get(key, Date.now()) !== undefined)
      return principalOf(userName, entry);
    const verdict = work.run(() => isPassword(password, entry?.password ?? nobody));
    if (verdict === undefined) return { reasonCode: reasonCode.serverBusy };
    const isRight = await verdict;
    if (entry === undefined) return undefined;
    if (!isRight) return false;
    answers.set(key, true, Date.now() + rememberedForMs);
    return principalOf(userName, entry);
  };
  return Object.assign(authenticate, {
    stillValid: ({ principal }: Client) => {
      if (principal === undefined) return false;
      const entry = table.get(principal.name);
      return entry !== undefined && principal.credential === principalOf(principal.name, entry).credential;
    },
  });
}
