/** How far long work is, on the terminal of whoever waits for it: never in a file, a pipe or a log, and not for work that is short. */
import type { Terminal } from './terminal.js';

const firstAfterMs = 500;
const everyMs = 200;

/** Counts pieces of work, and shows now and then how many there were and, where it is known, of how many. */
export class Progress {
  readonly #terminal: Pick<Terminal, 'status'>;
  readonly #unit: string;
  #total: number | undefined;
  readonly #beganAt: number;
  readonly #now: () => number;
  #nextAt: number;
  #done = 0;

  constructor(
    terminal: Pick<Terminal, 'status'>,
    unit: string,
    { total, now = () => performance.now() }: { readonly total?: number; readonly now?: () => number } = {},
  ) {
    this.#terminal = terminal;
    this.#unit = unit;
    this.#total = total;
    this.#now = now;
    this.#beganAt = now();
    this.#nextAt = this.#beganAt + firstAfterMs;
  }

  /** So many more are done. */
  add(count: number): void {
    this.at(this.#done + count);
  }

  /** So many are done; of how many may have become clearer. */
  at(done: number, total = this.#total): void {
    this.#done = done;
    this.#total = total;
    const now = this.#now();
    if (now < this.#nextAt) return;
    this.#nextAt = now + everyMs;
    const perSecond = (done * 1_000) / (now - this.#beganAt);
    this.#terminal.status(`${this.#amount()}, ${whole(perSecond)} per second`);
  }

  /** Takes the line away. */
  end(): void {
    this.#terminal.status('');
  }

  #amount(): string {
    const done = whole(this.#done);
    if (this.#total === undefined) return `${done} ${this.#unit}`;
    const percent = this.#total === 0 ? 100 : Math.floor((100 * this.#done) / this.#total);
    return `${percent} %: ${done} of ${whole(this.#total)} ${this.#unit}`;
  }
}

function whole(count: number): string {
  return Math.round(count).toLocaleString('en');
}
