/** What one peer sends over the life of one connection: a first packet or none, more packets, mistakes in any of them and in their order. */
import type { ProtocolVersion } from '@petrel/protocol';
import type { SeededRandom } from '@petrel/testing';
import { encodeTree } from './field.js';
import { joined, mutateBytes } from './mutate-bytes.js';
import { mutatePacket } from './mutate-packet.js';
import { allPackets, type PacketMaker } from './packets.js';

/** The packets of one end. */
export interface Dialect {
  /** Opens a conversation. */
  readonly first: PacketMaker;
  readonly later: readonly PacketMaker[];
}

/** How much is wrong. */
interface Malice {
  readonly field: number;
  readonly byte: number;
  readonly foreign: number;
  readonly order: number;
}

const malices: readonly Malice[] = [
  { field: 0, byte: 0, foreign: 0, order: 0 },
  { field: 0, byte: 0, foreign: 0, order: 0.5 },
  { field: 0.08, byte: 0, foreign: 0, order: 0.1 },
  { field: 0.08, byte: 0.02, foreign: 0.05, order: 0.1 },
  { field: 0.5, byte: 0.1, foreign: 0.1, order: 0.3 },
];

/** The bytes of one connection, one element for each packet or what became of it. */
export function someSequence(random: SeededRandom, { first, later }: Dialect): Uint8Array[] {
  const version = random.pick<ProtocolVersion>([5, 5, 5, 4, 3]);
  if (random.chance(0.04)) return [random.bytes(random.integer(1, 200))];
  const malice = random.pick(malices);
  const makers: PacketMaker[] = random.chance(0.95) ? [first] : [];
  for (let count = random.integer(0, 14); count > 0; count--) {
    makers.push(random.pick(random.chance(malice.foreign) ? allPackets : later));
  }
  const pieces = makers.map((make, index) => {
    const isFirst = index === 0 && make === first;
    // Most connections have to get past their first packet, or nothing behind it is ever looked at.
    const gentle = isFirst && random.chance(0.8);
    return onePiece(random, make, version, gentle ? { ...malice, field: 0, byte: 0 } : malice);
  });
  return random.chance(malice.order) ? reordered(random, pieces) : pieces;
}

function onePiece(
  random: SeededRandom,
  make: PacketMaker,
  version: ProtocolVersion,
  malice: Malice,
): Uint8Array {
  const spoken = random.chance(malice.foreign / 2) ? random.pick<ProtocolVersion>([3, 4, 5]) : version;
  const tree = make(random, spoken);
  while (random.chance(malice.field)) mutatePacket(random, tree);
  let bytes = encodeTree(tree);
  while (random.chance(malice.byte)) bytes = mutateBytes(random, bytes);
  return bytes;
}

function reordered(random: SeededRandom, pieces: readonly Uint8Array[]): Uint8Array[] {
  const chosen = pieces[random.integer(0, Math.max(0, pieces.length - 1))];
  const at = random.integer(0, pieces.length);
  if (chosen === undefined) return [];
  return random.pick([
    () => pieces.toSpliced(at, 0, chosen),
    () => pieces.toSpliced(at, 0, ...Array.from({ length: random.pick([2, 20, 100]) }, () => chosen)),
    () => [...pieces, ...pieces],
    () => [...pieces.slice(0, 1), ...random.shuffle(pieces.slice(1))],
    () => random.shuffle(pieces),
    () => pieces.slice(0, at),
    () => [joined(...pieces)],
  ])();
}
