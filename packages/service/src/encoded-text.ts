/** Text ↔ bytes for payloads and ids, without memory of its own for each small text. */
const encoder = new TextEncoder();
const decoder = new TextDecoder();
const slabBytes = 16 * 1024;
// What is longer would waste the rest of a slab, and its own memory costs it little.
const longestInSlab = 1024;

let slab = new Uint8Array(slabBytes);
let used = 0;

/** Text as UTF-8, a lone surrogate as U+FFFD; a short one is a view into memory that is never written to again. */
export function encodeText(text: string): Uint8Array {
  if (text.length > longestInSlab) return encoder.encode(text);
  // A UTF-16 unit takes three bytes at most.
  if (slabBytes - used < text.length * 3) {
    slab = new Uint8Array(slabBytes);
    used = 0;
  }
  const start = used;
  used += encoder.encodeInto(text, slab.subarray(start)).written;
  return slab.subarray(start, used);
}

/** UTF-8 as text; ill-formed bytes become U+FFFD. */
export function decodeText(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}
