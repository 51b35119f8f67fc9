/** QoS 2: an application gets a message once for each reason there is to send it [MQTT-4.3.3-10] [MQTT-4.3.3-11]. */
import type { BookedPublication, BookedSession, BookedWill } from '../booked.js';
import type { Checker, RunRecord } from './checker.js';

/** Nothing at QoS 2 comes twice. */
export const exactlyOnce: Checker = {
  name: 'exactly once',
  check(record) {
    const repeated: string[] = [];
    for (const [session, taken] of record.takes) {
      if (!session.isUnderstood) continue;
      const counts = new Map<string, number>();
      for (const { message, qos } of taken) {
        if (qos === 2 && message !== '') counts.set(message, (counts.get(message) ?? 0) + 1);
      }
      for (const [message, count] of counts) {
        const sent =
          record.book.publications.get(message) ?? record.book.wills.find((will) => will.message === message);
        if (count === 1 || sent === undefined || mayBeSentAgain(record, sent)) continue;
        const allowed = reasonsToSend(record, session, sent);
        if (count > allowed)
          repeated.push(
            `${session.client} got ${message} ${count} times at QoS 2, at most ${allowed} allowed`,
          );
      }
    }
    return repeated;
  },
};

/** By its publisher: at QoS 1, or when a session was lost with the answer. A Will comes with every connection. */
function mayBeSentAgain({ book }: RunRecord, sent: BookedPublication | BookedWill): boolean {
  if ('qos' in sent) return sent.qos === 1 || sent.sessions.size > 1;
  return book.wills.filter(({ message }) => message === sent.message).length > 1;
}

/** One for all plain subscriptions, one for each Shared Subscription, one for each SUBSCRIBE that asks for retained messages. */
function reasonsToSend(
  { book }: RunRecord,
  session: BookedSession,
  sent: BookedPublication | BookedWill,
): number {
  const position = 'position' in sent ? sent.position : 0;
  const matching = book.matching(session, sent.topicName);
  const shared = new Set(
    matching.filter(({ shareName }) => shareName !== undefined).map(({ request }) => request.topicFilter),
  );
  const live = matching.some(
    ({ shareName, until }) => shareName === undefined && (until ?? Number.POSITIVE_INFINITY) > position,
  );
  const replays = matching.filter(
    ({ request, shareName, isRenewed, from }) =>
      sent.retain &&
      shareName === undefined &&
      from > position &&
      (request.retainHandling === 0 || (request.retainHandling === 1 && !isRenewed)),
  );
  return (live ? 1 : 0) + shared.size + replays.length;
}
