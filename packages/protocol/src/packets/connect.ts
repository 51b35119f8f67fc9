/** CONNECT (section 3.1): the client's first packet. The only one that knows protocol names and the Will. */
import type { ByteReader } from '../byte-reader.js';
import { type ByteWriter, utf8FieldSize, variableByteIntegerSize } from '../byte-writer.js';
import {
  MalformedPacketError,
  ProtocolError,
  UnsupportedProtocolVersionError,
  UsageError,
} from '../errors.js';
import { type ConnectProperties, noProperties, type WillProperties } from '../properties.js';
import { decodeProperties, propertiesSize, writeProperties } from '../property-codec.js';
import { clauseOf, type ProtocolVersion, type QoS } from '../protocol-version.js';
import { assertTopicName } from '../topic-name.js';
import { quote } from '../utf8.js';
import { assertPublishableProperties } from './publish.js';

/** The message a server publishes when the connection ends without a normal DISCONNECT. */
export interface Will {
  readonly topicName: string;
  readonly payload: Uint8Array;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly properties: WillProperties;
}

/** CONNECT. `keepAlive` in seconds, 0 = none; `cleanStart` is Clean Session on MQTT 3.x. */
export interface ConnectPacket {
  readonly type: 'connect';
  readonly protocolVersion: ProtocolVersion;
  readonly clientIdentifier: string;
  readonly cleanStart: boolean;
  readonly keepAlive: number;
  readonly will?: Will | undefined;
  readonly userName?: string | undefined;
  readonly password?: Uint8Array | undefined;
  readonly properties: ConnectProperties;
}

const flag = {
  userName: 0x80,
  password: 0x40,
  willRetain: 0x20,
  willQoS: 0x18,
  will: 0x04,
  cleanStart: 0x02,
  reserved: 0x01,
};

/** Reads the body; the version it finds decides how the rest is read. */
export function decodeConnect(reader: ByteReader): ConnectPacket {
  const protocolVersion = decodeProtocolVersion(reader);
  const flags = reader.uint8('Connect Flags');
  if (protocolVersion !== 3) assertUnusedFlags(flags, protocolVersion);
  assertUsedFlags(flags, protocolVersion);
  const keepAlive = reader.uint16('Keep Alive');
  const properties =
    protocolVersion === 5
      ? decodeProperties<ConnectProperties>(reader, 'connect')
      : (noProperties as ConnectProperties);
  if (properties.authenticationData !== undefined && properties.authenticationMethod === undefined) {
    throw new ProtocolError(
      'CONNECT has Authentication Data without an Authentication Method (MQTT 5.0 section 3.1.2.11.10)',
    );
  }
  // The order is fixed: Client Identifier, Will, User Name, Password [MQTT-3.1.3-1].
  const clientIdentifier = reader.utf8('Client Identifier'); // [MQTT-3.1.3-3] [MQTT-3.1.3-4]
  const will = flags & flag.will ? decodeWill(reader, flags, protocolVersion) : undefined;
  const hasUserName = (flags & flag.userName) !== 0 && !isCutShort(reader, protocolVersion);
  const userName = hasUserName ? reader.utf8('User Name') : undefined; // [MQTT-3.1.2-17] [MQTT-3.1.3-12]
  const hasPassword = (flags & flag.password) !== 0 && !isCutShort(reader, protocolVersion);
  const password = hasPassword ? reader.binary('Password') : undefined; // [MQTT-3.1.2-19]
  return {
    type: 'connect',
    protocolVersion,
    clientIdentifier,
    cleanStart: (flags & flag.cleanStart) !== 0,
    keepAlive,
    will,
    userName,
    password,
    properties,
  };
}

function decodeProtocolVersion(reader: ByteReader): ProtocolVersion {
  const name = reader.utf8('Protocol Name');
  const level = reader.uint8('Protocol Version');
  if (name === 'MQTT') {
    if (level === 4 || level === 5) return level;
    throw new UnsupportedProtocolVersionError(
      `MQTT protocol level ${level} is not supported [MQTT-3.1.2-2]`,
      level,
    );
  }
  if (name === 'MQIsdp') {
    if (level === 3) return level;
    throw new UnsupportedProtocolVersionError(
      `MQIsdp protocol level ${level} is not supported [MQTT-3.1.2-2]`,
      level,
    );
  }
  throw new UnsupportedProtocolVersionError(
    `Protocol Name ${quote(name)} is not MQTT [MQTT-3.1.2-1]`,
    undefined,
  );
}

/** Holds the flags without a meaning to 0; MQTT 3.1 disregards them instead. */
function assertUnusedFlags(flags: number, protocolVersion: ProtocolVersion): void {
  if (flags & flag.reserved)
    throw new MalformedPacketError('CONNECT has its reserved flag set [MQTT-3.1.2-3]');
  if (flags & flag.will) return;
  if (flags & flag.willQoS) {
    const clause = clauseOf(protocolVersion, '[MQTT-3.1.2-11]', '[MQTT-3.1.2-13]');
    throw new MalformedPacketError(`CONNECT has a Will QoS without a Will ${clause}`);
  }
  if (flags & flag.willRetain) {
    const clause = clauseOf(protocolVersion, '[MQTT-3.1.2-13]', '[MQTT-3.1.2-15]');
    throw new MalformedPacketError(`CONNECT has Will Retain without a Will ${clause}`);
  }
}

function assertUsedFlags(flags: number, protocolVersion: ProtocolVersion): void {
  if (flags & flag.will && (flags & flag.willQoS) === flag.willQoS) {
    const clause = clauseOf(protocolVersion, '[MQTT-3.1.2-12]', '[MQTT-3.1.2-14]');
    throw new MalformedPacketError(`CONNECT has Will QoS 3 ${clause}`);
  }
  if (protocolVersion !== 5 && flags & flag.password && !(flags & flag.userName)) {
    throw new MalformedPacketError('CONNECT has a Password without a User Name [MQTT-3.1.2-22]');
  }
}

/** MQTT 3.1 lets the Remaining Length outrank the flags: a User Name or Password may be announced and missing. */
function isCutShort(reader: ByteReader, protocolVersion: ProtocolVersion): boolean {
  return protocolVersion === 3 && reader.remaining === 0;
}

function decodeWill(reader: ByteReader, flags: number, protocolVersion: ProtocolVersion): Will {
  const properties =
    protocolVersion === 5
      ? decodeProperties<WillProperties>(reader, 'will')
      : (noProperties as WillProperties);
  assertPublishableProperties(properties, 'Will');
  const topicName = reader.utf8('Will Topic'); // [MQTT-3.1.3-11]
  assertTopicName(topicName, 'Will Topic');
  const payload = reader.binary('Will Payload'); // [MQTT-3.1.2-9]
  return {
    topicName,
    payload,
    qos: ((flags & flag.willQoS) >> 3) as QoS,
    retain: (flags & flag.willRetain) !== 0,
    properties,
  };
}

/** The bytes of the body; throws UsageError or TopicError on what no CONNECT may say. */
export function connectSize(packet: ConnectPacket): number {
  const { will, userName, password, properties, protocolVersion, keepAlive } = packet;
  if (protocolVersion !== 5 && password !== undefined && userName === undefined) {
    throw new UsageError('MQTT 3.x has no Password without a User Name [MQTT-3.1.2-22]');
  }
  if (!Number.isInteger(keepAlive) || keepAlive < 0 || keepAlive > 0xffff)
    throw new UsageError(`Keep Alive must be an integer 0–65535 (seconds), got ${keepAlive}`);
  if (properties.authenticationData !== undefined && properties.authenticationMethod === undefined) {
    throw new UsageError('Authentication Data needs an Authentication Method');
  }
  let size = (protocolVersion === 3 ? 8 : 6) + 1 + 1 + 2 + utf8FieldSize(packet.clientIdentifier);
  if (protocolVersion === 5) size += sizeWithLength(propertiesSize(properties, 'connect'));
  if (will !== undefined) size += willSize(will, protocolVersion);
  if (userName !== undefined) size += utf8FieldSize(userName);
  if (password !== undefined) size += binarySize(password, 'Password');
  return size;
}

function willSize({ topicName, payload, qos, properties }: Will, protocolVersion: ProtocolVersion): number {
  assertTopicName(topicName, 'Will Topic');
  if (qos !== 0 && qos !== 1 && qos !== 2)
    throw new UsageError(`Will QoS must be 0, 1 or 2, got ${String(qos)} [MQTT-3.1.2-12]`);
  const size = utf8FieldSize(topicName) + binarySize(payload, 'Will Payload');
  if (protocolVersion !== 5) return size;
  if (properties.responseTopic !== undefined)
    assertTopicName(properties.responseTopic, 'Will Response Topic');
  return size + sizeWithLength(propertiesSize(properties, 'will'));
}

function binarySize(value: Uint8Array, field: string): number {
  if (value.length > 0xffff) throw new UsageError(`${field} takes ${value.length} bytes, at most 65535 fit`);
  return 2 + value.length;
}

function sizeWithLength(size: number): number {
  return variableByteIntegerSize(size) + size;
}

/** Writes the body. */
export function writeConnect(writer: ByteWriter, packet: ConnectPacket): void {
  const { protocolVersion, will, userName, password, properties } = packet;
  writer.utf8(protocolVersion === 3 ? 'MQIsdp' : 'MQTT'); // [MQTT-3.1.2-1]
  writer.uint8(protocolVersion);
  writer.uint8(
    (packet.cleanStart ? flag.cleanStart : 0) |
      (will === undefined ? 0 : flag.will | (will.qos << 3) | (will.retain ? flag.willRetain : 0)) |
      (userName === undefined ? 0 : flag.userName) |
      (password === undefined ? 0 : flag.password),
  );
  writer.uint16(packet.keepAlive);
  if (protocolVersion === 5)
    writeProperties(writer, properties, 'connect', propertiesSize(properties, 'connect'));
  writer.utf8(packet.clientIdentifier);
  if (will !== undefined) {
    if (protocolVersion === 5)
      writeProperties(writer, will.properties, 'will', propertiesSize(will.properties, 'will'));
    writer.utf8(will.topicName);
    writer.binary(will.payload);
  }
  if (userName !== undefined) writer.utf8(userName);
  if (password !== undefined) writer.binary(password);
}
