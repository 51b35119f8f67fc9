/** How many answers of a stream its reader asks for, ahead of what it has read. Owns one timer while the stream is open. */
import type { Clock } from '@petrel/client';

// Three times within the patience of a responder (reply-window.ts), so that one may be lost.
const repeatAfterMs = 10_000;

export class ReaderCredit {
  /** Answers that may be on their way, or wait to be read. */
  readonly window: number;
  readonly #clock: Clock;
  #tell: ((credit: number) => void) | undefined;
  #read = 0;
  #told: number;
  #cancelRepeat: (() => void) | undefined;

  constructor(clock: Clock, window: number) {
    this.#clock = clock;
    this.window = window;
    this.#told = window;
  }

  /** The first answer has come from a responder that counts; `tell` says the new number to it. */
  begin(tell: (credit: number) => void): void {
    if (this.#tell !== undefined) return;
    this.#tell = tell;
    this.#repeatLater();
  }

  /** One answer was read. The responder is told for half a window at once. */
  read(): void {
    this.#read++;
    if (this.#read + this.window - this.#told >= this.window / 2) this.#say();
  }

  /** The stream has ended. */
  end(): void {
    this.#cancelRepeat?.();
    this.#tell = undefined;
  }

  #say(): void {
    this.#told = this.#read + this.window;
    this.#tell?.(this.#told);
  }

  #repeatLater(): void {
    this.#cancelRepeat = this.#clock.schedule(repeatAfterMs, () => {
      this.#say();
      this.#repeatLater();
    });
  }
}
