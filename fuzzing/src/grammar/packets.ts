/** Packets of either end as trees of fields, right by the standard but for a rare wrong word. */
import type { PropertyOwner, ProtocolVersion } from '@petrel/protocol';
import type { SeededRandom } from '@petrel/testing';
import { type Field, number, type PacketTree, packet, raw, string } from './field.js';
import { someProperties } from './properties.js';
import { clientIdentifier, packetIdentifier, payload, text, topicFilter, topicName } from './vocabulary.js';

/** Makes a packet of a version. */
export type PacketMaker = (random: SeededRandom, version: ProtocolVersion) => PacketTree;

function properties(random: SeededRandom, version: ProtocolVersion, owner: PropertyOwner): Field[] {
  return version === 5 ? [someProperties(random, owner)] : [];
}

/** CONNECT, with any combination of Will, User Name and Password. */
export const connect: PacketMaker = (random, version) => {
  const will = random.chance(0.4);
  const userName = random.chance(0.2);
  const password = userName && random.chance(0.5);
  const flags =
    (random.chance(0.5) ? 0x02 : 0) |
    (will ? 0x04 | (random.integer(0, 2) << 3) | (random.chance(0.3) ? 0x20 : 0) : 0) |
    (password ? 0x40 : 0) |
    (userName ? 0x80 : 0);
  return packet(
    0x10,
    string(version === 3 ? 'MQIsdp' : 'MQTT'),
    number('uint8', version),
    number('uint8', flags),
    number('uint16', random.pick([0, 0, 1, 10, 60, 65_535])),
    ...properties(random, version, 'connect'),
    string(clientIdentifier(random)),
    ...(will
      ? [
          ...properties(random, version, 'will'),
          string(topicName(random)),
          string(payload(random).subarray(0, 2_000)),
        ]
      : []),
    ...(userName ? [string(text(random))] : []),
    ...(password ? [string(text(random))] : []),
  );
};

const connack: PacketMaker = (random, version) => {
  const refused = version === 5 ? [0x80, 0x84, 0x87, 0x88, 0x97, 0x9c, 0x9d] : [1, 2, 3, 5];
  return packet(
    0x20,
    number('uint8', random.chance(0.3) ? 1 : 0),
    number('uint8', random.chance(0.9) ? 0 : random.pick(refused)),
    ...properties(random, version, 'connack'),
  );
};

const publish: PacketMaker = (random, version) => {
  const qos = random.integer(0, 2);
  const flags = (qos > 0 && random.chance(0.2) ? 8 : 0) | (qos << 1) | (random.chance(0.3) ? 1 : 0);
  return packet(
    0x30 | flags,
    string(version === 5 && random.chance(0.05) ? '' : topicName(random)),
    ...(qos > 0 ? [number('uint16', packetIdentifier(random))] : []),
    ...properties(random, version, 'publish'),
    raw(payload(random)),
  );
};

function acknowledgement(owner: 'puback' | 'pubrec' | 'pubrel' | 'pubcomp', firstByte: number): PacketMaker {
  return (random, version) => {
    const codes = owner === 'pubrel' || owner === 'pubcomp' ? [0, 0x92] : [0, 0, 0x10, 0x80, 0x97];
    const isLong = version === 5 && random.chance(0.4);
    return packet(
      firstByte,
      number('uint16', packetIdentifier(random)),
      ...(isLong ? [number('uint8', random.pick(codes)), ...properties(random, version, owner)] : []),
    );
  };
}

const subscribe: PacketMaker = (random, version) =>
  packet(
    0x82,
    number('uint16', packetIdentifier(random)),
    ...properties(random, version, 'subscribe'),
    ...Array.from({ length: random.integer(1, 4) }, () => [
      string(topicFilter(random)),
      number('uint8', random.integer(0, 2) | (version === 5 ? random.pick([0, 0, 4, 8, 16, 32]) : 0)),
    ]).flat(),
  );

const unsubscribe: PacketMaker = (random, version) =>
  packet(
    0xa2,
    number('uint16', packetIdentifier(random)),
    ...properties(random, version, 'unsubscribe'),
    ...Array.from({ length: random.integer(1, 3) }, () => string(topicFilter(random))),
  );

const suback: PacketMaker = (random, version) =>
  packet(
    0x90,
    number('uint16', packetIdentifier(random)),
    ...properties(random, version, 'suback'),
    ...Array.from({ length: random.chance(0.8) ? 1 : random.integer(0, 3) }, () =>
      number('uint8', random.pick([0, 1, 2, 0x80])),
    ),
  );

const unsuback: PacketMaker = (random, version) =>
  packet(
    0xb0,
    number('uint16', packetIdentifier(random)),
    ...properties(random, version, 'unsuback'),
    ...(version === 5 ? [number('uint8', random.pick([0, 0x11, 0x80]))] : []),
  );

const pingreq: PacketMaker = () => packet(0xc0);
const pingresp: PacketMaker = () => packet(0xd0);

const disconnect: PacketMaker = (random, version) =>
  version < 5 || random.chance(0.3)
    ? packet(0xe0)
    : packet(
        0xe0,
        number('uint8', random.pick([0, 0x04, 0x80, 0x81, 0x8b, 0x8e, 0x98])),
        ...properties(random, version, 'disconnect'),
      );

const auth: PacketMaker = (random) =>
  random.chance(0.3)
    ? packet(0xf0)
    : packet(0xf0, number('uint8', random.pick([0, 0x18, 0x19])), someProperties(random, 'auth'));

const bothEnds = [
  publish,
  publish,
  publish,
  publish,
  acknowledgement('puback', 0x40),
  acknowledgement('pubrec', 0x50),
  acknowledgement('pubrel', 0x62),
  acknowledgement('pubcomp', 0x70),
];

/** What a client says once it is connected, in the proportions of use; DISCONNECT seldom. */
export const clientPackets: readonly PacketMaker[] = [
  ...bothEnds,
  ...[subscribe, subscribe, subscribe, unsubscribe, pingreq],
  (random, version) => (random.chance(0.4) ? disconnect : pingreq)(random, version),
  (random, version) => (random.chance(0.2) ? auth : publish)(random, version),
];

/** What a server says once it has accepted. */
export const serverPackets: readonly PacketMaker[] = [
  ...bothEnds,
  ...[suback, suback, suback, unsuback, pingresp],
  (random, version) => (random.chance(0.2) && version === 5 ? disconnect : suback)(random, version),
  (random, version) => (random.chance(0.2) ? auth : publish)(random, version),
];

/** CONNACK of a server. */
export const firstServerPacket = connack;

/** Any packet of any end. */
export const allPackets: readonly PacketMaker[] = [
  connect,
  connack,
  disconnect,
  ...clientPackets,
  ...serverPackets,
];
