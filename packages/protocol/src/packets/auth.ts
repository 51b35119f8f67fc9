/** AUTH (section 3.15): enhanced authentication and re-authentication, MQTT 5 only. */
import type { ByteReader } from '../byte-reader.js';
import { type ByteWriter, variableByteIntegerSize } from '../byte-writer.js';
import { ProtocolError, UsageError } from '../errors.js';
import { type AuthProperties, noProperties } from '../properties.js';
import { decodeProperties, propertiesSize, writeProperties } from '../property-codec.js';
import { type ProtocolVersion, protocolVersionName, type Sender } from '../protocol-version.js';
import { assertReasonCode, decodeReasonCode } from './reason-code-field.js';

/** AUTH. */
export interface AuthPacket {
  readonly type: 'auth';
  readonly reasonCode: number;
  readonly properties: AuthProperties;
}

/** Reads the body; the short form that section 3.15.2.1 allows for success has no Authentication Method, and so is refused. */
export function decodeAuth(reader: ByteReader, sender: Sender): AuthPacket {
  const code = reader.remaining === 0 ? 0 : decodeReasonCode(reader, 'auth', sender);
  const properties: AuthProperties = reader.remaining === 0 ? noProperties : decodeProperties(reader, 'auth');
  if (properties.authenticationMethod === undefined) {
    throw new ProtocolError('AUTH has no Authentication Method [MQTT-4.12.0-5]');
  }
  return { type: 'auth', reasonCode: code, properties };
}

/** The bytes of the body; throws UsageError on MQTT 3.x, which has no AUTH, and without an Authentication Method. */
export function authSize({ reasonCode, properties }: AuthPacket, protocolVersion: ProtocolVersion): number {
  if (protocolVersion !== 5)
    throw new UsageError(`AUTH does not exist in MQTT ${protocolVersionName[protocolVersion]}`);
  assertReasonCode('auth', reasonCode);
  if (properties.authenticationMethod === undefined) {
    throw new UsageError('AUTH needs an Authentication Method [MQTT-4.12.0-5]');
  }
  const size = propertiesSize(properties, 'auth');
  return 1 + variableByteIntegerSize(size) + size;
}

/** Writes the body. */
export function writeAuth(writer: ByteWriter, packet: AuthPacket): void {
  writer.uint8(packet.reasonCode);
  writeProperties(writer, packet.properties, 'auth', propertiesSize(packet.properties, 'auth'));
}
