/** AUTH (section 3.15): enhanced authentication and re-authentication, MQTT 5 only. */
import type { ByteReader } from '../byte-reader.js';
import { type ByteWriter, variableByteIntegerSize } from '../byte-writer.js';
import { ProtocolError } from '../errors.js';
import { type AuthProperties, noProperties } from '../properties.js';
import { decodeProperties, propertiesSize, writeProperties } from '../property-codec.js';
import type { Sender } from '../protocol-version.js';
import { decodeReasonCode } from './reason-code-field.js';

/** AUTH. */
export interface AuthPacket {
  readonly type: 'auth';
  readonly reasonCode: number;
  readonly properties: AuthProperties;
}

/** Reads the body. */
export function decodeAuth(reader: ByteReader, sender: Sender): AuthPacket {
  const code = reader.remaining === 0 ? 0 : decodeReasonCode(reader, 'auth', sender);
  const properties: AuthProperties = reader.remaining === 0 ? noProperties : decodeProperties(reader, 'auth');
  if (properties.authenticationMethod === undefined) {
    throw new ProtocolError('AUTH has no Authentication Method [MQTT-4.12.0-5]');
  }
  return { type: 'auth', reasonCode: code, properties };
}

/** The bytes of the body. */
export function authSize({ reasonCode, properties }: AuthPacket): number {
  const size = propertiesSize(properties, 'auth');
  return size === 0 && reasonCode === 0 ? 0 : 1 + variableByteIntegerSize(size) + size;
}

/** Writes the body. */
export function writeAuth(writer: ByteWriter, packet: AuthPacket): void {
  const size = propertiesSize(packet.properties, 'auth');
  if (size === 0 && packet.reasonCode === 0) return;
  writer.uint8(packet.reasonCode);
  writeProperties(writer, packet.properties, 'auth', size);
}
