/** UNSUBSCRIBE (section 3.10). */
import { noProperties, reasonCode, type UnsubscribePacket } from '@petrel/protocol';
import type { Connection } from '../connection.js';
import type { Client } from '../hooks.js';
import type { Session } from '../session.js';

/** Deletes what matches exactly and answers one UNSUBACK, also where nothing was deleted [MQTT-3.10.4-4] [MQTT-3.10.4-5]. */
export function handleUnsubscribe(
  connection: Connection,
  { packetIdentifier, topicFilters }: UnsubscribePacket,
): void {
  const { context, acknowledgements } = connection;
  const session = connection.session as Session;
  const reasonCodes = topicFilters.map((topicFilter) => {
    const subscription = context.sessions.unsubscribe(session, topicFilter);
    if (subscription === undefined) return reasonCode.noSubscriptionExisted;
    const { topicFilter: realFilter, shareName } = subscription;
    context.hooks.tell('unsubscribed', connection.client as Client, { topicFilter: realFilter, shareName });
    return reasonCode.success;
  });
  const answer = (): void => {
    connection.send({ type: 'unsuback', packetIdentifier, reasonCodes, properties: noProperties });
  };
  const commit = session.isStored ? context.store.commit() : undefined;
  if (acknowledgements.mayLeaveNow(commit)) answer();
  else acknowledgements.after(commit, answer);
}
