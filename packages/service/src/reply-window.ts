/** How many answers of one stream may leave before its reader asks for more. Owns one timer while it waits, and no message. */
import type { Clock } from '@petrel/client';

/** A reader says every ten seconds that it is still there (reader-credit.ts); one that is silent for three times that is gone. */
const patienceMs = 30_000;

export class ReplyWindow {
  readonly #clock: Clock;
  readonly #onReaderGone: () => void;
  #allowed: number;
  #sent = 0;
  #wake: (() => void) | undefined;
  #cancelPatience: (() => void) | undefined;

  /** `allowed`: answers that may leave before the first word of the reader. */
  constructor(clock: Clock, allowed: number, onReaderGone: () => void) {
    this.#clock = clock;
    this.#allowed = allowed;
    this.#onReaderGone = onReaderGone;
  }

  /** An answer has left; resolves when the next one may, undefined: at once. */
  sent(): Promise<void> | undefined {
    if (++this.#sent < this.#allowed) return undefined;
    this.#beginPatience();
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  /** The reader has room for so many answers in all; what came late, or twice, changes nothing. */
  allow(count: number): void {
    this.#allowed = Math.max(this.#allowed, count);
    if (this.#sent < this.#allowed) this.open();
    else if (this.#wake !== undefined) this.#beginPatience();
  }

  /** Lets whoever waits go on: the stream has ended. */
  open(): void {
    this.#cancelPatience?.();
    this.#cancelPatience = undefined;
    this.#wake?.();
    this.#wake = undefined;
  }

  #beginPatience(): void {
    this.#cancelPatience?.();
    this.#cancelPatience = this.#clock.schedule(patienceMs, this.#onReaderGone);
  }
}
