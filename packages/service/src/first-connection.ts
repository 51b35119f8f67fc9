/** Waits for the first connection of a client that is meant to keep trying later, but not now for ever. */
import type { Client } from '@petrel/client';
import { reasonCode } from '@petrel/protocol';

/** Refusals that the same options will get again and again. */
const hopeless: ReadonlySet<number | undefined> = new Set([
  reasonCode.unsupportedProtocolVersion,
  reasonCode.clientIdentifierNotValid,
  reasonCode.badUserNameOrPassword,
  reasonCode.notAuthorized,
  reasonCode.banned,
  reasonCode.badAuthenticationMethod,
]);

/**
 * Resolves once connected; rejects after `attempts` failures (Infinity = never), after one that trying again cannot
 * mend, or when the client is closed. Leaves the client as it is.
 */
export function firstConnection(client: Client, attempts: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let failures = 0;
    const stop = client.on('error', (error) => {
      // The connection is there, and something else has gone wrong on it, such as a server that sends too much at once.
      if (client.status === 'connected') return;
      if (++failures < attempts && !hopeless.has(error.reasonCode)) return;
      stop();
      reject(error);
    });
    client.connected().then(() => {
      stop();
      resolve();
    }, reject);
  });
}
