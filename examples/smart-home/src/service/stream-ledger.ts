/** Which readings of one stream have arrived, by their sequence numbers: the proof behind "nothing is lost". */
import type { NumberedReading } from '../house/messages.js';

/** Readings that may be ahead of a gap; a device sends no more than its window. */
const aheadLimit = 1_000;

export class StreamLedger {
  /** Every number up to here has arrived, or was lost for ever and is counted as such. */
  receivedUpTo: number;
  duplicates = 0;
  lost = 0;
  /** Numbers above {@link receivedUpTo} that have arrived. */
  readonly #ahead = new Set<number>();

  /**
   * Begins with the first reading seen.
   *
   * What lies below `keepsFrom` the device forgot before this ledger began. It forgets what a receipt names, so an earlier run
   * of this service has received it.
   */
  constructor(keepsFrom: number) {
    this.receivedUpTo = keepsFrom - 1;
  }

  /** Different readings received. */
  get received(): number {
    return this.receivedUpTo - this.lost + this.#ahead.size;
  }

  /** Numbers not here although a later one is, and still kept by the device. */
  get missing(): number {
    return this.#ahead.size === 0 ? 0 : Math.max(...this.#ahead) - this.receivedUpTo - this.#ahead.size;
  }

  /** Notes one reading; `false` when it has been here before, or is too far ahead to be noted. */
  accept({ sequence, keepsFrom }: Pick<NumberedReading, 'sequence' | 'keepsFrom'>): boolean {
    this.#giveUpBelow(keepsFrom);
    if (sequence <= this.receivedUpTo || this.#ahead.has(sequence)) {
      this.duplicates++;
      return false;
    }
    if (sequence > this.receivedUpTo + aheadLimit) return false;
    this.#ahead.add(sequence);
    this.#advance();
    return true;
  }

  /** A number the device no longer keeps, and that is not here, will never come. */
  #giveUpBelow(keepsFrom: number): void {
    if (keepsFrom <= this.receivedUpTo + 1) return;
    let lost = keepsFrom - 1 - this.receivedUpTo;
    for (const sequence of this.#ahead) {
      if (sequence >= keepsFrom) continue;
      this.#ahead.delete(sequence);
      lost--;
    }
    this.lost += lost;
    this.receivedUpTo = keepsFrom - 1;
    this.#advance();
  }

  #advance(): void {
    while (this.#ahead.delete(this.receivedUpTo + 1)) this.receivedUpTo++;
  }
}
