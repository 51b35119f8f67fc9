/** A server that keeps all rules: answers whatever a client asks, so that everything that waits in the client comes to its end. */
import {
  type ConnackProperties,
  type ConnectPacket,
  encodePacket,
  noProperties,
  type Packet,
  type ProtocolVersion,
} from '@petrel/protocol';
import type { ServerSide } from './server-side.js';

/** Answers one packet of a client. */
export function answerHonestly(server: ServerSide, packet: Packet): void {
  const version = server.version ?? 5;
  const answer = answerTo(packet, version);
  if (answer !== undefined) server.send(encodePacket(answer, version));
}

function answerTo(packet: Packet, version: ProtocolVersion): Packet | undefined {
  switch (packet.type) {
    case 'connect':
      return {
        type: 'connack',
        sessionPresent: false,
        reasonCode: 0,
        properties: version === 5 ? acceptance(packet) : noProperties,
      };
    case 'subscribe': {
      const reasonCodes = packet.subscriptions.map(({ qos }) => qos);
      return {
        type: 'suback',
        packetIdentifier: packet.packetIdentifier,
        reasonCodes,
        properties: noProperties,
      };
    }
    case 'unsubscribe': {
      const reasonCodes = version === 5 ? packet.topicFilters.map(() => 0) : [];
      return {
        type: 'unsuback',
        packetIdentifier: packet.packetIdentifier,
        reasonCodes,
        properties: noProperties,
      };
    }
    case 'publish':
      return packet.qos === 0 ? undefined : acknowledge(packet.qos === 1 ? 'puback' : 'pubrec', packet);
    case 'pubrec':
      return packet.reasonCode < 0x80 ? acknowledge('pubrel', packet) : undefined;
    case 'pubrel':
      return acknowledge('pubcomp', packet);
    case 'auth':
      return { type: 'auth', reasonCode: 0, properties: packet.properties };
    case 'pingreq':
      return { type: 'pingresp' };
    default:
      return undefined;
  }
}

function acceptance({ clientIdentifier, properties }: ConnectPacket): ConnackProperties {
  const { authenticationMethod } = properties;
  return {
    ...(clientIdentifier === '' && { assignedClientIdentifier: 'assigned' }),
    ...(authenticationMethod !== undefined && { authenticationMethod }),
  };
}

function acknowledge(
  type: 'puback' | 'pubrec' | 'pubrel' | 'pubcomp',
  { packetIdentifier }: { readonly packetIdentifier: number },
): Packet {
  return { type, packetIdentifier, reasonCode: 0, properties: noProperties };
}
