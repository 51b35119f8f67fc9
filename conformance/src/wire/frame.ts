/** Bytes by hand, for packets that the encoder refuses to make because the standard forbids them. */
import type { TestedVersion } from '../statements.js';

/** What a hand-made packet is put together from: one byte, or several. */
export type Bytes = number | Uint8Array | readonly number[];

/** Joins bytes. */
export function bytes(...parts: readonly Bytes[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => (typeof part === 'number' ? [part] : [...part])));
}

/** A Two Byte Integer. */
export function uint16(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value & 0xff);
}

/** A Variable Byte Integer in its shortest encoding. */
export function variableByteInteger(value: number): Uint8Array {
  const encoded: number[] = [];
  let rest = value;
  do {
    const byte = rest % 0x80;
    rest = Math.floor(rest / 0x80);
    encoded.push(rest > 0 ? byte | 0x80 : byte);
  } while (rest > 0);
  return Uint8Array.from(encoded);
}

/** Text, or bytes that are no text, behind their length. */
export function string(content: string | readonly number[]): Uint8Array {
  const encoded = typeof content === 'string' ? Buffer.from(content) : Uint8Array.from(content);
  return bytes(uint16(encoded.length), encoded);
}

/** Properties behind their length; nothing at all on MQTT 3.1.1. */
export function properties(version: TestedVersion, ...parts: readonly Bytes[]): Uint8Array {
  if (version !== 5) return new Uint8Array(0);
  const content = bytes(...parts);
  return bytes(variableByteInteger(content.length), content);
}

/** A whole packet: first byte, the Remaining Length that fits, and the body. */
export function frame(firstByte: number, ...parts: readonly Bytes[]): Uint8Array {
  const body = bytes(...parts);
  return bytes(firstByte, variableByteInteger(body.length), body);
}

/** A CONNECT, well-formed unless a field says otherwise. */
export function connectFrame(
  version: TestedVersion,
  fields: {
    readonly protocolName?: string;
    readonly level?: number;
    readonly flags?: number;
    readonly properties?: readonly Bytes[];
    /** Everything behind the properties: Client Identifier, Will, User Name, Password. */
    readonly payload: Bytes;
  },
): Uint8Array {
  return frame(
    0x10,
    string(fields.protocolName ?? 'MQTT'),
    fields.level ?? version,
    fields.flags ?? 0x02,
    uint16(60),
    properties(version, ...(fields.properties ?? [])),
    fields.payload,
  );
}

/** A PUBLISH of QoS 0 unless the first byte says otherwise. */
export function publishFrame(
  version: TestedVersion,
  fields: {
    readonly firstByte?: number;
    readonly topicName: string | readonly number[];
    readonly packetIdentifier?: number;
    readonly properties?: readonly Bytes[];
    readonly payload?: string;
  },
): Uint8Array {
  return frame(
    fields.firstByte ?? 0x30,
    string(fields.topicName),
    fields.packetIdentifier === undefined ? [] : uint16(fields.packetIdentifier),
    properties(version, ...(fields.properties ?? [])),
    Buffer.from(fields.payload ?? ''),
  );
}

/** A SUBSCRIBE with one Topic Filter. */
export function subscribeFrame(
  version: TestedVersion,
  fields: {
    readonly firstByte?: number;
    readonly packetIdentifier?: number;
    readonly topicFilter: string | readonly number[];
    readonly options?: number;
  },
): Uint8Array {
  return frame(
    fields.firstByte ?? 0x82,
    uint16(fields.packetIdentifier ?? 1),
    properties(version),
    string(fields.topicFilter),
    fields.options ?? 0,
  );
}
