/** Hands out Packet Identifiers (section 2.2.1). One per session and direction; SUBSCRIBE and UNSUBSCRIBE share it with PUBLISH. */
import { UsageError } from '../errors.js';
import { assertPacketIdentifier } from '../packets/packet-identifier-field.js';

const largestIdentifier = 0xffff;

/**
 * Unused identifiers, in turn, from a window that grows with what is in use: few in flight take few bytes, and a just released identifier
 * is the last to come back.
 */
export class PacketIdentifiers {
  /** 1 where the identifier of that index is in use; index 0 stays unused. */
  #used = new Uint8Array(0);
  #inUse = 0;
  #last = 0;

  /** How many are in use. */
  get inUse(): number {
    return this.#inUse;
  }

  /** Takes an unused identifier [MQTT-2.2.1-3]; undefined when all 65,535 are in use. */
  allocate(): number | undefined {
    if (this.#inUse === largestIdentifier) return undefined;
    if (this.#inUse >= this.#capacity() / 2) this.#grow(this.#capacity() * 2 || 16);
    const capacity = this.#capacity();
    let identifier = this.#last;
    do identifier = identifier >= capacity ? 1 : identifier + 1;
    while (this.#used[identifier] === 1);
    this.#take(identifier);
    this.#last = identifier;
    return identifier;
  }

  /** Marks an identifier of a restored session as used; throws UsageError when it is taken or none. */
  claim(identifier: number): void {
    assertPacketIdentifier(identifier);
    if (this.isUsed(identifier))
      throw new UsageError(`Packet Identifier ${identifier} is in use already [MQTT-2.2.1-3]`);
    if (identifier > this.#capacity()) this.#grow(identifier);
    this.#take(identifier);
  }

  /** Gives an identifier back; one that is not in use is left alone. */
  release(identifier: number): void {
    if (!this.isUsed(identifier)) return;
    this.#used[identifier] = 0;
    this.#inUse--;
  }

  isUsed(identifier: number): boolean {
    return this.#used[identifier] === 1;
  }

  #take(identifier: number): void {
    this.#used[identifier] = 1;
    this.#inUse++;
  }

  #capacity(): number {
    return Math.max(0, this.#used.length - 1);
  }

  #grow(capacity: number): void {
    const size = Math.min(largestIdentifier, capacity) + 1;
    if (size <= this.#used.length) return;
    const grown = new Uint8Array(size);
    grown.set(this.#used);
    this.#used = grown;
  }
}
