/** The fifteen packet types: code, required flag bits, and which end may send them. One truth for reading and writing. */
import type { Sender } from './protocol-version.js';

/** The name of a packet, as its `type` field carries it. */
export type PacketType =
  | 'connect'
  | 'connack'
  | 'publish'
  | 'puback'
  | 'pubrec'
  | 'pubrel'
  | 'pubcomp'
  | 'subscribe'
  | 'suback'
  | 'unsubscribe'
  | 'unsuback'
  | 'pingreq'
  | 'pingresp'
  | 'disconnect'
  | 'auth';

/** One row of the packet type table. */
export interface PacketTypeDefinition {
  readonly type: PacketType;
  /** As the standard writes it, for messages. */
  readonly title: string;
  /** Bits 7–4 of the first byte. */
  readonly code: number;
  /** Bits 3–0 of the first byte; undefined where they carry data (PUBLISH). */
  readonly flags: number | undefined;
  /** The statement that fixes the flags. */
  readonly flagsClause: string;
  /** The same statement of MQTT 3.1.1. */
  readonly flagsClause311: string;
  readonly sender: Sender | 'both';
  /** First protocol version that has the packet. */
  readonly since: 3 | 5;
}

const row = (
  code: number,
  type: PacketType,
  sender: PacketTypeDefinition['sender'],
  flags: number | undefined = 0,
  flagsClause?: string,
  since: 3 | 5 = 3,
): PacketTypeDefinition => ({
  type,
  title: type.toUpperCase(),
  code,
  flags,
  flagsClause: flagsClause ?? '[MQTT-2.1.3-1]',
  flagsClause311: flagsClause ?? '[MQTT-2.2.2-1]',
  sender,
  since,
});

/** The table, in the order of the codes (code 1 first). */
export const packetTypeTable: readonly PacketTypeDefinition[] = [
  row(1, 'connect', 'client'),
  row(2, 'connack', 'server'),
  row(3, 'publish', 'both', undefined),
  row(4, 'puback', 'both'),
  row(5, 'pubrec', 'both'),
  row(6, 'pubrel', 'both', 2, '[MQTT-3.6.1-1]'),
  row(7, 'pubcomp', 'both'),
  row(8, 'subscribe', 'client', 2, '[MQTT-3.8.1-1]'),
  row(9, 'suback', 'server'),
  row(10, 'unsubscribe', 'client', 2, '[MQTT-3.10.1-1]'),
  row(11, 'unsuback', 'server'),
  row(12, 'pingreq', 'client'),
  row(13, 'pingresp', 'server'),
  row(14, 'disconnect', 'both', 0, '[MQTT-3.14.1-1]'),
  row(15, 'auth', 'both', 0, '[MQTT-3.15.1-1]', 5),
];

/** Looks a row up by the code in the first byte of a packet; code 0 is reserved and has none. */
export const packetTypeByCode: readonly (PacketTypeDefinition | undefined)[] = [
  undefined,
  ...packetTypeTable,
];

const byType = new Map(packetTypeTable.map((definition) => [definition.type, definition]));

/** Looks a row up by its packet type. */
export function packetTypeDefinition(type: PacketType): PacketTypeDefinition {
  return byType.get(type) as PacketTypeDefinition;
}
