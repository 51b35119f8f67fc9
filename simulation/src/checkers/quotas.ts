/** Receive Maximum in both directions and the client's Maximum Packet Size are never exceeded [MQTT-3.3.4-7] [MQTT-3.3.4-9] [MQTT-3.1.2-24]. */
import type { LinkNumber, PacketEvent } from '../history.js';
import { serverReceiveMaximum } from '../run.js';
import type { Checker, RunRecord } from './checker.js';

/** Counts what is unacknowledged on every connection, as its sender sees it. */
export const quotas: Checker = {
  name: 'quotas',
  check(record) {
    const toClient = new Map<LinkNumber, Set<number>>();
    const toServer = new Map<LinkNumber, Set<number>>();
    return record.events.flatMap((event) => {
      switch (event.kind) {
        case 'leave':
          return [...tooLarge(record, event), ...tooMany(toClient, event, maximumOf(record, event))];
        case 'send':
          return tooMany(toServer, event, serverMaximumOf(record, event));
        case 'arrive':
          answered(toClient, event);
          return [];
        case 'receive':
          answered(toServer, event);
          return [];
        default:
          return [];
      }
    });
  },
};

function tooLarge({ book }: RunRecord, { link, client, packet, bytes }: PacketEvent): string[] {
  const maximum = book.connections.get(link)?.connect.properties.maximumPacketSize;
  if (maximum === undefined || bytes <= maximum) return [];
  return [`${client} got a ${packet.type} of ${bytes} bytes, its Maximum Packet Size is ${maximum}`];
}

function tooMany(
  open: Map<LinkNumber, Set<number>>,
  { link, client, packet }: PacketEvent,
  maximum: number,
): string[] {
  if (packet.type !== 'publish' || packet.qos === 0) return [];
  const unacknowledged = open.get(link) ?? new Set();
  open.set(link, unacknowledged.add(packet.packetIdentifier));
  if (unacknowledged.size <= maximum) return [];
  return [
    `${unacknowledged.size} messages were open on link ${link} of ${client}, at most ${maximum} are allowed`,
  ];
}

function answered(open: Map<LinkNumber, Set<number>>, { link, packet }: PacketEvent): void {
  const ends =
    packet.type === 'puback' ||
    packet.type === 'pubcomp' ||
    (packet.type === 'pubrec' && packet.reasonCode >= 0x80);
  if (ends) open.get(link)?.delete(packet.packetIdentifier);
}

function maximumOf({ book }: RunRecord, { link }: PacketEvent): number {
  return book.connections.get(link)?.connect.properties.receiveMaximum ?? 65_535;
}

function serverMaximumOf({ book }: RunRecord, { link }: PacketEvent): number {
  return book.connections.get(link)?.connect.protocolVersion === 5 ? serverReceiveMaximum : 65_535;
}
