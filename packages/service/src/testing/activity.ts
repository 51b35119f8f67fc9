/** Knows what is going on in a harness: what has begun and not ended, and whether anything moves at all. */
import type { Observation, Observer } from '../observer.js';

/** Turns of the event loop without any news after which nothing is on its way inside this process any more. */
const quietTurns = 10;

/** The news of one harness. */
export class Activity {
  #news = 0;
  #wake: (() => void)[] = [];
  readonly #running = new Map<object, string>();

  /** Tells of work that has begun: handlers and publishes, in words. Requests wait for others, and are no work themselves. */
  readonly observer: Observer = {
    handling: ({ endpoint, message }) =>
      this.#begin(
        `the handler of "${endpoint.pattern?.pattern ?? endpoint.topicFilter}" on "${message.topicName}"`,
      ),
    publishing: ({ topicName }) => this.#begin(`the publisher of "${topicName}"`),
    requesting: () => {
      this.stir();
      return { end: () => this.stir() };
    },
    happened: () => this.stir(),
  };

  /** What has begun and not ended, in words. */
  get running(): readonly string[] {
    return [...this.#running.values()];
  }

  /** Something happened. */
  stir(): void {
    this.#news++;
    for (const wake of this.#wake.splice(0)) wake();
  }

  /** Resolves when nothing happens without outside help or the passing of time; handlers may be at work. */
  async quiet(): Promise<void> {
    for (let turns = 0, seen = this.#news; turns < quietTurns; turns++) {
      await new Promise((resolve) => setImmediate(resolve));
      if (seen === this.#news) continue;
      seen = this.#news;
      turns = -1;
    }
  }

  /** Resolves with true at the next news, with false after `limitMs` of real time without any. */
  news(limitMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), limitMs);
      this.#wake.push(() => {
        clearTimeout(timer);
        resolve(true);
      });
    });
  }

  #begin(what: string): Observation {
    const piece = {};
    this.#running.set(piece, what);
    this.stir();
    return {
      end: () => {
        this.#running.delete(piece);
        this.stir();
      },
    };
  }
}
