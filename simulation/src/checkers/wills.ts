/** Every Will is published once, when it is due, or never, as its client and its session went [MQTT-3.1.2-8] [MQTT-3.1.2-10] [MQTT-3.14.4-3]. */
import type { BookedWill } from '../booked.js';
import { witness } from '../run.js';
import { type Checker, nameOf, type RunRecord } from './checker.js';

const toleranceMs = 3;

/** What the witness saw of each Will, and when. */
export const wills: Checker = {
  name: 'wills',
  check(record) {
    return record.book.wills.flatMap((will) => {
      const publishedAt = timesPublished(record, will.message);
      const allowed = { published: [1], never: [0], waiting: [0], maybe: [0, 1] }[will.fate];
      if (!allowed.includes(publishedAt.length))
        return [`${will.message} was published ${publishedAt.length} times, not ${allowed.join(' or ')}`];
      const at = publishedAt[0];
      if (at === undefined || will.fate !== 'published' || Math.abs(at - will.dueAt) <= toleranceMs)
        return [];
      return [`${will.message} was due at ${will.dueAt} ms and published at ${at} ms`];
    });
  },
};

function timesPublished({ events }: RunRecord, message: BookedWill['message']): number[] {
  return events.flatMap((event) => {
    if (event.kind !== 'leave' || event.client !== witness || event.packet.type !== 'publish') return [];
    return !event.packet.dup && nameOf(event.packet) === message ? [event.at] : [];
  });
}
