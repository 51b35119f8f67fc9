/** Rights may be gone while a subscription is still there: asks again for every one of them (CVE-2021-34434). */
import type { Connection } from '../connection.js';
import type { Client } from '../hooks.js';

/** The filters of a session that its owner may not subscribe to any more. */
export async function revokedFilters({ context }: Connection, client: Client): Promise<string[]> {
  const revoked: string[] = [];
  if (!context.accessControl.canRevoke) return revoked;
  const subscriptions = context.sessions.get(client.clientIdentifier)?.subscriptions.values() ?? [];
  for (const { requestedFilter, topicFilter, shareName, qos } of [...subscriptions]) {
    const refusal = await context.accessControl.authorizeSubscribe(client, topicFilter, shareName, qos);
    if (refusal !== undefined) revoked.push(requestedFilter);
  }
  return revoked;
}
