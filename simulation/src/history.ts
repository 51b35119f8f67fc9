/** What happened in a run, in order: the only thing that checkers look at. */
import type { Packet } from '@petrel/protocol';

/** Number of a connection, counted from 1 through the run. */
export type LinkNumber = number;

/**
 * A packet at one of the four ends of a connection. `arrive` and `leave` are the broker's end: taken from the transport, given to it;
 * `send` and `receive` the client's.
 */
export interface PacketEvent {
  readonly kind: 'arrive' | 'leave' | 'send' | 'receive';
  readonly at: number;
  readonly link: LinkNumber;
  readonly client: string;
  readonly packet: Packet;
  readonly bytes: number;
}

/** An application got a message. */
export interface TakeEvent {
  readonly kind: 'take';
  readonly at: number;
  readonly link: LinkNumber;
  readonly client: string;
  /** The name of the message, from its payload. */
  readonly message: string;
  readonly topicName: string;
  readonly qos: number;
  readonly retain: boolean;
}

/** What happened, `at` in milliseconds from the start of the run. */
export type HistoryEvent =
  | PacketEvent
  | TakeEvent
  /** The broker says that it has accepted a client; a connection that ends in the moment of its CONNECT carries no CONNACK any more. */
  | {
      readonly kind: 'accept';
      readonly at: number;
      readonly client: string;
      readonly sessionPresent: boolean;
    }
  /** The broker has lost the connection, or closed it. */
  | {
      readonly kind: 'gone';
      readonly at: number;
      readonly link: LinkNumber;
      readonly client: string;
      readonly by: 'network' | 'broker';
    }
  /** The broker dies, or begins to close; another one follows in the same moment. */
  | { readonly kind: 'restart'; readonly at: number; readonly graceful: boolean }
  /** The broker says that something is wrong with itself, or a client that the broker broke a rule. */
  | { readonly kind: 'fault'; readonly at: number; readonly who: string; readonly error: unknown };

/** The events of one run, and the step each belongs to. */
export class History {
  readonly events: HistoryEvent[] = [];
  readonly #now: () => number;

  /** `now` gives milliseconds from the start of the run. */
  constructor(now: () => number) {
    this.#now = now;
  }

  get now(): number {
    return this.#now();
  }

  add(event: HistoryEvent): void {
    this.events.push(event);
  }
}
