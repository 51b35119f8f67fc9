/**
 * Who may come in now, who waits at the door, and who is turned away: by how many there are, by address, by rate, and by how loaded the broker is. Knows
 * nothing of packets. Owns no timer; the time comes as an argument.
 */
import { addressGroup } from './address-group.js';
import type { LoadLevel } from './load-level.js';
import { TokenBucket } from './token-bucket.js';

/** Bounds of the door; of rates and of connections per address 0 = none. */
export interface AdmissionLimits {
  readonly maximumConnections: number;
  readonly maximumConnectionsPerAddress: number;
  readonly connectionsPerSecond: number;
  readonly connectionsPerSecondPerAddress: number;
}

/** What is asked of the door: come in, wait, or go. */
export type AdmissionAnswer = 'enter' | 'wait' | 'refuse';

/** Addresses without connections are forgotten when there are more than this, and twice as many as were left last time. */
const fewAddresses = 1_024;

class AddressCount {
  connections = 0;

  constructor(readonly bucket: TokenBucket | undefined) {}
}

/** One per broker. */
export class Admission {
  readonly #limits: () => AdmissionLimits;
  readonly #load: LoadLevel;
  #bucket: TokenBucket | undefined;
  #bucketPerSecond = 0;
  readonly #addresses = new Map<string, AddressCount>();
  #connections = 0;
  #sweepAt = fewAddresses;

  /** `limits` gives those that are in force: they may change. */
  constructor(limits: () => AdmissionLimits, load: LoadLevel) {
    this.#limits = limits;
    this.#load = load;
  }

  /** Connections that were let in or wait, and are not gone. */
  get connections(): number {
    return this.#connections;
  }

  /** Addresses that are counted at the moment. */
  get addresses(): number {
    return this.#addresses.size;
  }

  /** A new connection stands at the door. One that is not refused counts until `left`. */
  arrived(remoteAddress: string | undefined, now: number): AdmissionAnswer {
    if (this.#connections >= this.#limits().maximumConnections) return 'refuse';
    const address = this.#countOf(remoteAddress, now);
    if (address !== undefined && !this.#isWelcome(address, now)) return 'refuse';
    this.#connections += 1;
    if (address !== undefined) address.connections += 1;
    return this.mayEnter(now) ? 'enter' : 'wait';
  }

  /** Whether one that waits may come in now; asked when nobody waits before it, and true means that it does. */
  mayEnter(now: number): boolean {
    const bucket = this.#currentBucket(now);
    if (this.#load.isBusy || (bucket !== undefined && bucket.waitMs(now) > 0)) return false;
    bucket?.spend(1, now);
    return true;
  }

  /** Milliseconds until the rate lets the next one in. */
  waitMs(now: number): number {
    return this.#currentBucket(now)?.waitMs(now) ?? 0;
  }

  /** A connection that was counted is gone. */
  left(remoteAddress: string | undefined): void {
    this.#connections -= 1;
    const group = addressGroup(remoteAddress);
    const address = group === undefined ? undefined : this.#addresses.get(group);
    if (address === undefined || group === undefined) return;
    address.connections -= 1;
    if (address.connections === 0 && address.bucket === undefined) this.#addresses.delete(group);
  }

  #currentBucket(now: number): TokenBucket | undefined {
    const { connectionsPerSecond } = this.#limits();
    if (connectionsPerSecond === this.#bucketPerSecond) return this.#bucket;
    this.#bucketPerSecond = connectionsPerSecond;
    this.#bucket = connectionsPerSecond === 0 ? undefined : new TokenBucket(connectionsPerSecond, now);
    return this.#bucket;
  }

  #isWelcome({ connections, bucket }: AddressCount, now: number): boolean {
    const { maximumConnectionsPerAddress: maximum } = this.#limits();
    if (maximum > 0 && connections >= maximum) return false;
    if (bucket === undefined) return true;
    if (bucket.waitMs(now) > 0) return false;
    bucket.spend(1, now);
    return true;
  }

  #countOf(remoteAddress: string | undefined, now: number): AddressCount | undefined {
    const group = addressGroup(remoteAddress);
    if (group === undefined) return undefined;
    const known = this.#addresses.get(group);
    if (known !== undefined) return known;
    if (this.#addresses.size >= this.#sweepAt) this.#sweep(now);
    const { connectionsPerSecondPerAddress: perSecond } = this.#limits();
    const count = new AddressCount(perSecond === 0 ? undefined : new TokenBucket(perSecond, now));
    this.#addresses.set(group, count);
    return count;
  }

  /** A bucket has to be remembered until it is full again, and no longer. */
  #sweep(now: number): void {
    for (const [group, { connections, bucket }] of this.#addresses) {
      if (connections === 0 && bucket?.isFull(now) !== false) this.#addresses.delete(group);
    }
    this.#sweepAt = Math.max(fewAddresses, 2 * this.#addresses.size);
  }
}
