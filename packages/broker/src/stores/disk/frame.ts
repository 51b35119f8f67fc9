/**
 * How a segment looks: a header, then one frame per batch of records. A frame is whole or it is nothing, which its checksums tell; so all
 * that one batch changes is there after a crash, or none of it.
 */
import { crc32 } from 'node:zlib';

/** Grows with every change of what stands in a segment. */
export const formatVersion = 2;

/** Bytes in front of the first frame. */
export const segmentHeaderBytes = 32;
/** Bytes in front of the records of a frame. */
export const frameHeaderBytes = 24;

const segmentMagic = 0x5045_5452;
const frameMagic = 0x4241_5443;

/** The header of a segment; `firstBatch` is the number of the first batch that counts in it. */
export interface SegmentHeader {
  readonly segment: number;
  readonly firstBatch: number;
}

/** Where the records of a batch lie. */
export interface Frame {
  readonly batch: number;
  readonly start: number;
  readonly end: number;
}

/** The first bytes of a segment or of a snapshot. */
export function encodeSegmentHeader({ segment, firstBatch }: SegmentHeader): Uint8Array {
  const bytes = Buffer.alloc(segmentHeaderBytes);
  bytes.writeUInt32LE(segmentMagic, 0);
  bytes.writeUInt32LE(formatVersion, 4);
  bytes.writeDoubleLE(segment, 8);
  bytes.writeDoubleLE(firstBatch, 16);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 28)), 28);
  return bytes;
}

/** Undefined for what is no whole header. */
export function decodeSegmentHeader(bytes: Buffer): SegmentHeader | undefined {
  if (bytes.length < segmentHeaderBytes || bytes.readUInt32LE(0) !== segmentMagic) return undefined;
  if (bytes.readUInt32LE(28) !== crc32(bytes.subarray(0, 28))) return undefined;
  return { segment: bytes.readDoubleLE(8), firstBatch: bytes.readDoubleLE(16) };
}

/** Completes a frame whose records stand behind `frameHeaderBytes` free bytes. */
export function sealFrame(frame: Buffer, batch: number): void {
  frame.writeUInt32LE(frameMagic, 0);
  frame.writeUInt32LE(frame.length - frameHeaderBytes, 4);
  frame.writeDoubleLE(batch, 8);
  frame.writeUInt32LE(crc32(frame.subarray(frameHeaderBytes)), 16);
  frame.writeUInt32LE(crc32(frame.subarray(0, 20)), 20);
}

/** The frame at a position, undefined where there is no whole one. */
export function readFrame(bytes: Buffer, position: number): Frame | undefined {
  const start = position + frameHeaderBytes;
  if (start > bytes.length || bytes.readUInt32LE(position) !== frameMagic) return undefined;
  if (bytes.readUInt32LE(position + 20) !== crc32(bytes.subarray(position, position + 20))) return undefined;
  const end = start + bytes.readUInt32LE(position + 4);
  if (end > bytes.length || bytes.readUInt32LE(position + 16) !== crc32(bytes.subarray(start, end)))
    return undefined;
  return { batch: bytes.readDoubleLE(position + 8), start, end };
}

/** The first whole frame behind a position, wherever it begins. */
export function findFrame(bytes: Buffer, position: number): Frame | undefined {
  const magic = Buffer.alloc(4);
  magic.writeUInt32LE(frameMagic);
  for (let at = bytes.indexOf(magic, position); at !== -1; at = bytes.indexOf(magic, at + 1)) {
    const frame = readFrame(bytes, at);
    if (frame !== undefined) return frame;
  }
  return undefined;
}
