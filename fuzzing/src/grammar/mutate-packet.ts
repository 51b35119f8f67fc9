/** One mistake in one field of a packet, of the kinds that parsers have fallen for. */
import { propertyTable } from '@petrel/protocol';
import type { SeededRandom } from '@petrel/testing';
import { type Field, number, type PacketTree, type PropertiesField, raw, string } from './field.js';
import { someProperty } from './properties.js';
import { badString, edge } from './vocabulary.js';

/** Changes a packet in place. */
export function mutatePacket(random: SeededRandom, tree: PacketTree): void {
  const properties = tree.fields.find((field) => field.kind === 'properties');
  const mistakes = [mutateHeader, mutateFields, mutateField, mutateField];
  if (properties !== undefined) mistakes.push(() => mutateProperties(random, properties));
  random.pick(mistakes)(random, tree);
}

function mutateHeader(random: SeededRandom, tree: PacketTree): void {
  random.pick([
    () => (tree.firstByte ^= 1 << random.integer(0, 3)),
    () => (tree.firstByte = (tree.firstByte & 0x0f) | (random.integer(0, 15) << 4)),
    () => (tree.lengthError = random.pick([-2, -1, 1, 2, 10, 300, 65_535, 2_097_152, 268_435_400])),
    () => (tree.lengthPadding = random.integer(1, 3)),
  ])();
}

function mutateFields(random: SeededRandom, { fields }: PacketTree): void {
  const at = random.integer(0, fields.length);
  const other = random.integer(0, Math.max(0, fields.length - 1));
  random.pick([
    () => fields.splice(at, 1),
    () => fields.splice(at, 0, raw(random.bytes(random.integer(1, 5)))),
    () => fields.splice(at, 0, string(badString(random))),
    () => fields.splice(at, 0, { kind: 'properties', properties: [], lengthError: 0 }),
    () => fields.splice(at, 0, ...fields.slice(other, other + 1)),
    () => fields.splice(at, 0, ...fields.splice(other, 1)),
    // What is repeatable in a packet, such as a Topic Filter with its options, a few hundred times.
    () => fields.push(...Array.from({ length: random.integer(2, 300) }, () => fields.slice(-2)).flat()),
  ])();
}

function mutateField(random: SeededRandom, { fields }: PacketTree): void {
  if (fields.length > 0) mutateValue(random, random.pick(fields));
}

function mutateValue(random: SeededRandom, field: Field): void {
  switch (field.kind) {
    case 'uint8':
    case 'uint16':
    case 'uint32':
      field.value = random.chance(0.5) ? edge(random) : (field.value ^ (1 << random.integer(0, 7))) >>> 0;
      return;
    case 'variable':
      if (random.chance(0.5)) field.value = edge(random);
      else field.padding = random.integer(1, 4);
      return;
    case 'string':
      if (random.chance(0.6)) field.bytes = badString(random);
      else field.lengthError = random.pick([-2, -1, 1, 2, 100, 65_535 - field.bytes.length]);
      return;
    case 'raw':
      field.bytes = badString(random);
      return;
    case 'properties':
      mutateProperties(random, field);
  }
}

function mutateProperties(random: SeededRandom, field: PropertiesField): void {
  const { properties } = field;
  const at = random.integer(0, Math.max(0, properties.length - 1));
  const chosen = properties[at];
  random.pick([
    () => (field.lengthError = random.pick([-1, 1, 2, 127, 128, 16_384, 268_435_000])),
    () => (field.properties = random.shuffle(properties)),
    () => properties.splice(at, 1),
    // A User Property is the only one that may come often; all others must not.
    () =>
      properties.push(
        ...Array.from({ length: random.pick([1, 2, 63, 64, 65, 1_000]) }, () => anyProperty(random)),
      ),
    () => chosen !== undefined && properties.splice(at, 0, chosen),
    () =>
      chosen !== undefined &&
      (chosen.identifier = random.pick([0, 0x2b, 0x7f, 0x80, 0xff, 0x0b, 0x23, 0x26])),
    () => chosen !== undefined && chosen.values.length > 0 && mutateValue(random, random.pick(chosen.values)),
    () => chosen?.values.splice(0, 1),
    () => chosen?.values.push(number('uint8', edge(random))),
  ])();
}

/** Whoever may carry it: most belong elsewhere. */
function anyProperty(random: SeededRandom) {
  const userProperty = propertyTable.find(({ identifier }) => identifier === 0x26);
  const definition =
    random.chance(0.5) && userProperty !== undefined ? userProperty : random.pick(propertyTable);
  return someProperty(random, definition);
}
