/** The one decision what a received packet is for; the parts of the session act. */
import { describeReasonCode, type Packet, ProtocolError } from '@petrel/protocol';
import type { Reauthentication } from './authentication/reauthentication.js';
import { ConnectionError } from './errors.js';
import type { Inbox } from './inbox.js';
import type { Outbox } from './outbox.js';
import type { SubscriptionRequests } from './subscription-requests.js';

/** Who acts on packets once the connection is accepted. */
export interface PacketReceivers {
  readonly inbox: Inbox;
  readonly outbox: Outbox;
  readonly requests: SubscriptionRequests;
  readonly reauthentication: Reauthentication;
}

/** Hands a packet to its receiver; throws what ends the connection. */
export function handlePacket(
  { inbox, outbox, requests, reauthentication }: PacketReceivers,
  packet: Packet,
): void {
  switch (packet.type) {
    case 'publish':
      inbox.onPublish(packet);
      return;
    case 'puback':
    case 'pubrec':
    case 'pubcomp':
      outbox.onAcknowledgement(packet);
      return;
    case 'pubrel':
      inbox.onPubrel(packet);
      return;
    case 'suback':
      requests.onSuback(packet);
      return;
    case 'unsuback':
      requests.onUnsuback(packet);
      return;
    case 'pingresp':
      // That bytes came is all the keep alive wants to know.
      return;
    case 'disconnect': {
      const { reasonCode, properties } = packet;
      const detail = properties.reasonString === undefined ? '' : `: ${properties.reasonString}`;
      const message = `the server disconnected: ${describeReasonCode(reasonCode)}${detail}`;
      const { serverReference } = properties;
      throw new ConnectionError('PETREL_CONNECTION_ENDED', message, { reasonCode, serverReference }); // [MQTT-4.13.2-1]
    }
    case 'connack':
      throw new ProtocolError('the server sent a second CONNACK [MQTT-3.2.0-2]');
    case 'auth':
      reauthentication.onAuth(packet);
      return;
    case 'connect':
    case 'subscribe':
    case 'unsubscribe':
    case 'pingreq':
      throw new ProtocolError(`the server sent ${packet.type.toUpperCase()}, which only clients send`);
  }
}
