/**
 * What the rules make of a history: sessions, subscriptions and Wills, from the packets that reached the broker and the time.
 * Shares nothing with the broker: this is the specification once more, without bytes, queues and speed.
 */
import {
  type ConnectPacket,
  parseTopicFilter,
  type SubscriptionRequest,
  topicMatches,
} from '@petrel/protocol';
import { type Acceptance, acceptancesOf } from './acceptances.js';
import type {
  BookedArrival,
  BookedConnection,
  BookedPublication,
  BookedSession,
  BookedSubscription,
  BookedWill,
} from './booked.js';
import type { HistoryEvent, LinkNumber, PacketEvent } from './history.js';
import { messageOf } from './message-name.js';

const closeCallMs = 2;
const longestExpiryInterval = 604_800;

/** Everything that the rules say about one history. */
export class SessionBook {
  readonly sessions: BookedSession[] = [];
  readonly wills: BookedWill[] = [];
  readonly connections = new Map<LinkNumber, BookedConnection>();
  readonly arrivals: BookedArrival[] = [];
  /** By name; the first time each reached the broker. */
  readonly publications = new Map<string, BookedPublication>();
  /** Positions of packets that came too late: their connection had no session any more. */
  readonly ignored = new Set<number>();
  readonly #acceptances: ReadonlyMap<LinkNumber, Acceptance>;
  readonly #current = new Map<string, BookedSession>();
  readonly #unanswered = new Map<string, BookedPublication | BookedSubscription[]>();
  #position = 0;

  constructor(events: readonly HistoryEvent[]) {
    this.#acceptances = acceptancesOf(events);
    for (const event of events) {
      this.#passTime(event.at);
      this.#book(event);
      this.#position++;
    }
  }

  /** The subscriptions of a session that were surely in force at a position, or at any time with `undefined`. */
  matching(session: BookedSession, topicName: string, position?: number): BookedSubscription[] {
    return session.subscriptions.filter(
      ({ topicFilter, confirmed, until }) =>
        topicMatches(topicFilter, topicName) &&
        (position === undefined ||
          (confirmed !== undefined && confirmed < position && (until === undefined || until > position))),
    );
  }

  #book(event: HistoryEvent): void {
    switch (event.kind) {
      case 'arrive':
        this.#arrive(event);
        return;
      case 'leave':
        this.#leave(event);
        return;
      case 'receive':
        if (event.packet.type === 'connack' && !event.packet.sessionPresent) this.#understand(event.link);
        return;
      case 'gone': {
        const session = this.#sessionOf(event.link);
        if (session !== undefined) this.#loseConnection(session, event.at, false);
        return;
      }
      case 'restart':
        for (const session of [...this.#current.values()]) this.#loseBroker(session, event.at);
        this.#unanswered.clear();
        return;
      default:
    }
  }

  /** The session whose current connection this is. */
  #sessionOf(link: LinkNumber): BookedSession | undefined {
    const session = this.connections.get(link)?.session;
    return session?.link === link && session.until === undefined ? session : undefined;
  }

  #understand(link: LinkNumber): void {
    const session = this.connections.get(link)?.session;
    if (session !== undefined) session.isUnderstood = true;
  }

  #arrive({ link, client, packet, at, bytes }: PacketEvent): void {
    const acceptance = this.#acceptances.get(link);
    if (packet.type === 'connect' && acceptance !== undefined) this.#connect(link, packet, at, acceptance);
    const session = this.#sessionOf(link);
    const position = this.#position;
    if (session === undefined) {
      this.ignored.add(position);
      return;
    }
    switch (packet.type) {
      case 'publish': {
        const { topicName, qos, retain } = packet;
        const message = messageOf(packet.payload);
        const known = this.publications.get(message);
        // At QoS 2 a repetition is a new message only to a session that never saw it.
        if (known === undefined || qos < 2 || !known.sessions.has(session))
          this.arrivals.push({ position, message, topicName, qos, retain, dup: packet.dup });
        const publication: BookedPublication = known ?? {
          message,
          client,
          topicName,
          qos,
          retain,
          position,
          bytes,
          lastPosition: position,
          sessions: new Set(),
          acknowledged: undefined,
        };
        publication.lastPosition = position;
        publication.sessions.add(session);
        if (message !== '') this.publications.set(message, publication);
        this.#unanswered.set(`${link} publish ${packet.packetIdentifier}`, publication);
        return;
      }
      case 'subscribe': {
        const booked = packet.subscriptions.map((request) => this.#subscribe(session, request));
        this.#unanswered.set(`${link} subscribe ${packet.packetIdentifier}`, booked);
        return;
      }
      case 'unsubscribe':
        for (const filter of packet.topicFilters) this.#endSubscription(session, filter);
        return;
      case 'disconnect':
        session.sessionExpiryInterval =
          packet.properties.sessionExpiryInterval ?? session.sessionExpiryInterval;
        this.#loseConnection(session, at, packet.reasonCode === 0);
        return;
      default:
    }
  }

  #leave({ link, packet }: PacketEvent): void {
    if (packet.type !== 'puback' && packet.type !== 'pubrec' && packet.type !== 'suback') return;
    const kind = packet.type === 'suback' ? 'subscribe' : 'publish';
    const answered = this.#unanswered.get(`${link} ${kind} ${packet.packetIdentifier}`);
    if (answered === undefined) return;
    if (Array.isArray(answered)) {
      for (const subscription of answered) subscription.confirmed = this.#position;
    } else if (packet.type !== 'suback' && packet.reasonCode < 0x80) {
      answered.acknowledged ??= this.#position;
    }
  }

  #connect(link: LinkNumber, connect: ConnectPacket, at: number, acceptance: Acceptance): void {
    const { clientIdentifier, cleanStart, protocolVersion, properties, will } = connect;
    const former = this.#current.get(clientIdentifier);
    if (former?.link !== undefined) this.#loseConnection(former, at, false);
    const present = this.#presence(former, cleanStart, acceptance, at);
    if (former !== undefined && !present) this.#end(former, at);
    const session = present && former !== undefined ? former : this.#make(clientIdentifier);
    if (session.will?.fate === 'waiting')
      session.will.fate = isCloseCall(session.will.dueAt, at) ? 'maybe' : 'never';
    session.link = link;
    session.links.push(link);
    session.expiresAt = Number.POSITIVE_INFINITY;
    session.sessionExpiryInterval =
      protocolVersion === 5
        ? (properties.sessionExpiryInterval ?? 0)
        : cleanStart
          ? 0
          : longestExpiryInterval;
    session.refusesLarge ||= properties.maximumPacketSize !== undefined;
    session.will = will && {
      message: messageOf(will.payload),
      topicName: will.topicName,
      retain: will.retain,
      delay: will.properties.willDelayInterval ?? 0,
      session,
      fate: 'waiting',
      dueAt: Number.POSITIVE_INFINITY,
    };
    if (session.will !== undefined) this.wills.push(session.will);
    const sessionPresent = former !== undefined && isCloseCall(former.expiresAt, at) ? 'maybe' : present;
    this.connections.set(link, { session, connect, sessionPresent, position: this.#position });
  }

  /** Where the session expires in the same moment, either answer is right, and what follows has to fit the one that was given. */
  #presence(
    session: BookedSession | undefined,
    cleanStart: boolean,
    acceptance: Acceptance,
    at: number,
  ): boolean {
    if (session === undefined || cleanStart || session.until !== undefined) return false;
    if (!isCloseCall(session.expiresAt, at)) return true;
    return acceptance.sessionPresent;
  }

  #make(client: string): BookedSession {
    const session: BookedSession = {
      client,
      from: this.#position,
      until: undefined,
      link: undefined,
      sessionExpiryInterval: 0,
      expiresAt: Number.POSITIVE_INFINITY,
      will: undefined,
      links: [],
      subscriptions: [],
      isUnderstood: false,
      refusesLarge: false,
    };
    this.sessions.push(session);
    this.#current.set(client, session);
    return session;
  }

  #subscribe(session: BookedSession, request: SubscriptionRequest): BookedSubscription {
    const isRenewed = this.#endSubscription(session, request.topicFilter);
    const { topicFilter, shareName } = parseTopicFilter(request.topicFilter);
    const subscription: BookedSubscription = {
      request,
      topicFilter,
      shareName,
      from: this.#position,
      confirmed: undefined,
      until: undefined,
      isRenewed,
    };
    session.subscriptions.push(subscription);
    return subscription;
  }

  #endSubscription(session: BookedSession, requestedFilter: string): boolean {
    const subscription = session.subscriptions.find(
      ({ request, until }) => until === undefined && request.topicFilter === requestedFilter,
    );
    if (subscription !== undefined) subscription.until = this.#position;
    return subscription !== undefined;
  }

  #loseConnection(session: BookedSession, at: number, isNormal: boolean): void {
    session.link = undefined;
    const { will, sessionExpiryInterval } = session;
    if (will?.fate === 'waiting') {
      if (isNormal)
        will.fate = 'never'; // [MQTT-3.14.4-3]
      else will.dueAt = at + Math.min(will.delay, sessionExpiryInterval) * 1000;
    }
    session.expiresAt = at + sessionExpiryInterval * 1000;
    if (sessionExpiryInterval === 0) this.#end(session, at);
    else if (will?.dueAt === at && will.fate === 'waiting') will.fate = 'published';
  }

  /** A session that ends with its connection took its Will with it when the broker died. */
  #loseBroker(session: BookedSession, at: number): void {
    if (session.link === undefined) return;
    if (session.sessionExpiryInterval === 0 && session.will?.fate === 'waiting') session.will.fate = 'maybe';
    this.#loseConnection(session, at, false);
  }

  /** The end of a session is the end of every delay of its Will [MQTT-3.1.2-8]. */
  #end(session: BookedSession, at: number): void {
    if (session.until !== undefined) return;
    session.until = this.#position;
    if (this.#current.get(session.client) === session) this.#current.delete(session.client);
    for (const subscription of session.subscriptions) subscription.until ??= this.#position;
    const { will } = session;
    if (will?.fate !== 'waiting') return;
    will.fate = 'published';
    will.dueAt = Math.min(will.dueAt, at);
  }

  #passTime(now: number): void {
    for (const session of [...this.#current.values()]) {
      if (session.link !== undefined) continue;
      const { will } = session;
      if (will?.fate === 'waiting' && will.dueAt + closeCallMs < now) will.fate = 'published';
      if (session.expiresAt + closeCallMs < now) this.#end(session, session.expiresAt);
    }
  }
}

function isCloseCall(dueAt: number, at: number): boolean {
  return Math.abs(dueAt - at) <= closeCallMs;
}
