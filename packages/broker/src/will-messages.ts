/** Wills: when they are due, and their way into the broker. A Will is due once its delay or its session is over [MQTT-3.1.2-8]. */

import { acceptMessage } from './accept-message.js';
import type { BrokerContext } from './broker-context.js';
import { createOwnMessage } from './create-message.js';
import type { Session } from './session.js';

/** Publishes the Wills of all sessions. */
export class WillMessages {
  readonly #context: BrokerContext;

  constructor(context: BrokerContext) {
    this.#context = context;
  }

  /** The connection is gone and the session goes on: the Will waits for its delay, which cannot outlast the session. */
  arm(session: Session, disconnectedAt: number): void {
    const delay = session.will?.properties.willDelayInterval ?? 0;
    if (session.will === undefined) return;
    if (delay === 0) {
      this.publish(session);
      return;
    }
    const { timers } = this.#context;
    session.willTimer = timers.add(disconnectedAt + delay * 1000, () => this.publish(session));
  }

  /** Publishes the Will now, if there still is one [MQTT-3.1.2-10]. */
  publish(session: Session): void {
    const { will, client } = session;
    if (will === undefined) return;
    session.will = undefined;
    const context = this.#context;
    context.timers.cancel(session.willTimer);
    if (session.isStored) context.store.putSession(session.toStored());
    // The delay belongs to the broker and does not travel with the message.
    const { willDelayInterval: _, ...properties } = will.properties;
    const message = createOwnMessage(
      { ...will, properties },
      session.clientIdentifier,
      context.topics,
      context.clock,
    );
    const accepted = acceptMessage(context, message, client, undefined);
    if (accepted instanceof Promise) accepted.catch((cause: unknown) => context.logger.error(cause));
  }
}
