/** PUBCOMP (section 3.7): QoS 2 towards the client is done. */
import type { Connection } from '../connection.js';
import type { Session } from '../session.js';

/** An identifier nobody knows is ignored. */
export function handlePubcomp(connection: Connection, packetIdentifier: number): undefined {
  const { deliveries } = connection.session as Session;
  deliveries.pubcomp(packetIdentifier);
  deliveries.pump();
}
