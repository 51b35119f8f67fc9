/** PUBACK (section 3.4): a QoS 1 message arrived, or the client does not want it; either way it is done [MQTT-4.8.2-6]. */
import type { Connection } from '../connection.js';
import type { Session } from '../session.js';

/** An identifier nobody knows is ignored. */
export function handlePuback(connection: Connection, packetIdentifier: number): undefined {
  const { deliveries } = connection.session as Session;
  deliveries.puback(packetIdentifier);
  deliveries.pump();
}
