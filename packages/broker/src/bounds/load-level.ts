/** How loaded the event loop is, judged by how late its timers come. Owns no timer. */

/** From when on which measure is taken; milliseconds, 0 = never. */
export interface LagLimits {
  /** New connections wait. */
  readonly admissionLagMs: number;
  /** QoS 0 messages are shed. */
  readonly sheddingLagMs: number;
}

/** One stall, such as a garbage collection, is no overload: so many samples in a row are. */
const samplesToShed = 3;

/** Above a mark a measure is taken, and below half of it it ends. */
export class LoadLevel {
  readonly #limits: LagLimits;
  #lateSamples = 0;
  /** How late the last sample came. */
  lagMs = 0;
  /** New connections wait. */
  isBusy = false;
  /** QoS 0 messages are shed: the broker has fallen behind, and what nobody waits for goes first. */
  isShedding = false;

  constructor(limits: LagLimits) {
    this.#limits = limits;
  }

  /** Takes a sample: how many milliseconds a timer came too late. */
  observe(lagMs: number): void {
    const { admissionLagMs, sheddingLagMs } = this.#limits;
    this.lagMs = lagMs;
    this.isBusy = admissionLagMs > 0 && lagMs >= (this.isBusy ? admissionLagMs / 2 : admissionLagMs);
    if (sheddingLagMs === 0) return;
    this.#lateSamples = lagMs >= sheddingLagMs ? this.#lateSamples + 1 : 0;
    if (this.#lateSamples >= samplesToShed) this.isShedding = true;
    else if (lagMs < sheddingLagMs / 2) this.isShedding = false;
  }
}
