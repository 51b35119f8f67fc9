/** PUBREL (section 3.6): the client will not repeat a QoS 2 message any more. */
import { reasonCode } from '@petrel/protocol';
import type { Connection } from '../connection.js';
import type { Session } from '../session.js';

/** Answers PUBCOMP, with 0x92 for an identifier nobody knows [MQTT-4.3.3-11]. */
export function handlePubrel(connection: Connection, packetIdentifier: number): undefined {
  const { context, acknowledgements } = connection;
  const session = connection.session as Session;
  const known = session.release(packetIdentifier);
  if (known && session.isStored)
    context.store.deleteReceivedIdentifier(session.clientIdentifier, packetIdentifier);
  const code = known ? reasonCode.success : reasonCode.packetIdentifierNotFound;
  const commit = session.isStored ? context.store.commit() : undefined;
  if (acknowledgements.mayLeaveNow(commit)) connection.sendAcknowledgement(0x70, packetIdentifier, code);
  else acknowledgements.after(commit, () => connection.sendAcknowledgement(0x70, packetIdentifier, code));
}
