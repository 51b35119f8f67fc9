/** Authenticators in order: the first one that knows a client decides. */
import { UsageError } from '@petrel/protocol';
import type { Answer, AuthenticationRequest, Principal, Refusal } from '../hooks.js';

/**
 * Answers who a client is: a principal, true for the User Name, false or a refusal – which ends the chain – or undefined for a client that
 * is none of its own, which the next one is asked about. One that throws or rejects has refused.
 */
export type Authenticator = (
  request: AuthenticationRequest,
) => Answer<Principal | boolean | Refusal | undefined>;

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
): (request: AuthenticationRequest) => Promise<Principal | boolean | Refusal> {
  for (const [index, authenticator] of authenticators.entries()) {
    if (typeof authenticator !== 'function')
      throw new UsageError(`authenticator ${index} must be a function, got ${typeof authenticator}`);
  }
  return async (request) => {
    for (const authenticator of authenticators) {
      const answer = await authenticator(request);
      // Nothing but undefined hands on: what is misspelt must not open the next door.
      if (answer !== undefined) return answer;
    }
    return allowAnonymous && request.userName === undefined && request.password === undefined;
  };
}
