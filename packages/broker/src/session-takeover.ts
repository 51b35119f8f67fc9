/** What becomes of a session when its connection goes: by itself, or because another connection takes the session. */
import { reasonCode } from '@petrel/protocol';
import type { Connection } from './connection.js';
import type { ConnectionEnd } from './connection-terms.js';
import { ConnectionError } from './errors.js';

/** Ends the connection that has a session now, so that another one can have it [MQTT-3.1.4-3]. */
export function displace(connection: Connection): void {
  connection.context.metrics.sessionsTakenOver += 1;
  connection.fail(
    new ConnectionError(
      'PETREL_SESSION_TAKEN_OVER',
      'another connection with this Client Identifier took over',
      {
        reasonCode: reasonCode.sessionTakenOver,
      },
    ),
  );
}

/** A connection is over: the session leaves it, and its Will and its expiry begin to count. */
export function connectionLost(connection: Connection, end: ConnectionEnd): void {
  const { session, client, context } = connection;
  if (session === undefined || client === undefined || session.connection !== connection) return;
  const now = context.clock.now();
  session.detach(now);
  if (end.byClient && end.reasonCode === reasonCode.normalDisconnection) session.will = undefined; // [MQTT-3.14.4-3]
  if (session.isDurable) {
    context.sessions.persist(session);
    context.willMessages.arm(session, now);
  }
  // A session that ends with its connection takes its Will with it, whatever the delay.
  context.sessions.armExpiry(session, now);
  context.hooks.tell('disconnected', client, end);
}
