/** User Name and Password against a table. What it takes does not tell whether a user exists. */
import { randomBytes } from 'node:crypto';
import { reasonCode } from '@petrel/protocol';
import type { Authenticator } from './authentication-chain.js';
import { BoundedWork } from './bounded-work.js';
import { defaultScryptCost, isPassword, type PasswordHash } from './password-hash.js';
import type { PasswordTable } from './password-table.js';
import { RememberedAnswers } from './remembered-answers.js';

/** Derivations at a time, of the four that Node does beside everything else, and how many wait for one. */
const atATime = 2;
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

/** Knows the users of a table, and leaves others to the next authenticator. A flood is refused with 0x89 Server busy. */
export function passwordAuthenticator(table: PasswordTable): Authenticator {
  const work = new BoundedWork(atATime, mayWait);
  const answers = new RememberedAnswers<true>(remembered);
  const nobody = nobodyIn(table);
  return async ({ userName, password }) => {
    if (userName === undefined || password === undefined) return undefined;
    const entry = table.get(userName);
    const key = answers.keyOf([userName, password]);
    if (entry !== undefined && answers.get(key, Date.now()) !== undefined) return { name: userName };
    const verdict = work.run(() => isPassword(password, entry?.password ?? nobody));
    if (verdict === undefined) return { reasonCode: reasonCode.serverBusy };
    const isRight = await verdict;
    if (entry === undefined) return undefined;
    if (!isRight) return false;
    answers.set(key, true, Date.now() + rememberedForMs);
    return { name: userName };
  };
}
