/** One line about a packet, for logs and error messages. Never a payload, a password or authentication data. */
import type { Packet } from './packet.js';
import { packetTypeDefinition } from './packet-type.js';
import { protocolVersionName } from './protocol-version.js';
import { describeReasonCode } from './reason-code.js';
import { quote } from './utf8.js';

/** Describes a packet on one line, at most a few hundred characters: `PUBLISH "a/b" QoS 1 id 7 dup, 5 bytes`. */
export function describePacket(packet: Packet): string {
  return `${packetTypeDefinition(packet.type).title}${details(packet)}`;
}

function details(packet: Packet): string {
  switch (packet.type) {
    case 'connect': {
      const will =
        packet.will === undefined ? '' : `, will ${quote(packet.will.topicName)} QoS ${packet.will.qos}`;
      const user = packet.userName === undefined ? '' : `, user ${quote(packet.userName)}`;
      const start = packet.cleanStart ? 'clean start' : 'resume';
      return ` MQTT ${protocolVersionName[packet.protocolVersion]} ${quote(packet.clientIdentifier)} ${start}, keep alive ${packet.keepAlive} s${user}${will}`;
    }
    case 'connack':
      return ` ${describeReasonCode(packet.reasonCode)}${packet.sessionPresent ? ', session present' : ''}`;
    case 'publish': {
      const alias =
        packet.properties.topicAlias === undefined ? '' : ` alias ${packet.properties.topicAlias}`;
      const identifier = packet.qos === 0 ? '' : ` id ${packet.packetIdentifier}`;
      const marks = `${packet.dup ? ' dup' : ''}${packet.retain ? ' retain' : ''}`;
      return ` ${quote(packet.topicName)}${alias} QoS ${packet.qos}${identifier}${marks}, ${packet.payload.length} bytes`;
    }
    case 'puback':
    case 'pubrec':
    case 'pubrel':
    case 'pubcomp':
      return ` id ${packet.packetIdentifier} ${describeReasonCode(packet.reasonCode)}`;
    case 'subscribe':
      return ` id ${packet.packetIdentifier} ${list(packet.subscriptions.map((each) => `${quote(each.topicFilter)} QoS ${each.qos}`))}`;
    case 'unsubscribe':
      return ` id ${packet.packetIdentifier} ${list(packet.topicFilters.map(quote))}`;
    case 'suback':
    case 'unsuback': {
      const codes =
        packet.reasonCodes.length === 0 ? '' : ` ${list(packet.reasonCodes.map(describeReasonCode))}`;
      return ` id ${packet.packetIdentifier}${codes}`;
    }
    case 'disconnect':
    case 'auth':
      return ` ${describeReasonCode(packet.reasonCode)}`;
    case 'pingreq':
    case 'pingresp':
      return '';
  }
}

function list(items: readonly string[]): string {
  const shown = items.slice(0, 3).join(', ');
  return items.length > 3 ? `${shown} and ${items.length - 3} more` : shown;
}
