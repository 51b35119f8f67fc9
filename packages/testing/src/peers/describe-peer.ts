/** Suites that need a foreign program: a missing one is a visible skip, and a failure where it must not be missing. */
import { describe, test } from 'vitest';
import type { Peer } from './find-program.js';

/**
 * A suite against a real peer. When the peer is missing, each test in it is reported as skipped, with the reason in its
 * name; with the environment variable PETREL_REQUIRE_PEERS=1 it is one failed test instead.
 */
export function describePeer(peer: Peer, name: string, define: () => void): void {
  if (peer.path !== undefined) {
    describe(name, define);
    return;
  }
  const reason = `${peer.name} is missing: ${peer.hint}`;
  if (process.env.PETREL_REQUIRE_PEERS === '1') {
    test(name, () => {
      throw new Error(`${reason} (PETREL_REQUIRE_PEERS=1 forbids to skip this)`);
    });
    return;
  }
  describe.skip(`${name} [skipped, ${reason}]`, define);
}

/** The path of a peer; inside `describePeer` it cannot fail. */
export function pathOf(peer: Peer): string {
  if (peer.path === undefined) throw new Error(`${peer.name} is missing: ${peer.hint}`);
  return peer.path;
}
