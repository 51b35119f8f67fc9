/** Messages know their names: the payload begins with it. */

/** A payload of this message. */
export function payloadOf(message: string, padding = 0): Uint8Array {
  return Buffer.from(`${message} ${'.'.repeat(padding)}`);
}

/** The name in a payload; empty for a payload that clears a retained message. */
export function messageOf(payload: Uint8Array): string {
  const text = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString();
  return text.slice(0, Math.max(text.indexOf(' '), 0));
}
