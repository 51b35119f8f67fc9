/** Decides when which link breaks: at random, one every so often, for a few seconds. Pure; chance and time are arguments. */
export interface LinkCutsOptions {
  /** Seconds between two cuts, on average; 0 = never. */
  everySeconds: number;
  now: number;
  random?: () => number;
}

export interface Cut {
  /** Which of the links, 0 … count − 1. */
  index: number;
  forMs: number;
}

const shortestMs = 3_000;
const longestMs = 9_000;

export class LinkCuts {
  readonly #meanMs: number;
  readonly #random: () => number;
  #next: number;

  constructor({ everySeconds, now, random = Math.random }: LinkCutsOptions) {
    this.#meanMs = everySeconds * 1_000;
    this.#random = random;
    this.#next = everySeconds === 0 ? Number.POSITIVE_INFINITY : now + this.#pause();
  }

  /** The cut that is due, for one of `count` links; call it a few times a second. */
  due(count: number, now: number): Cut | undefined {
    if (now < this.#next || count === 0) return undefined;
    this.#next = now + this.#pause();
    return {
      index: Math.floor(this.#random() * count),
      forMs: shortestMs + this.#random() * (longestMs - shortestMs),
    };
  }

  #pause(): number {
    return this.#meanMs * (0.5 + this.#random());
  }
}
