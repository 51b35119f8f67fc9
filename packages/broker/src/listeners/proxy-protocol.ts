/** The header that a proxy puts in front of a connection to say for whom it speaks: PROXY protocol, versions 1 and 2. Pure. */
import { isIPv4, isIPv6 } from 'node:net';

/** Longest line of version 1, with its end. */
const maximumLine = 107;
/** Longest body of version 2 that is waited for: addresses and what proxies add to them. */
const maximumBody = 2_048;
const prefix = Buffer.from('PROXY ');
const signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
const fixedBytes = 16;

/** A complete header. */
export interface ProxyHeader {
  /** Bytes that it takes. */
  readonly length: number;
  /** The address of the client; undefined where the proxy speaks for itself, or does not know. */
  readonly source: string | undefined;
}

/** Bytes that are no header, and never will be. */
export class ProxyHeaderError extends Error {}

/** Reads what there is; undefined while it is not all there. Looks at no more bytes than the longest header has. */
export function parseProxyHeader(bytes: Buffer): ProxyHeader | undefined {
  if (isStartOf(bytes, signature)) return bytes.length < fixedBytes ? undefined : parseBinary(bytes);
  if (isStartOf(bytes, prefix)) return parseLine(bytes);
  throw new ProxyHeaderError('neither version 1 nor version 2 begins so');
}

/** Whether the bytes begin as the mark does, as far as there are any. */
function isStartOf(bytes: Buffer, mark: Buffer): boolean {
  const length = Math.min(bytes.length, mark.length);
  return bytes.subarray(0, length).equals(mark.subarray(0, length));
}

function parseLine(bytes: Buffer): ProxyHeader | undefined {
  const end = bytes.subarray(0, maximumLine).indexOf('\r\n');
  if (end === -1) {
    if (bytes.length >= maximumLine) throw new ProxyHeaderError('the line does not end');
    return undefined;
  }
  const line = bytes.toString('latin1', 0, end);
  const length = end + 2;
  if (/^PROXY UNKNOWN( |$)/.test(line)) return { length, source: undefined };
  const [, family, source = '', destination = '', ...ports] =
    /^PROXY TCP([46]) (\S+) (\S+) (\d{1,5}) (\d{1,5})$/.exec(line) ?? [];
  const isAddress = family === '4' ? isIPv4 : isIPv6;
  const isWhole =
    family !== undefined &&
    isAddress(source) &&
    isAddress(destination) &&
    ports.every((port) => Number(port) <= 65_535);
  if (!isWhole) throw new ProxyHeaderError('the line is none of the protocol');
  return { length, source };
}

function parseBinary(bytes: Buffer): ProxyHeader | undefined {
  const versionAndCommand = bytes.readUInt8(12);
  const family = bytes.readUInt8(13);
  const bodyLength = bytes.readUInt16BE(14);
  if (versionAndCommand !== 0x20 && versionAndCommand !== 0x21)
    throw new ProxyHeaderError('neither LOCAL nor PROXY of version 2');
  if (bodyLength > maximumBody) throw new ProxyHeaderError(`a body of more than ${maximumBody} bytes`);
  const length = fixedBytes + bodyLength;
  if (bytes.length < length) return undefined;
  // A check of the proxy's own, or a family that has no address.
  if (versionAndCommand === 0x20 || family === 0x00) return { length, source: undefined };
  const body = bytes.subarray(fixedBytes, length);
  if (family === 0x11 && bodyLength >= 12) return { length, source: body.subarray(0, 4).join('.') };
  if (family === 0x21 && bodyLength >= 36) return { length, source: toIPv6(body.subarray(0, 16)) };
  throw new ProxyHeaderError('no addresses of TCP');
}

/** The text that Node itself has for an address. */
function toIPv6(bytes: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(2 * index).toString(16));
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}
