/** A Packet Identifier means one thing at a time, and a repeated PUBLISH says that it is one [MQTT-2.2.1-3] [MQTT-2.2.1-4] [MQTT-3.3.1-1]. */
import type { PacketEvent } from '../history.js';
import { type Checker, nameOf, type RunRecord } from './checker.js';

interface Use {
  /** The message; of a request its type. */
  readonly what: string;
  readonly qos: number;
  readonly bytes: number;
  isReceived: boolean;
}

/** Follows the identifiers of both directions through every session. */
export const identifiers: Checker = {
  name: 'identifiers',
  check(record) {
    const wrong: string[] = [];
    const used = new Map<string, Map<number, Use>>();
    const usesOf = (event: PacketEvent, direction: string): Map<number, Use> => {
      const key = `${direction} ${ownerOf(record, event, direction)}`;
      const uses = used.get(key) ?? new Map<number, Use>();
      used.set(key, uses);
      return uses;
    };
    for (const [position, event] of record.events.entries()) {
      if (event.kind === 'leave') wrong.push(...use(usesOf(event, 'out'), event));
      if (event.kind === 'send') wrong.push(...use(usesOf(event, 'in'), event));
      if (event.kind === 'arrive' && !record.book.ignored.has(position)) release(usesOf(event, 'out'), event);
      if (event.kind === 'receive') {
        const { packet } = event;
        if (packet.type === 'connack' && !packet.sessionPresent) usesOf(event, 'in').clear();
        else release(usesOf(event, 'in'), event);
      }
    }
    return wrong;
  },
};

/** Broker to client: the session. Client to broker: the client, which has one session at a time in its own eyes. */
function ownerOf({ book }: RunRecord, { link, client }: PacketEvent, direction: string): string {
  const session = book.connections.get(link)?.session;
  return direction === 'in' || session === undefined ? client : `${client} ${session.from}`;
}

function use(uses: Map<number, Use>, { packet, client, bytes }: PacketEvent): string[] {
  if (packet.type === 'connect') {
    // A request that was not answered dies with its connection.
    for (const [identifier, { what }] of uses) if (what === 'request') uses.delete(identifier);
    return [];
  }
  const isRequest = packet.type === 'subscribe' || packet.type === 'unsubscribe';
  if (!isRequest && (packet.type !== 'publish' || packet.qos === 0)) return [];
  const { packetIdentifier } = packet;
  const what = packet.type === 'publish' ? `message ${nameOf(packet)}` : 'request';
  const qos = packet.type === 'publish' ? packet.qos : 0;
  const former = uses.get(packetIdentifier);
  uses.set(packetIdentifier, former?.what === what ? former : { what, qos, bytes, isReceived: false });
  if (former === undefined) return [];
  const where = `on the way between ${client} and the broker`;
  if (former.what !== what) return [`${packetIdentifier} meant ${former.what} and then ${what}, ${where}`];
  if (former.isReceived) return [`${what} was sent again after PUBREC, ${where}`]; // [MQTT-4.3.3-6]
  if (packet.type === 'publish' && !packet.dup) return [`${what} was repeated without DUP, ${where}`];
  return [];
}

function release(uses: Map<number, Use>, { packet }: PacketEvent): void {
  switch (packet.type) {
    case 'connect': {
      // What this connection cannot take counts as sent [MQTT-3.1.2-25]; of QoS 1 the client remembers nothing.
      const { maximumPacketSize = Number.POSITIVE_INFINITY } = packet.properties;
      for (const [identifier, { qos, bytes }] of uses) {
        if (qos === 1 && bytes > maximumPacketSize) uses.delete(identifier);
      }
      return;
    }
    case 'pubrec': {
      const known = uses.get(packet.packetIdentifier);
      if (packet.reasonCode >= 0x80) uses.delete(packet.packetIdentifier);
      else if (known !== undefined) known.isReceived = true;
      return;
    }
    case 'puback':
    case 'pubcomp':
    case 'suback':
    case 'unsuback':
      uses.delete(packet.packetIdentifier);
      return;
    default:
  }
}
