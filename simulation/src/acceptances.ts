/** Which CONNECTs were accepted: most have a CONNACK that says so, for the others there is the word of the broker. */
import type { HistoryEvent, LinkNumber } from './history.js';

/** What became of a CONNECT that was accepted. */
export interface Acceptance {
  readonly sessionPresent: boolean;
}

/** By the connection that the CONNECT came on. A connection that was gone before it was accepted is not among them. */
export function acceptancesOf(events: readonly HistoryEvent[]): ReadonlyMap<LinkNumber, Acceptance> {
  const acceptances = new Map<LinkNumber, Acceptance>();
  for (const { kind, link, packet } of events.filter(isPacket)) {
    if (kind === 'leave' && packet.type === 'connack') acceptances.set(link, packet);
  }
  for (const acceptance of withoutConnack(events)) {
    // A broker that has no questions accepts in the moment of the CONNECT.
    const connect = events
      .filter(isPacket)
      .find(
        ({ kind, at, client, link, packet }) =>
          kind === 'arrive' &&
          packet.type === 'connect' &&
          at === acceptance.at &&
          client === acceptance.client &&
          !acceptances.has(link),
      );
    if (connect !== undefined) acceptances.set(connect.link, acceptance);
  }
  return acceptances;
}

/** The broker says that it accepts, and then sends CONNACK, which the end of the connection may overtake. */
function withoutConnack(events: readonly HistoryEvent[]): AcceptEvent[] {
  const open: AcceptEvent[] = [];
  for (const event of events) {
    if (event.kind === 'accept') open.push(event);
    else if (event.kind === 'leave' && event.packet.type === 'connack') {
      const said = open.findLastIndex(({ at, client }) => at === event.at && client === event.client);
      if (said >= 0) open.splice(said, 1);
    }
  }
  return open;
}

type AcceptEvent = Extract<HistoryEvent, { kind: 'accept' }>;
type PacketEvent = Extract<HistoryEvent, { link: LinkNumber; packet: unknown }>;

function isPacket(event: HistoryEvent): event is PacketEvent {
  return 'packet' in event;
}
