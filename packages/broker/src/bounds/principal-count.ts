/** How many connections each principal has. */
import { reasonCode } from '@petrel/protocol';
import { ConnectionError } from '../errors.js';
import type { Principal } from '../hooks.js';

/** One per broker. Anonymous clients are nobody in particular and not counted. */
export class PrincipalCount {
  readonly #maximum: number;
  readonly #connections = new Map<string, number>();

  /** `maximum` connections of one principal; 0 = no bound, and nothing is counted. */
  constructor(maximum: number) {
    this.#maximum = maximum;
  }

  /** Throws for one connection more than the principal may have. */
  assertRoom(principal: Principal | undefined): void {
    if (principal === undefined || this.#maximum === 0) return;
    if ((this.#connections.get(principal.name) ?? 0) < this.#maximum) return;
    throw new ConnectionError(
      'PETREL_LIMIT_EXCEEDED',
      `the limit of ${this.#maximum} connections of one principal is reached`,
      { reasonCode: reasonCode.quotaExceeded },
    );
  }

  connected(principal: Principal | undefined): void {
    if (principal === undefined || this.#maximum === 0) return;
    this.#connections.set(principal.name, (this.#connections.get(principal.name) ?? 0) + 1);
  }

  gone(principal: Principal | undefined): void {
    if (principal === undefined || this.#maximum === 0) return;
    const left = (this.#connections.get(principal.name) ?? 0) - 1;
    if (left > 0) this.#connections.set(principal.name, left);
    else this.#connections.delete(principal.name);
  }
}
