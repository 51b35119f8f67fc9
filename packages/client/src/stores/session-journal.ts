/**
 * The bytes of a session's file: frames of changes, each with its size and a checksum, one behind the other. Pure: reads and makes bytes,
 * knows no files.
 *
 * File: `PTRLSES` and the format version, then frames. Frame: size of the body (4 bytes), CRC-32 of the body (4), body. Body: changes. Change: kind
 * (1 byte), then sequence (8) and for a message the size (4) and bytes of its record, or a Packet Identifier (2). All big-endian.
 */
import { crc32 } from 'node:zlib';
import { SessionStoreError } from '../errors.js';
import type { StoredMessage } from '../session-store.js';
import type { SessionChanges } from './batched-session.js';
import { decodeStoredMessage, encodeStoredMessage } from './stored-message-record.js';

const formatVersion = 1;
const magic = Buffer.from('PTRLSES');
const frameHeaderBytes = 8;
const kinds = { message: 1, messageEnded: 2, received: 3, receivedEnded: 4 } as const;

/** What every file begins with. */
export const fileHeader: Buffer = Buffer.concat([magic, Buffer.of(formatVersion)]);

/** The state that the changes of a file lead to. */
export interface JournalState {
  readonly messages: Map<number, StoredMessage>;
  readonly received: Set<number>;
  /** Bytes of the file that hold whole frames; what is behind them was being written when the process ended. */
  readonly validBytes: number;
}

/** One frame with all changes. */
export function encodeFrame({ messages, received }: SessionChanges): Buffer {
  const parts: Uint8Array[] = [];
  for (const [sequence, message] of messages) {
    const head = Buffer.alloc(message === undefined ? 9 : 13);
    head[0] = message === undefined ? kinds.messageEnded : kinds.message;
    head.writeBigUInt64BE(BigInt(sequence), 1);
    parts.push(head);
    if (message === undefined) continue;
    const record = encodeStoredMessage(message);
    head.writeUInt32BE(record.length, 9);
    parts.push(record);
  }
  for (const [packetIdentifier, isOpen] of received) {
    parts.push(
      Buffer.of(
        isOpen ? kinds.received : kinds.receivedEnded,
        packetIdentifier >> 8,
        packetIdentifier & 0xff,
      ),
    );
  }
  const body = Buffer.concat(parts);
  const header = Buffer.alloc(frameHeaderBytes);
  header.writeUInt32BE(body.length, 0);
  header.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([header, body]);
}

/** Reads a whole file; `name` is for messages. Throws SessionStoreError on what is neither whole nor the remains of the last write. */
export function readJournal(bytes: Buffer, name: string): JournalState {
  const state = { messages: new Map<number, StoredMessage>(), received: new Set<number>() };
  if (bytes.length < fileHeader.length) {
    if (fileHeader.subarray(0, bytes.length).equals(bytes)) return { ...state, validBytes: 0 };
    throw corrupt(name, 'it does not begin like a session');
  }
  assertHeader(bytes, name);
  let at = fileHeader.length;
  while (at < bytes.length) {
    const body = frameBody(bytes, at);
    if (body === undefined) {
      if (isTail(bytes, at)) break;
      throw corrupt(name, `the frame at byte ${at} is damaged, and others follow`);
    }
    applyChanges(body, state);
    at += frameHeaderBytes + body.length;
  }
  return { ...state, validBytes: at };
}

function assertHeader(bytes: Buffer, name: string): void {
  if (!bytes.subarray(0, magic.length).equals(magic)) throw corrupt(name, 'it does not begin like a session');
  const version = bytes[magic.length] as number;
  if (version > formatVersion) {
    throw new SessionStoreError(
      'PETREL_SESSION_STORE_NEWER',
      `"${name}" has format ${version}, this version of the package knows up to ${formatVersion}`,
    );
  }
}

/** The body of the frame at `at`; undefined when it is not whole. */
function frameBody(bytes: Buffer, at: number): Buffer | undefined {
  const start = at + frameHeaderBytes;
  if (start > bytes.length) return undefined;
  const size = bytes.readUInt32BE(at);
  const body = bytes.subarray(start, start + size);
  // No frame is empty: zeros are what a file system leaves where a write was cut.
  return size > 0 && body.length === size && crc32(body) === bytes.readUInt32BE(at + 4) ? body : undefined;
}

/** A frame is only begun when the one before is whole: a damaged one that others follow was whole once. */
function isTail(bytes: Buffer, at: number): boolean {
  const end =
    at + frameHeaderBytes > bytes.length ? bytes.length : at + frameHeaderBytes + bytes.readUInt32BE(at);
  return end >= bytes.length || bytes.subarray(at).every((byte) => byte === 0);
}

function applyChanges(
  body: Buffer,
  { messages, received }: Pick<JournalState, 'messages' | 'received'>,
): void {
  let at = 0;
  while (at < body.length) {
    const kind = body[at++];
    if (kind === kinds.received || kind === kinds.receivedEnded) {
      const packetIdentifier = body.readUInt16BE(at);
      at += 2;
      if (kind === kinds.received) received.add(packetIdentifier);
      else received.delete(packetIdentifier);
      continue;
    }
    const sequence = Number(body.readBigUInt64BE(at));
    at += 8;
    if (kind === kinds.messageEnded) {
      messages.delete(sequence);
      continue;
    }
    const size = body.readUInt32BE(at);
    at += 4;
    messages.set(sequence, decodeStoredMessage(sequence, body.subarray(at, at + size)));
    at += size;
  }
}

function corrupt(name: string, why: string): SessionStoreError {
  return new SessionStoreError('PETREL_SESSION_STORE_CORRUPT', `"${name}" is damaged: ${why}`);
}
