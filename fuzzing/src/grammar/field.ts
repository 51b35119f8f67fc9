/**
 * A packet as a tree of fields, each of which can be wrong by itself: a length that lies, a number that is too large, a property twice.
 * Written by a codec of its own, since the one under test refuses to write what a hostile peer sends.
 */

/** A number; `variable` is a Variable Byte Integer, whose `padding` adds bytes that it does not need. */
export interface NumberField {
  readonly kind: 'uint8' | 'uint16' | 'uint32' | 'variable';
  value: number;
  padding: number;
}

/** Text or Binary Data behind two bytes of length, which `lengthError` falsifies. */
export interface StringField {
  readonly kind: 'string';
  bytes: Uint8Array;
  lengthError: number;
}

/** Bytes as they are. */
export interface RawField {
  readonly kind: 'raw';
  bytes: Uint8Array;
}

/** One property: its identifier and what stands behind it. */
export interface Property {
  identifier: number;
  values: Field[];
}

/** Property Length and the properties. */
export interface PropertiesField {
  readonly kind: 'properties';
  properties: Property[];
  lengthError: number;
}

/** Any part of a packet behind its fixed header. */
export type Field = NumberField | StringField | RawField | PropertiesField;

/** A packet; `lengthError` falsifies Remaining Length, `lengthPadding` makes it longer than it needs to be. */
export interface PacketTree {
  firstByte: number;
  fields: Field[];
  lengthError: number;
  lengthPadding: number;
}

/** A number field. */
export function number(kind: NumberField['kind'], value: number): NumberField {
  return { kind, value, padding: 0 };
}

/** A string field; text is written as UTF-8. */
export function string(content: string | Uint8Array): StringField {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  return { kind: 'string', bytes, lengthError: 0 };
}

/** Bytes as they are. */
export function raw(bytes: Uint8Array): RawField {
  return { kind: 'raw', bytes };
}

/** A packet without a mistake. */
export function packet(firstByte: number, ...fields: Field[]): PacketTree {
  return { firstByte, fields, lengthError: 0, lengthPadding: 0 };
}

/** Writes a packet, mistakes included. */
export function encodeTree({ firstByte, fields, lengthError, lengthPadding }: PacketTree): Uint8Array {
  const body = fields.flatMap(encodeField);
  const length = variable(Math.max(0, body.length + lengthError), lengthPadding);
  return Uint8Array.from([firstByte & 0xff, ...length, ...body]);
}

function encodeField(field: Field): number[] {
  switch (field.kind) {
    case 'uint8':
      return [field.value & 0xff];
    case 'uint16':
      return uint16(field.value);
    case 'uint32':
      return [...uint16(field.value >>> 16), ...uint16(field.value)];
    case 'variable':
      return variable(field.value, field.padding);
    case 'string':
      return [...uint16(field.bytes.length + field.lengthError), ...field.bytes];
    case 'raw':
      return [...field.bytes];
    case 'properties': {
      const inner = field.properties.flatMap(({ identifier, values }) => [
        identifier & 0xff,
        ...values.flatMap(encodeField),
      ]);
      return [...variable(Math.max(0, inner.length + field.lengthError), 0), ...inner];
    }
  }
}

function uint16(value: number): number[] {
  return [(value >>> 8) & 0xff, value & 0xff];
}

function variable(value: number, padding: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.push(rest % 128);
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  for (let index = 0; index < padding; index++) bytes.push(0);
  return bytes.map((byte, index) => (index < bytes.length - 1 ? byte | 0x80 : byte));
}
