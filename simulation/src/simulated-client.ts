/** What a run asks of a client, whatever it is made of. */
import type { Clock } from '@petrel/testing';
import type { History } from './history.js';
import type { Link, LinkUser } from './link.js';
import type { ConnectStep, PublishStep, SubscribeStep } from './step.js';

/** What a client needs of the world. */
export interface ClientContext {
  readonly clock: Clock;
  readonly history: History;
  /** 0 ≤ value < 1. */
  readonly random: () => number;
  openLink(step: ConnectStep, user: LinkUser): Link;
}

/** A client in the hands of a run; what makes no sense at the moment does nothing. */
export interface SimulatedClient {
  /** The connection it uses. */
  readonly link: Link | undefined;
  connect(step: ConnectStep): void;
  publish(step: PublishStep): void;
  subscribe(step: SubscribeStep): void;
  unsubscribe(topicFilter: string): void;
  disconnect(reasonCode: number, sessionExpiryInterval: number | undefined): void;
  /** The run is over. */
  destroy(): void;
}
