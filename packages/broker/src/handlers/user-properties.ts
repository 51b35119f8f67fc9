/** The bound on User Properties, which the protocol leaves open (CVE-2021-41039). */
import type { UserProperties } from '@petrel/protocol';
import type { Connection } from '../connection.js';
import { ConnectionError } from '../errors.js';

/** Throws where a packet has more User Properties than this broker looks at. */
export function assertUserProperties(
  connection: Connection,
  { userProperties }: { readonly userProperties?: UserProperties | undefined },
): void {
  if (userProperties !== undefined) assertUserPropertyCount(connection, userProperties.length);
}

/** The same, for a packet whose User Properties were only counted. */
export function assertUserPropertyCount({ context }: Connection, count: number): void {
  const { maximumUserProperties } = context.options.limits;
  if (count <= maximumUserProperties) return;
  throw new ConnectionError(
    'PETREL_LIMIT_EXCEEDED',
    `packet has ${count} User Properties, at most ${maximumUserProperties} are allowed`,
    { reasonCode: 0x97 },
  );
}
