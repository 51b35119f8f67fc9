/** The Reason Code byte of the packets that have one: read once, checked once in each direction. */
import type { ByteReader } from '../byte-reader.js';
import { ProtocolError, UsageError } from '../errors.js';
import { type PacketType, packetTypeDefinition } from '../packet-type.js';
import type { Sender } from '../protocol-version.js';
import { describeReasonCode, isReasonCodeOf, reasonCodeClause } from '../reason-code.js';

/** Reads a Reason Code and refuses one that the packet may not carry from this sender. */
export function decodeReasonCode(reader: ByteReader, type: PacketType, sender: Sender): number {
  const code = reader.uint8('Reason Code');
  if (!isReasonCodeOf(type, code, sender)) {
    throw new ProtocolError(
      `${packetTypeDefinition(type).title} from a ${sender} cannot carry ${describeReasonCode(code)} ${reasonCodeClause(type)}`,
    );
  }
  return code;
}

/** Throws UsageError on a Reason Code that the packet may carry from neither end. */
export function assertReasonCode(type: PacketType, code: number): void {
  if (code === 0 || isReasonCodeOf(type, code, 'server') || isReasonCodeOf(type, code, 'client')) return;
  throw new UsageError(
    `${packetTypeDefinition(type).title} cannot carry ${describeReasonCode(code)} ${reasonCodeClause(type)}`,
  );
}
