/** DISCONNECT (section 3.14): the last packet of either end; MQTT 3.x has it from clients only, without content. */
import type { ByteReader } from '../byte-reader.js';
import { type ByteWriter, variableByteIntegerSize } from '../byte-writer.js';
import { ProtocolError } from '../errors.js';
import { type DisconnectProperties, noProperties } from '../properties.js';
import { decodeProperties, propertiesSize, writeProperties } from '../property-codec.js';
import type { ProtocolVersion, Sender } from '../protocol-version.js';
import { assertReasonCode, decodeReasonCode } from './reason-code-field.js';

/** DISCONNECT. */
export interface DisconnectPacket {
  readonly type: 'disconnect';
  readonly reasonCode: number;
  readonly properties: DisconnectProperties;
}

/** Reads the body; MQTT 5 leaves out what is normal and empty. */
export function decodeDisconnect(
  reader: ByteReader,
  protocolVersion: ProtocolVersion,
  sender: Sender,
): DisconnectPacket {
  if (protocolVersion !== 5) {
    if (sender === 'server') throw new ProtocolError('DISCONNECT from a server does not exist on MQTT 3.x');
    return { type: 'disconnect', reasonCode: 0, properties: noProperties };
  }
  const code = reader.remaining === 0 ? 0 : decodeReasonCode(reader, 'disconnect', sender);
  const properties: DisconnectProperties =
    reader.remaining === 0 ? noProperties : decodeProperties(reader, 'disconnect');
  if (sender === 'server' && properties.sessionExpiryInterval !== undefined) {
    throw new ProtocolError('DISCONNECT from a server has a Session Expiry Interval [MQTT-3.14.2-2]');
  }
  return { type: 'disconnect', reasonCode: code, properties };
}

/** The bytes of the body. */
export function disconnectSize(
  { reasonCode, properties }: DisconnectPacket,
  protocolVersion: ProtocolVersion,
): number {
  if (protocolVersion !== 5) return 0;
  assertReasonCode('disconnect', reasonCode);
  const size = propertiesSize(properties, 'disconnect');
  if (size > 0) return 1 + variableByteIntegerSize(size) + size;
  return reasonCode === 0 ? 0 : 1;
}

/** Writes the body. */
export function writeDisconnect(
  writer: ByteWriter,
  packet: DisconnectPacket,
  protocolVersion: ProtocolVersion,
): void {
  if (protocolVersion !== 5) return;
  const size = propertiesSize(packet.properties, 'disconnect');
  if (size === 0 && packet.reasonCode === 0) return;
  writer.uint8(packet.reasonCode);
  if (size > 0) writeProperties(writer, packet.properties, 'disconnect', size);
}
