/** The one decision what a received packet is for; the parts of the session act. */
import { describePacket, describeReasonCode, type Packet, ProtocolError } from '@petrel/protocol';
import { ConnectionError } from './errors.js';
import type { Inbox } from './inbox.js';
import type { Outbox } from './outbox.js';
import type { SubscriptionRequests } from './subscription-requests.js';

/** Who acts on packets once the connection is accepted. */
export interface PacketReceivers {
  readonly inbox: Inbox;
  readonly outbox: Outbox;
  readonly requests: SubscriptionRequests;
}

/** Hands a packet to its receiver; throws what ends the connection. */
export function handlePacket({ inbox, outbox, requests }: PacketReceivers, packet: Packet): void {
  switch (packet.type) {
    case 'publish':
      inbox.onPublish(packet);
      return;
    case 'puback':
      outbox.onPuback(packet);
      return;
    case 'pubrec':
      outbox.onPubrec(packet);
      return;
    case 'pubrel':
      inbox.onPubrel(packet);
      return;
    case 'pubcomp':
      outbox.onPubcomp(packet);
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
      throw new ConnectionError('PETREL_CONNECTION_ENDED', message, { reasonCode }); // [MQTT-4.13.2-1]
    }
    case 'connack':
      throw new ProtocolError('the server sent a second CONNACK [MQTT-3.2.0-2]');
    case 'auth':
      throw new ProtocolError(
        'the server sent AUTH, the CONNECT named no Authentication Method [MQTT-4.12.0-7]',
      );
    case 'connect':
    case 'subscribe':
    case 'unsubscribe':
    case 'pingreq':
      throw new ProtocolError(`the server sent ${describePacket(packet)}, which only clients send`);
  }
}
