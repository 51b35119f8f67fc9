/** Where MQTT packets begin and end: all that the plain programs here know of the standard's layout. */

/** Where the packet at `at` ends; 0 when that has not arrived yet. */
export function endOfPacket(bytes: Uint8Array, at: number): number {
  let remainingLength = 0;
  for (let index = at + 1, shift = 0; index < bytes.length && shift < 28; index++, shift += 7) {
    const byte = bytes[index] ?? 0;
    remainingLength |= (byte & 127) << shift;
    if (byte > 127) continue;
    const end = index + 1 + remainingLength;
    return end > bytes.length ? 0 : end;
  }
  return 0;
}

/** Where the packet at `at` has its first byte behind the fixed header. */
export function bodyOfPacket(bytes: Uint8Array, at: number): number {
  let index = at + 1;
  while ((bytes[index] ?? 0) > 127) index++;
  return index + 1;
}

/** The 16 bits at `at`: lengths and Packet Identifiers. */
export function uint16At(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

/** Calls `onPacket` for every packet of a stream of chunks, in order; keeps what belongs to the next one. */
export class PacketWalker {
  readonly #onPacket: (bytes: Uint8Array, start: number, end: number) => void;
  #rest: Uint8Array | undefined;

  constructor(onPacket: (bytes: Uint8Array, start: number, end: number) => void) {
    this.#onPacket = onPacket;
  }

  push(chunk: Uint8Array): void {
    const bytes = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    for (let end = endOfPacket(bytes, at); end > 0; end = endOfPacket(bytes, at)) {
      this.#onPacket(bytes, at, end);
      at = end;
    }
    this.#rest = at < bytes.length ? bytes.subarray(at) : undefined;
  }
}
