/** The bound on User Properties, which the protocol leaves open (CVE-2021-41039). */
import type { UserProperties } from '@petrel/protocol';
import type { Connection } from '../connection.js';
import { ConnectionError } from '../errors.js';

/** Throws where a packet has more User Properties than this broker looks at. */
export function assertUserProperties(
  { context }: Connection,
  { userProperties }: { readonly userProperties?: UserProperties | undefined },
): void {
  const { maximumUserProperties } = context.options.limits;
  if (userProperties === undefined || userProperties.length <= maximumUserProperties) return;
  throw new ConnectionError(
    'PETREL_LIMIT_EXCEEDED',
    `packet has ${userProperties.length} User Properties, at most ${maximumUserProperties} are allowed`,
    { reasonCode: 0x97 },
  );
}
