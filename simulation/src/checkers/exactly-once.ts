/** QoS 2: an application gets a message once for each reason there is to send it [MQTT-4.3.3-10] [MQTT-4.3.3-11]. */
import type { BookedPublication, BookedSession } from '../booked.js';
import type { Checker, RunRecord } from './checker.js';

/** Nothing at QoS 2 comes twice. */
export const exactlyOnce: Checker = {
  name: 'exactly once',
  check(record) {
    const repeated: string[] = [];
    for (const [session, taken] of record.takes) {
      const counts = new Map<string, number>();
      for (const { message, qos } of taken) {
        if (qos === 2 && message !== '') counts.set(message, (counts.get(message) ?? 0) + 1);
      }
      for (const [message, count] of counts) {
        const publication = record.book.publications.get(message);
        // At QoS 1 the publisher itself may have sent it twice.
        if (count === 1 || publication?.qos === 1) continue;
        const allowed = publication === undefined ? 1 : reasonsToSend(record, session, publication);
        if (count > allowed)
          repeated.push(
            `${session.client} got ${message} ${count} times at QoS 2, at most ${allowed} allowed`,
          );
      }
    }
    return repeated;
  },
};

/** One for all plain subscriptions, one for each Shared Subscription, one for each SUBSCRIBE that asks for retained messages. */
function reasonsToSend({ book }: RunRecord, session: BookedSession, publication: BookedPublication): number {
  const matching = book.matching(session, publication.topicName);
  const shared = new Set(
    matching.filter(({ shareName }) => shareName !== undefined).map(({ request }) => request.topicFilter),
  );
  const live = matching.some(
    ({ shareName, until }) => shareName === undefined && (until ?? Infinity) > publication.position,
  );
  const replays = publication.retain
    ? matching.filter(
        ({ request, shareName, isRenewed, from }) =>
          shareName === undefined &&
          from > publication.position &&
          (request.retainHandling === 0 || (request.retainHandling === 1 && !isRenewed)),
      ).length
    : 0;
  return (live ? 1 : 0) + shared.size + replays;
}
