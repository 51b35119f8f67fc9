/** How the vectors are written: the bytes as the standard prints them, beside the packet they mean. */
import type { Packet } from '../packet.js';
import type { ProtocolVersion, Sender } from '../protocol-version.js';

/** Bytes that are a packet. */
export interface PacketVector {
  /** Ends in the clauses that it shows. */
  readonly name: string;
  readonly versions: readonly ProtocolVersion[];
  readonly sender: Sender;
  readonly bytes: string;
  readonly packet: Packet;
  /** What the same packet is written as, where a reader accepts more than a writer says. */
  readonly writtenAs?: string;
}

/** Bytes that are none, and what is thrown for them. */
export interface RefusedVector {
  /** Ends in the clause that the error names; without one the error names none. */
  readonly name: string;
  /** Undefined before CONNECT. */
  readonly version: ProtocolVersion | undefined;
  readonly sender: Sender;
  readonly bytes: string;
  readonly error: keyof typeof reasonCodeOfError;
  readonly reasonCode: number;
}

const reasonCodeOfError = { malformed: 0x81, protocol: 0x82, version: 0x84, topic: 0x90 };

/** Makes the rows of one version and sender; a row is error, name, bytes and, where the class has another, Reason Code. */
export function refusedBy(version: ProtocolVersion | undefined, sender: Sender) {
  return (
    error: RefusedVector['error'],
    name: string,
    bytes: string,
    reasonCode = reasonCodeOfError[error],
  ): RefusedVector => ({ name, version, sender, bytes, error, reasonCode });
}

/** Reads hexadecimal pairs and `"quoted ASCII"`; blanks and `|` are for the eye. */
export function wire(text: string): Uint8Array {
  const bytes: number[] = [];
  let rest = text;
  while (rest !== '') {
    const token = /^(?:[\s|]+|"([^"]*)"|([0-9A-F]{2})(?![0-9A-F]))/.exec(rest);
    if (token === null) throw new Error(`not a byte: ${rest}`);
    const [whole, quoted, pair] = token;
    if (quoted !== undefined) for (const character of quoted) bytes.push(character.charCodeAt(0));
    if (pair !== undefined) bytes.push(Number.parseInt(pair, 16));
    rest = rest.slice(whole.length);
  }
  return Uint8Array.from(bytes);
}

/** The bytes of an ASCII string. */
export function ascii(text: string): Uint8Array {
  return wire(`"${text}"`);
}
