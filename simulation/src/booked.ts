/** What a session book has entries for. */
import type { ConnectPacket, SubscriptionRequest } from '@petrel/protocol';
import type { LinkNumber } from './history.js';

/** One subscription, between two positions in the history. */
export interface BookedSubscription {
  readonly request: SubscriptionRequest;
  readonly topicFilter: string;
  readonly shareName: string | undefined;
  readonly from: number;
  /** Where SUBACK left; undefined: never. */
  confirmed: number | undefined;
  until: number | undefined;
  /** Whether the same filter was subscribed to before. */
  readonly isRenewed: boolean;
}

/** One session, from its first CONNECT to its end. */
export interface BookedSession {
  readonly client: string;
  readonly from: number;
  until: number | undefined;
  link: LinkNumber | undefined;
  sessionExpiryInterval: number;
  expiresAt: number;
  will: BookedWill | undefined;
  readonly links: LinkNumber[];
  readonly subscriptions: BookedSubscription[];
  /**
   * The client was told that it is a new one. Where CONNACK is lost, a client goes on with the state of the session before, and nothing in
   * MQTT lets either side notice.
   */
  isUnderstood: boolean;
  /** Some connection of it had a Maximum Packet Size. */
  refusesLarge: boolean;
}

/** One Will, and what has to become of it. */
export interface BookedWill {
  readonly message: string;
  readonly topicName: string;
  readonly retain: boolean;
  readonly delay: number;
  readonly session: BookedSession;
  /** `waiting`: its connection lives, or its delay runs. `maybe`: the rules leave it open. */
  fate: 'waiting' | 'published' | 'never' | 'maybe';
  /** When it is due, or was. */
  dueAt: number;
}

/** One connection whose CONNECT reached the broker. */
export interface BookedConnection {
  readonly session: BookedSession;
  readonly connect: ConnectPacket;
  /** `maybe`: the session expired within the same moment. */
  readonly sessionPresent: boolean | 'maybe';
  readonly position: number;
}

/** A message that reached the broker from the connection that has the session. */
export interface BookedPublication {
  readonly message: string;
  readonly client: string;
  readonly topicName: string;
  readonly qos: number;
  readonly retain: boolean;
  readonly position: number;
  readonly bytes: number;
  /** Where it came for the last time: the publisher may have to repeat it. */
  lastPosition: number;
  /** The sessions of the publisher it came in. */
  readonly sessions: Set<BookedSession>;
  /** Where PUBACK or PUBREC left; undefined: never. */
  acknowledged: number | undefined;
}

/** A PUBLISH that the broker had to process: the first of its message, or one that repeats it at QoS 1. */
export interface BookedArrival {
  readonly position: number;
  /** Empty for one that clears a retained message. */
  readonly message: string;
  readonly topicName: string;
  readonly qos: number;
  readonly retain: boolean;
  readonly dup: boolean;
}
