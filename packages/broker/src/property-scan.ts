/**
 * Looks at the properties of a PUBLISH where they lie, so that those of most messages are never decoded: a broker needs two of them
 * and forwards the others as they are. Takes only what is certainly right; everything else is the decoder's, which knows the rules.
 */

/** What was found; one for all connections, overwritten by the next. */
export interface ScannedProperties {
  /** Offset of the value of the Message Expiry Interval; 0 where there is none. */
  expiryAt: number;
  /** Seconds; undefined where there is none. */
  messageExpiryInterval: number | undefined;
  userProperties: number;
}

const found: ScannedProperties = { expiryAt: 0, messageExpiryInterval: undefined, userProperties: 0 };

/**
 * Reads the properties between two offsets. Undefined where the decoder has to look: a Topic Alias, text beyond ASCII, anything
 * that a rule forbids.
 */
export function scanProperties(
  bytes: Uint8Array,
  start: number,
  end: number,
): Readonly<ScannedProperties> | undefined {
  found.expiryAt = 0;
  found.messageExpiryInterval = undefined;
  found.userProperties = 0;
  let seen = 0;
  let at = start;
  while (at < end) {
    const identifier = bytes[at++] as number;
    // Only User Property may come again; the others have a bit each.
    if (identifier !== 0x26) {
      if (identifier > 0x09 || (seen & (1 << identifier)) !== 0) return undefined;
      seen |= 1 << identifier;
    }
    switch (identifier) {
      case 0x01: // Payload Format Indicator
        if ((bytes[at++] as number) > 1) return undefined;
        break;
      case 0x02: // Message Expiry Interval
        found.expiryAt = at;
        found.messageExpiryInterval = readUint32(bytes, at);
        at += 4;
        break;
      case 0x03: // Content Type
        at = behindText(bytes, at, end);
        break;
      case 0x08: // Response Topic
        if (isNoPlainTopic(bytes, at, end)) return undefined;
        at = behindText(bytes, at, end);
        break;
      case 0x09: // Correlation Data
        at = behindLength(bytes, at, end);
        break;
      case 0x26: // User Property
        at = behindText(bytes, behindText(bytes, at, end), end);
        found.userProperties += 1;
        break;
      default:
        return undefined;
    }
  }
  return at === end ? found : undefined;
}

/** The bytes between two offsets as they are forwarded: without the Message Expiry Interval, of which less is left at each receiver. */
export function forwardedProperties(
  bytes: Uint8Array,
  start: number,
  end: number,
  expiryAt: number,
): Uint8Array {
  if (expiryAt === 0) return bytes.subarray(start, end);
  const before = expiryAt - 1 - start;
  if (before === 0) return bytes.subarray(expiryAt + 4, end);
  const forwarded = new Uint8Array(end - start - 5);
  forwarded.set(bytes.subarray(start, expiryAt - 1));
  forwarded.set(bytes.subarray(expiryAt + 4, end), before);
  return forwarded;
}

/** Reads a Four Byte Integer. */
export function readUint32(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] as number) * 0x1000000 +
    (((bytes[at + 1] as number) << 16) | ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number))
  );
}

/** An offset that no packet reaches: what was read is for the decoder. */
const nowhere = 0x7fffffff;

function behindLength(bytes: Uint8Array, at: number, end: number): number {
  if (at + 2 > end) return nowhere;
  return at + 2 + (((bytes[at] as number) << 8) | (bytes[at + 1] as number));
}

function behindText(bytes: Uint8Array, at: number, end: number): number {
  const behind = behindLength(bytes, at, end);
  if (behind > end) return nowhere;
  for (let each = at + 2; each < behind; each++) {
    const byte = bytes[each] as number;
    if (byte === 0 || byte > 0x7f) return nowhere;
  }
  return behind;
}

function isNoPlainTopic(bytes: Uint8Array, at: number, end: number): boolean {
  const behind = behindLength(bytes, at, end);
  if (behind > end || behind === at + 2) return true;
  for (let each = at + 2; each < behind; each++) {
    const byte = bytes[each] as number;
    if (byte === 0x23 || byte === 0x2b) return true;
  }
  return false;
}
