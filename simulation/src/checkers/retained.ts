/** What is retained for a topic is what was written last, for new subscriptions and at the end [MQTT-3.3.1-5] [MQTT-3.3.1-6] [MQTT-3.3.1-9]. */
import { topicMatches } from '@petrel/protocol';
import type { BookedSession, BookedSubscription } from '../booked.js';
import { auditor, witness } from '../run.js';
import { type Checker, nameOf, type RunRecord } from './checker.js';

/** One write to the retained message of a topic; an empty name deletes. */
interface Write {
  readonly position: number;
  readonly topicName: string;
  readonly message: string;
  readonly qos: number;
  readonly isSure: boolean;
}

const largestSmallMessage = 100;

/** The last write of every topic. */
export const retained: Checker = {
  name: 'retained',
  check(record) {
    const writes = writesOf(record);
    // Whether a repeated deletion at QoS 2 is the second one cannot be told from outside.
    const unclear = new Set(writes.filter(({ isSure }) => !isSure).map(({ topicName }) => topicName));
    const clear = writes.filter(({ topicName }) => !unclear.has(topicName));
    return [...atTheEnd(record, clear), ...stale(record, clear), ...missing(record, clear)];
  },
};

/** Publications as they reached the broker, Wills as the witness saw them. */
function writesOf({ events, book }: RunRecord): Write[] {
  const publications = book.arrivals
    .filter(({ retain }) => retain)
    .map((arrival) => ({
      ...arrival,
      isSure: !(arrival.message === '' && arrival.qos === 2 && arrival.dup),
    }));
  const wills = events.flatMap((event, position) => {
    if (event.kind !== 'leave' || event.client !== witness || event.packet.type !== 'publish') return [];
    const { dup, topicName, qos } = event.packet;
    const name = nameOf(event.packet);
    const will = book.wills.find(({ message }) => message === name);
    // Between QoS 1 and 2 there is no order, and so two of one moment do not say which was the last.
    const isSure = !book.wills.some(
      (other) => other !== will && other.topicName === topicName && Math.abs(other.dueAt - event.at) <= 1,
    );
    return will?.retain && !dup ? [{ position, topicName, message: will.message, qos, isSure }] : [];
  });
  return [...publications, ...wills].sort((left, right) => left.position - right.position);
}

function lastBefore(writes: readonly Write[], topicName: string, position: number): Write | undefined {
  return writes.findLast((write) => write.topicName === topicName && write.position < position);
}

/** What the auditor finds. */
function atTheEnd({ events }: RunRecord, writes: readonly Write[]): string[] {
  return [...new Set(writes.map(({ topicName }) => topicName))].flatMap((topicName) => {
    const expected = lastBefore(writes, topicName, events.length)?.message ?? '';
    const found = events.flatMap((event) =>
      event.kind === 'take' && event.client === auditor && event.topicName === topicName
        ? [event.message]
        : [],
    );
    if (found.join() === expected) return [];
    return [
      `${topicName} ended with ${found.join() || 'nothing'}, its last write was ${expected || 'a deletion'}`,
    ];
  });
}

/** What new subscriptions got was the last write when they were made, or came later; and nothing newer had been sent before it. */
function stale({ events, book }: RunRecord, writes: readonly Write[]): string[] {
  const newest = new Map<string, Write>();
  return events.flatMap((event, position) => {
    if (event.kind !== 'leave' || event.packet.type !== 'publish' || event.packet.dup) return [];
    const { topicName, retain } = event.packet;
    const message = nameOf(event.packet);
    const write = writes.find(
      (one) => one.topicName === topicName && one.message === message && message !== '',
    );
    const session = book.connections.get(event.link)?.session;
    if (write === undefined || session === undefined || event.client === witness) return [];
    const key = `${event.link} ${topicName}`;
    const newer = newest.get(key);
    const last = writes.findLast((one) => one.message === message) ?? write;
    if (newer === undefined || newer.position < write.position) newest.set(key, write);
    if (!retain) return [];
    const matching = book.matching(session, topicName).filter(({ from }) => from < position);
    // Who was there when it was published may get it live, and behind a QoS 0 message that need not queue.
    const isReplay = matching.every(({ from }) => from > last.position);
    if (isReplay && newer !== undefined && newer.position > last.position)
      return [`${event.client} got ${message}, retained on ${topicName}, behind ${newer.message}`];
    const isLast = matching.some(
      ({ from }) => last.position > from || lastBefore(writes, topicName, from)?.message === message,
    );
    return isLast ? [] : [`${event.client} got ${message}, which was not retained on ${topicName} any more`];
  });
}

/** A subscription that asks gets what is retained, in full, above QoS 0 even over a lost connection. */
function missing(record: RunRecord, writes: readonly Write[]): string[] {
  return record.book.sessions.flatMap((session) =>
    session.subscriptions.filter(asks).flatMap((subscription) =>
      [...new Set(writes.map(({ topicName }) => topicName))]
        .filter((topicName) => topicMatches(subscription.topicFilter, topicName))
        .flatMap((topicName) => {
          const write = lastBefore(writes, topicName, subscription.from);
          const isLast = writes.findLast((one) => one.topicName === topicName) === write;
          if (write === undefined || write.message === '' || !isLast) return [];
          if (!isOwed(record, session, subscription, write)) return [];
          const isTaken = record.takes
            .get(session)
            ?.some(({ message, position }) => message === write.message && position > subscription.from);
          return isTaken
            ? []
            : [`${session.client} subscribed to ${topicName} and never got ${write.message}`];
        }),
    ),
  );
}

function asks({ shareName, request, isRenewed, confirmed, until }: BookedSubscription): boolean {
  if (shareName !== undefined || confirmed === undefined || until !== undefined) return false;
  return request.retainHandling === 0 || (request.retainHandling === 1 && !isRenewed);
}

function isOwed(
  { book }: RunRecord,
  session: BookedSession,
  { request }: BookedSubscription,
  { qos, message }: Write,
): boolean {
  if (request.qos === 0 || qos === 0 || session.until !== undefined || !session.isUnderstood) return false;
  const publication = book.publications.get(message);
  if (request.noLocal && (publication?.client ?? session.client) === session.client) return false;
  return !session.refusesLarge || (publication?.bytes ?? 0) < largestSmallMessage;
}
