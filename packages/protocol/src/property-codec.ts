/** Reads, sizes and writes properties (section 2.2.2) by the property table. Knows no single property by name. */
import type { ByteReader } from './byte-reader.js';
import {
  type ByteWriter,
  maximumVariableByteInteger,
  utf8FieldSize,
  variableByteIntegerSize,
} from './byte-writer.js';
import { MalformedPacketError, ProtocolError, UsageError } from './errors.js';
import { noProperties } from './properties.js';
import {
  type PropertyDefinition,
  type PropertyOwner,
  propertiesOf,
  propertyFieldsOf,
  propertyOf,
  propertyTitle,
} from './property-table.js';

/** Reads Property Length and the properties behind it. */
export function decodeProperties<P extends object>(reader: ByteReader, owner: PropertyOwner): P {
  const size = reader.variableByteInteger('Property Length');
  if (size === 0) return noProperties as P;
  const outerEnd = reader.end;
  const end = reader.position + size;
  if (end > outerEnd) {
    throw new MalformedPacketError(
      `Property Length ${size} passes the end of the ${owner.toUpperCase()} packet`,
    );
  }
  // The bound moves in, so that no property can read past the properties.
  reader.end = end;
  const properties = {};
  while (reader.position < end) decodeProperty(reader, owner, properties);
  reader.end = outerEnd;
  return properties as P;
}

function decodeProperty(reader: ByteReader, owner: PropertyOwner, properties: object): void {
  const identifier = reader.variableByteInteger('Property Identifier');
  const property = propertyOf(owner, identifier);
  if (property === undefined) {
    const what = propertyTitle(identifier);
    throw new MalformedPacketError(`${owner.toUpperCase()} cannot carry ${what} (MQTT 5.0 section 2.2.2.2)`);
  }
  const { definition, access } = property;
  const value = decodeValue(reader, definition);
  const before = access.get(properties);
  if (property.isRepeatable) {
    if (before === undefined) access.set(properties, [value]);
    else (before as unknown[]).push(value);
  } else if (before === undefined) {
    access.set(properties, value);
  } else {
    throw new ProtocolError(
      `${owner.toUpperCase()} has ${definition.title} more than once (MQTT 5.0 section 2.2.2.2)`,
    );
  }
}

function decodeValue(reader: ByteReader, definition: PropertyDefinition): unknown {
  const { kind, title } = definition;
  switch (kind) {
    case 'flag':
      return inBounds(reader.uint8(title), definition) === 1;
    case 'byte':
      return inBounds(reader.uint8(title), definition);
    case 'uint16':
      return inBounds(reader.uint16(title), definition);
    case 'uint32':
      return inBounds(reader.uint32(title), definition);
    case 'variableByteInteger':
      return inBounds(reader.variableByteInteger(title), definition);
    case 'utf8':
      return reader.utf8(title);
    case 'binary':
      return reader.binary(title);
    case 'utf8Pair':
      return [reader.utf8(title), reader.utf8(title)]; // [MQTT-1.5.7-1]
  }
}

function inBounds(value: number, definition: PropertyDefinition): number {
  const { title, minimum, maximum, rangeReasonCode, rangeClause } = definition;
  if (value < minimum || value > maximum) {
    const rule = maximum === Number.POSITIVE_INFINITY ? `at least ${minimum}` : `${minimum} to ${maximum}`;
    const clause = rangeClause === undefined ? '' : ` ${rangeClause}`;
    throw new ProtocolError(`${title} is ${value}, allowed is ${rule}${clause}`, {
      reasonCode: rangeReasonCode,
    });
  }
  return value;
}

/** Throws UsageError on a name that is no property of `owner`: the writer would leave it out without a word. */
export function assertPropertyNames(properties: object, owner: PropertyOwner): void {
  const known = propertyFieldsOf(owner);
  for (const name of Object.keys(properties)) {
    if (known.has(name) || (properties as Record<string, unknown>)[name] === undefined) continue;
    const those = owner === 'will' ? 'a Will' : owner.toUpperCase();
    throw new UsageError(`property "${name}" is unknown; those of ${those} are ${[...known].join(', ')}`);
  }
}

/** The bytes a set of properties takes behind its Property Length; throws UsageError on a value that the table forbids. */
export function propertiesSize(properties: object, owner: PropertyOwner): number {
  if (properties === noProperties) return 0;
  let size = 0;
  for (const { definition, access, isRepeatable } of propertiesOf(owner)) {
    const value = access.get(properties);
    if (value === undefined) continue;
    if (isRepeatable) {
      if (!Array.isArray(value)) throw badValue(value, definition, 'an array');
      for (const item of value) size += 1 + valueSize(item, definition);
    } else {
      size += 1 + valueSize(value, definition);
    }
  }
  if (size > maximumVariableByteInteger)
    throw new UsageError(`properties take ${size} bytes, at most 268435455 fit`);
  return size;
}

function valueSize(value: unknown, definition: PropertyDefinition): number {
  switch (definition.kind) {
    case 'flag':
      if (typeof value !== 'boolean') throw badValue(value, definition, 'true or false');
      return 1;
    case 'byte':
      assertInteger(value, definition, 0xff);
      return 1;
    case 'uint16':
      assertInteger(value, definition, 0xffff);
      return 2;
    case 'uint32':
      assertInteger(value, definition, 0xffffffff);
      return 4;
    case 'variableByteInteger':
      assertInteger(value, definition, maximumVariableByteInteger);
      return variableByteIntegerSize(value);
    case 'utf8':
      if (typeof value !== 'string') throw badValue(value, definition, 'a string');
      return utf8FieldSize(value);
    case 'binary':
      if (!(value instanceof Uint8Array) || value.length > 0xffff) {
        throw badValue(value, definition, 'a Uint8Array of at most 65535 bytes');
      }
      return 2 + value.length;
    case 'utf8Pair': {
      if (!Array.isArray(value) || typeof value[0] !== 'string' || typeof value[1] !== 'string') {
        throw badValue(value, definition, 'a pair of strings');
      }
      return utf8FieldSize(value[0]) + utf8FieldSize(value[1]);
    }
  }
}

function assertInteger(
  value: unknown,
  definition: PropertyDefinition,
  most: number,
): asserts value is number {
  const maximum = Math.min(definition.maximum, most);
  if (!Number.isInteger(value) || (value as number) < definition.minimum || (value as number) > maximum) {
    throw badValue(value, definition, `an integer ${definition.minimum}–${maximum}`);
  }
}

function badValue(value: unknown, { name, title }: PropertyDefinition, rule: string): UsageError {
  return new UsageError(`property "${name}" (${title}) must be ${rule}, got ${kindOfValue(value)}`);
}

/** Says what a wrong value is; text and bytes are not shown, since they may be a secret in the wrong place. */
function kindOfValue(value: unknown): string {
  if (value instanceof Uint8Array) return `a Uint8Array of ${value.length} bytes`;
  if (typeof value === 'string') return 'a string';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

/** Writes Property Length and the properties; an empty set is a single zero [MQTT-2.2.2-1]. */
export function writeProperties(
  writer: ByteWriter,
  properties: object,
  owner: PropertyOwner,
  size: number,
): void {
  writer.variableByteInteger(size);
  if (size === 0) return;
  for (const { definition, access, isRepeatable } of propertiesOf(owner)) {
    const value = access.get(properties);
    if (value === undefined) continue;
    if (isRepeatable) {
      for (const item of value as readonly unknown[]) writeProperty(writer, definition, item);
    } else {
      writeProperty(writer, definition, value);
    }
  }
}

function writeProperty(writer: ByteWriter, { identifier, kind }: PropertyDefinition, value: unknown): void {
  writer.uint8(identifier);
  switch (kind) {
    case 'flag':
      writer.uint8(value === true ? 1 : 0);
      break;
    case 'byte':
      writer.uint8(value as number);
      break;
    case 'uint16':
      writer.uint16(value as number);
      break;
    case 'uint32':
      writer.uint32(value as number);
      break;
    case 'variableByteInteger':
      writer.variableByteInteger(value as number);
      break;
    case 'utf8':
      writer.utf8(value as string);
      break;
    case 'binary':
      writer.binary(value as Uint8Array);
      break;
    case 'utf8Pair': {
      const [name, text] = value as readonly [string, string];
      writer.utf8(name);
      writer.utf8(text);
      break;
    }
  }
}
