/** Mistakes that know nothing of packets. */
import type { SeededRandom } from '@petrel/testing';

/** A copy of the bytes with one thing wrong. */
export function mutateBytes(random: SeededRandom, bytes: Uint8Array): Uint8Array {
  const at = random.integer(0, Math.max(0, bytes.length - 1));
  const to = random.integer(at, bytes.length);
  return random.pick([
    () => withByte(bytes, at, (bytes[at] ?? 0) ^ (1 << random.integer(0, 7))),
    () => withByte(bytes, at, random.pick([0, 1, 0x7f, 0x80, 0xff, random.integer(0, 255)])),
    () => bytes.subarray(0, at),
    () => joined(bytes.subarray(0, at), bytes.subarray(to)),
    () => joined(bytes.subarray(0, to), bytes.subarray(at)),
    () => joined(bytes.subarray(0, at), random.bytes(random.integer(1, 6)), bytes.subarray(at)),
    () => random.bytes(random.integer(1, 60)),
  ])();
}

/** All bytes behind one another. */
export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

function withByte(bytes: Uint8Array, at: number, value: number): Uint8Array {
  const changed = Uint8Array.from(bytes);
  if (at < changed.length) changed[at] = value;
  return changed;
}
