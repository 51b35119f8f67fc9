/** CONNACK (section 3.2): the server's answer to CONNECT. The only packet that carries a 3.x return code. */
import type { ByteReader } from '../byte-reader.js';
import { type ByteWriter, variableByteIntegerSize } from '../byte-writer.js';
import { MalformedPacketError, ProtocolError, UsageError } from '../errors.js';
import { type ConnackProperties, noProperties } from '../properties.js';
import { decodeProperties, propertiesSize, writeProperties } from '../property-codec.js';
import { clauseOf, type ProtocolVersion } from '../protocol-version.js';
import { describeReasonCode, fromConnectReturnCode, toConnectReturnCode } from '../reason-code.js';
import { assertReasonCode, decodeReasonCode } from './reason-code-field.js';

/** CONNACK. `reasonCode` is the MQTT 5 code on every version. */
export interface ConnackPacket {
  readonly type: 'connack';
  readonly sessionPresent: boolean;
  readonly reasonCode: number;
  readonly properties: ConnackProperties;
}

/** Reads the body. */
export function decodeConnack(reader: ByteReader, protocolVersion: ProtocolVersion): ConnackPacket {
  const flags = reader.uint8('Connect Acknowledge Flags');
  // MQTT 3.1 leaves the byte unused and says nothing of its value.
  if (flags > 1 && protocolVersion !== 3) {
    const clause = clauseOf(protocolVersion, '[MQTT-3.2.2-1]', '(MQTT 3.1.1 section 3.2.2.1)');
    throw new MalformedPacketError(
      `CONNACK has reserved acknowledge flags 0x${flags.toString(16)} ${clause}`,
    );
  }
  const sessionPresent = protocolVersion !== 3 && flags === 1;
  const reasonCode =
    protocolVersion === 5 ? decodeReasonCode(reader, 'connack', 'server') : decodeReturnCode(reader);
  if (sessionPresent && reasonCode !== 0) {
    const clause = clauseOf(protocolVersion, '[MQTT-3.2.2-6]', '[MQTT-3.2.2-4]');
    throw new ProtocolError(`CONNACK ${describeReasonCode(reasonCode)} has Session Present ${clause}`);
  }
  const properties: ConnackProperties =
    protocolVersion === 5 ? decodeProperties(reader, 'connack') : noProperties;
  return { type: 'connack', sessionPresent, reasonCode, properties };
}

function decodeReturnCode(reader: ByteReader): number {
  const returnCode = reader.uint8('Connect Return Code');
  const code = fromConnectReturnCode(returnCode);
  if (code === undefined)
    throw new MalformedPacketError(
      `CONNACK has the reserved return code ${returnCode} (MQTT 3.1.1 section 3.2.2.3)`,
    );
  return code;
}

/** The bytes of the body; throws UsageError where MQTT 3.x has no return code for the Reason Code (MQTT 3.1.1 [MQTT-3.2.2-6]). */
export function connackSize(packet: ConnackPacket, protocolVersion: ProtocolVersion): number {
  const { reasonCode, sessionPresent, properties } = packet;
  if (sessionPresent && reasonCode !== 0) {
    throw new UsageError(
      `CONNACK ${describeReasonCode(reasonCode)} cannot have Session Present [MQTT-3.2.2-6]`,
    );
  }
  if (protocolVersion !== 5) {
    if (toConnectReturnCode(reasonCode) === undefined) {
      throw new UsageError(
        `MQTT 3.x has no CONNACK return code for ${describeReasonCode(reasonCode)} [MQTT-3.2.2-6]`,
      );
    }
    return 2;
  }
  assertReasonCode('connack', reasonCode);
  const size = propertiesSize(properties, 'connack');
  return 2 + variableByteIntegerSize(size) + size;
}

/** Writes the body. */
export function writeConnack(
  writer: ByteWriter,
  packet: ConnackPacket,
  protocolVersion: ProtocolVersion,
): void {
  writer.uint8(packet.sessionPresent && protocolVersion !== 3 ? 1 : 0);
  if (protocolVersion === 5) {
    writer.uint8(packet.reasonCode);
    writeProperties(writer, packet.properties, 'connack', propertiesSize(packet.properties, 'connack'));
    return;
  }
  writer.uint8(toConnectReturnCode(packet.reasonCode) as number);
}
