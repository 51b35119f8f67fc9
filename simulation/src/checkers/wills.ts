/** Every Will is published once, when it is due, or never, as its client and its session went [MQTT-3.1.2-8] [MQTT-3.1.2-10] [MQTT-3.14.4-3]. */
import type { BookedWill } from '../booked.js';
import { witness } from '../run.js';
import { type Checker, nameOf, type RunRecord } from './checker.js';

const toleranceMs = 3;

/** What the witness saw of each Will, and when. */
export const wills: Checker = {
  name: 'wills',
  check(record) {
    // A client that connects again by itself brings the same Will again.
    const names = new Set(record.book.wills.map(({ message }) => message));
    return [...names].flatMap((name) => {
      const wills = record.book.wills.filter(({ message }) => message === name);
      const due = wills.filter(({ fate }) => fate === 'published');
      const unclear = wills.filter(({ fate }) => fate === 'maybe').length;
      const publishedAt = timesPublished(record, name);
      if (publishedAt.length < due.length || publishedAt.length > due.length + unclear)
        return [`${name} was published ${publishedAt.length} times, due ${due.length} times`];
      return due
        .filter(({ dueAt }) => !publishedAt.some((at) => Math.abs(at - dueAt) <= toleranceMs))
        .map(({ dueAt }) => `${name} was due at ${dueAt} ms and published at ${publishedAt.join()} ms`);
    });
  },
};

function timesPublished({ events }: RunRecord, message: BookedWill['message']): number[] {
  return events.flatMap((event) => {
    if (event.kind !== 'leave' || event.client !== witness || event.packet.type !== 'publish') return [];
    return !event.packet.dup && nameOf(event.packet) === message ? [event.at] : [];
  });
}
