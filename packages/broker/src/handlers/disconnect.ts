/** DISCONNECT (section 3.14): the client leaves, and says what becomes of its Will and its session. */
import { type DisconnectPacket, ProtocolError } from '@petrel/protocol';
import type { Connection } from '../connection.js';
import type { Session } from '../session.js';

/** Reason Code 0x00 deletes the Will, any other keeps it. */
export function handleDisconnect(connection: Connection, { reasonCode, properties }: DisconnectPacket): void {
  const session = connection.session as Session;
  const { sessionExpiryInterval } = properties;
  if (sessionExpiryInterval !== undefined) {
    if (session.sessionExpiryInterval === 0 && sessionExpiryInterval > 0) {
      throw new ProtocolError(
        'DISCONNECT raises a Session Expiry Interval that was 0 (MQTT 5.0 section 3.14.2.2.2)',
      );
    }
    const { maximumSessionExpiryInterval } = connection.context.options.limits;
    session.sessionExpiryInterval = Math.min(sessionExpiryInterval, maximumSessionExpiryInterval);
  }
  connection.close({ reasonCode, byClient: true, cause: undefined });
}
