/** The Reason Code byte of the packets that have one: read once, checked once. */
import type { ByteReader } from '../byte-reader.js';
import { ProtocolError } from '../errors.js';
import { type PacketType, packetTypeDefinition } from '../packet-type.js';
import type { Sender } from '../protocol-version.js';
import { describeReasonCode, isReasonCodeOf } from '../reason-code.js';

/** Reads a Reason Code and refuses one that the packet may not carry from this sender. */
export function decodeReasonCode(reader: ByteReader, type: PacketType, sender: Sender): number {
  const code = reader.uint8('Reason Code');
  if (!isReasonCodeOf(type, code, sender)) {
    // [MQTT-3.2.2-8] [MQTT-3.4.2-1] [MQTT-3.5.2-1] [MQTT-3.6.2-1] [MQTT-3.7.2-1] [MQTT-3.9.3-2] [MQTT-3.11.3-2] [MQTT-3.14.2-1] [MQTT-3.15.2-1]
    throw new ProtocolError(
      `${packetTypeDefinition(type).title} from a ${sender} cannot carry ${describeReasonCode(code)}`,
    );
  }
  return code;
}
