/** Authenticators in order: the first one that knows a client decides. */
import { UsageError } from '@petrel/protocol';
import type { Answer, AuthenticationRequest, Client, Principal, Refusal } from '../hooks.js';

/**
 * Answers who a client is: a principal, true for the User Name, false or a refusal – which ends the chain – or undefined for a client that
 * is none of its own, which the next one is asked about. One that throws or rejects has refused.
 */
export interface Authenticator {
  (request: AuthenticationRequest): Answer<Principal | boolean | Refusal | undefined>;
  /** Whether the `credential` of a client's principal is one that it would still accept. Without it, it accepts none that has a name. */
  readonly stillValid?: (client: Client) => Answer<boolean>;
}

/** The hooks `authenticate` and `stillValid`: the first is the chain itself. */
export interface AuthenticationChain {
  (request: AuthenticationRequest): Promise<Principal | boolean | Refusal>;
  /** Whether one of them would still accept a client. One whose principal has no `credential` stays, as nobody can tell. */
  readonly stillValid: (client: Client) => Answer<boolean>;
}

/** How a chain ends. */
export interface AuthenticationChainOptions {
  /**
   * Lets a client in that brings neither User Name nor Password and that no authenticator knows. One with wrong credentials is not anonymous.
   * Default false.
   */
  readonly allowAnonymous?: boolean | undefined;
}

/** Makes of several authenticators one hook `authenticate`. A client that none of them knows is refused with 0x86. */
export function authenticationChain(
  authenticators: readonly Authenticator[],
  { allowAnonymous = false }: AuthenticationChainOptions = {},
): AuthenticationChain {
  for (const [index, authenticator] of authenticators.entries()) {
    if (typeof authenticator !== 'function')
      throw new UsageError(`authenticator ${index} must be a function, got ${typeof authenticator}`);
  }
  const authenticate = async (request: AuthenticationRequest): Promise<Principal | boolean | Refusal> => {
    for (const authenticator of authenticators) {
      const answer = await authenticator(request);
      // Nothing but undefined hands on: what is misspelt must not open the next door.
      if (answer !== undefined) return answer;
    }
    return allowAnonymous && request.userName === undefined && request.password === undefined;
  };
  const stillValid = (client: Client): Answer<boolean> => {
    if (client.principal === undefined) return allowAnonymous;
    if (client.principal.credential === undefined) return true;
    return anyAccepts(authenticators, client);
  };
  return Object.assign(authenticate, { stillValid });
}

/** At once where all answer at once: there may be ten thousand clients. */
function anyAccepts(authenticators: readonly Authenticator[], client: Client): Answer<boolean> {
  const pending: Promise<boolean>[] = [];
  for (const { stillValid } of authenticators) {
    const answer = stillValid?.(client);
    if (answer === true) return true;
    if (answer instanceof Promise) pending.push(answer);
  }
  if (pending.length === 0) return false;
  return Promise.all(pending).then((answers) => answers.includes(true));
}
