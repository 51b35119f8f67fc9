/** PUBREC (section 3.5): the first half of QoS 2 towards the client is done. */
import { reasonCode as codes } from '@petrel/protocol';
import type { Connection } from '../connection.js';
import type { Session } from '../session.js';

/** Answers PUBREL, with 0x92 for an identifier nobody knows; a Reason Code of 0x80 or more has ended the exchange. */
export function handlePubrec(
  connection: Connection,
  packetIdentifier: number,
  reasonCode: number,
): undefined {
  const { acknowledgements, context } = connection;
  const { deliveries, isStored } = connection.session as Session;
  switch (deliveries.pubrec(packetIdentifier, reasonCode)) {
    case 'release': {
      // After PUBREL the client forgets the identifier: a broker that forgot PUBREC would send the message once more.
      const commit = isStored ? context.store.commit() : undefined;
      if (acknowledgements.mayLeaveNow(commit))
        connection.sendPubrel(packetIdentifier, codes.success); // [MQTT-4.3.3-4]
      else acknowledgements.after(commit, () => connection.sendPubrel(packetIdentifier, codes.success));
      return;
    }
    case 'unknown':
      if (reasonCode < 0x80) connection.sendPubrel(packetIdentifier, codes.packetIdentifierNotFound);
      return;
    case 'ended':
      deliveries.pump();
  }
}
