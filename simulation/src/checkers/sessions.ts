/** Sessions are resumed or ended as the rules say, and who has no subscription gets nothing [MQTT-3.2.2-3] [MQTT-3.1.2-5] [MQTT-4.1.0-2]. */
import type { BookedSession } from '../booked.js';
import type { Checker, RunRecord, Taken } from './checker.js';

/** Session Present, and what a subscription entitles to. */
export const sessions: Checker = {
  name: 'sessions',
  check(record) {
    const wrong = record.events.flatMap((event) => {
      if (event.kind !== 'leave' || event.packet.type !== 'connack' || event.packet.reasonCode !== 0)
        return [];
      const expected = record.book.connections.get(event.link)?.sessionPresent;
      const { sessionPresent } = event.packet;
      if (expected === 'maybe' || expected === sessionPresent) return [];
      return [`${event.client} was told session present ${sessionPresent} on link ${event.link}`];
    });
    for (const [session, taken] of record.takes) {
      for (const one of taken) {
        if (!isEntitled(record, session, one))
          wrong.push(`${session.client} got ${one.message} on ${one.topicName} without a subscription`);
      }
    }
    return wrong;
  },
};

function isEntitled({ book }: RunRecord, session: BookedSession, taken: Taken): boolean {
  const publication = book.publications.get(taken.message);
  return book.matching(session, taken.topicName).some(
    ({ from, until, request }) =>
      from < taken.position &&
      (until === undefined || until > (publication?.position ?? 0)) &&
      !(request.noLocal && publication?.client === session.client), // [MQTT-3.8.3-3]
  );
}
