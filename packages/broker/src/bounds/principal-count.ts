/** How many connections each principal has. */
import { reasonCode } from '@petrel/protocol';
import { ConnectionError } from '../errors.js';
import type { Principal } from '../hooks.js';

/** One per broker. Anonymous clients are nobody in particular and not counted. */
export class PrincipalCount {
  readonly #connections = new Map<string, number>();

  /** Throws for one connection more than `maximum` of one principal; 0 = no bound. */
  assertRoom(principal: Principal | undefined, maximum: number): void {
    if (principal === undefined || maximum === 0) return;
    if ((this.#connections.get(principal.name) ?? 0) < maximum) return;
    throw new ConnectionError(
      'PETREL_LIMIT_EXCEEDED',
      `the limit of ${maximum} connections of one principal is reached`,
      { reasonCode: reasonCode.quotaExceeded },
    );
  }

  connected(principal: Principal | undefined): void {
    if (principal === undefined) return;
    this.#connections.set(principal.name, (this.#connections.get(principal.name) ?? 0) + 1);
  }

  gone(principal: Principal | undefined): void {
    if (principal === undefined) return;
    const left = (this.#connections.get(principal.name) ?? 0) - 1;
    if (left > 0) this.#connections.set(principal.name, left);
    else this.#connections.delete(principal.name);
  }
}
