/** QoS 1 and 2: what the broker acknowledged reaches every matching session that stays [MQTT-4.3.2-4] [MQTT-4.5.0-1]. */
import type { BookedPublication, BookedSession } from '../booked.js';
import type { Checker, RunRecord } from './checker.js';

const largestSmallMessage = 100;

/** Nothing that was acknowledged is lost. */
export const atLeastOnce: Checker = {
  name: 'at least once',
  check(record) {
    const lost: string[] = [];
    for (const publication of record.book.publications.values()) {
      if (publication.qos === 0 || publication.acknowledged === undefined) continue;
      for (const session of record.book.sessions) {
        if (!isOwed(record, session, publication)) continue;
        const taken = record.takes.get(session)?.some(({ message }) => message === publication.message);
        if (!taken) lost.push(`${publication.message} was acknowledged, and ${session.client} never got it`);
      }
    }
    return lost;
  },
};

function isOwed({ book }: RunRecord, session: BookedSession, publication: BookedPublication): boolean {
  const { position, topicName, client, bytes } = publication;
  if (session.from > position || session.until !== undefined || !session.isUnderstood) return false;
  if (session.refusesLarge && bytes > largestSmallMessage) return false;
  const matching = book
    .matching(session, topicName, position)
    .filter(({ shareName }) => shareName === undefined);
  // What was unsubscribed later need not be delivered any more [MQTT-3.10.4-3].
  return matching.some(
    ({ request, until }) =>
      request.qos > 0 && until === undefined && !(request.noLocal && client === session.client),
  );
}
