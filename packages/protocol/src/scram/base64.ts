/** Base64 (RFC 4648 section 4) as SCRAM writes it: padded, without line breaks, and in one form only. */

const wellFormed = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Writes bytes as base64. */
export function encodeBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

/** Reads base64; undefined where it is anything but what `encodeBase64` writes. */
export function decodeBase64(text: string): Uint8Array | undefined {
  if (!wellFormed.test(text)) return undefined;
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  // The bits that padding leaves over must be zero, or two texts would mean the same bytes.
  return encodeBase64(bytes) === text ? bytes : undefined;
}
