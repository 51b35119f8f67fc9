/** A message of a Shared Subscription goes to exactly one of its members [MQTT-4.8.2-3] [MQTT-4.8.2-4] [MQTT-4.8.2-5]. */
import { topicMatches } from '@petrel/protocol';
import type { BookedPublication, BookedSession, BookedSubscription } from '../booked.js';
import { auditor, witness } from '../run.js';
import { type Checker, nameOf, type RunRecord } from './checker.js';

const largestSmallMessage = 100;

interface Member {
  readonly session: BookedSession;
  readonly subscription: BookedSubscription;
}

/** Not more than one, and one as long as somebody is left. */
export const sharedSubscriptions: Checker = {
  name: 'shared subscriptions',
  check(record) {
    return [...record.book.publications.values()].flatMap((publication) => {
      const groups = groupsOf(record, publication);
      if (groups.size === 0) return [];
      return [...tooOften(record, publication, groups), ...lost(record, publication, groups)];
    });
  },
};

type Groups = ReadonlyMap<string, readonly Member[]>;

/** All who may have been members when the message came, or later; by the filter with its ShareName. */
function groupsOf({ book }: RunRecord, { topicName, position }: BookedPublication): Groups {
  const groups = new Map<string, Member[]>();
  for (const session of book.sessions) {
    for (const subscription of session.subscriptions) {
      const { shareName, topicFilter, until, request } = subscription;
      if (shareName === undefined || !topicMatches(topicFilter, topicName)) continue;
      if ((until ?? Number.POSITIVE_INFINITY) < position) continue;
      groups.set(request.topicFilter, [
        ...(groups.get(request.topicFilter) ?? []),
        { session, subscription },
      ]);
    }
  }
  return groups;
}

/** Every first PUBLISH is one member that was chosen; another one may follow only for a member whose session ended. */
function tooOften(record: RunRecord, { message, lastPosition }: BookedPublication, groups: Groups): string[] {
  const { events, book } = record;
  const possible = [...groups.values()].filter((members) =>
    members.some(({ subscription }) => subscription.from < lastPosition),
  );
  const arrivals = book.arrivals.filter((arrival) => arrival.message === message).length;
  let sent = 0;
  let sentInVain = 0;
  for (const event of events) {
    if (event.kind !== 'leave' || event.client === witness || event.client === auditor) continue;
    const { link, packet } = event;
    if (packet.type !== 'publish' || packet.dup || nameOf(packet) !== message) continue;
    sent++;
    if (book.connections.get(link)?.session.until !== undefined) sentInVain++;
  }
  const allowed = possible.length * arrivals + sentInVain;
  return sent > allowed ? [`${message} went to ${sent} members, at most ${allowed} allowed`] : [];
}

function lost(record: RunRecord, publication: BookedPublication, groups: Groups): string[] {
  const { message, qos, acknowledged, bytes } = publication;
  if (qos === 0 || acknowledged === undefined || bytes > largestSmallMessage) return [];
  const isTaken = record.book.sessions.some((session) =>
    record.takes.get(session)?.some((taken) => taken.message === message && session.client !== witness),
  );
  if (isTaken) return [];
  return [...groups].flatMap(([name, members]) =>
    isOwed(record, publication, members)
      ? [`${message} was acknowledged, and no member of ${name} got it`]
      : [],
  );
}

/** Somebody was there all the time, and no member could let it fall. */
function isOwed(
  { events }: RunRecord,
  { position, qos }: BookedPublication,
  members: readonly Member[],
): boolean {
  const stays = members.some(
    ({ session, subscription: { confirmed, until } }) =>
      confirmed !== undefined && confirmed < position && until === undefined && session.until === undefined,
  );
  const isSafe = members.every(({ session, subscription: { request } }) => {
    if (request.qos === 0 || !session.isUnderstood) return false;
    if (session.until === undefined) return true;
    // What was sent at QoS 2 stays with its member, and what a broker never stored dies with it.
    const endedBy = events[session.until];
    return Math.min(qos, request.qos) === 1 && endedBy?.kind !== 'restart';
  });
  return stays && isSafe;
}
