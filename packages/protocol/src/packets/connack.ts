/** CONNACK (section 3.2): the server's answer to CONNECT. The only packet that carries a 3.x return code. */
import type { ByteReader } from '../byte-reader.js';
import { type ByteWriter, variableByteIntegerSize } from '../byte-writer.js';
import { MalformedPacketError, UsageError } from '../errors.js';
import { type ConnackProperties, noProperties } from '../properties.js';
import { decodeProperties, propertiesSize, writeProperties } from '../property-codec.js';
import type { ProtocolVersion } from '../protocol-version.js';
import { fromConnectReturnCode, toConnectReturnCode } from '../reason-code.js';
import { decodeReasonCode } from './reason-code-field.js';

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
    throw new MalformedPacketError(
      `CONNACK has reserved acknowledge flags 0x${flags.toString(16)} [MQTT-3.2.2-1]`,
    );
  }
  const sessionPresent = protocolVersion !== 3 && flags === 1;
  if (protocolVersion === 5) {
    const code = decodeReasonCode(reader, 'connack', 'server');
    return {
      type: 'connack',
      sessionPresent,
      reasonCode: code,
      properties: decodeProperties(reader, 'connack'),
    };
  }
  const returnCode = reader.uint8('Connect Return Code');
  const code = fromConnectReturnCode(returnCode);
  if (code === undefined)
    throw new MalformedPacketError(`CONNACK has the reserved return code ${returnCode}`);
  return { type: 'connack', sessionPresent, reasonCode: code, properties: noProperties };
}

/** The bytes of the body. */
export function connackSize({ properties }: ConnackPacket, protocolVersion: ProtocolVersion): number {
  if (protocolVersion !== 5) return 2;
  const size = propertiesSize(properties, 'connack');
  return 2 + variableByteIntegerSize(size) + size;
}

/** Writes the body; throws UsageError where MQTT 3.x has no return code for the Reason Code [MQTT-3.2.2-6]. */
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
  const returnCode = toConnectReturnCode(packet.reasonCode);
  if (returnCode === undefined) {
    throw new UsageError(
      `MQTT 3.x has no CONNACK return code for reason 0x${packet.reasonCode.toString(16)}`,
    );
  }
  writer.uint8(returnCode);
}
