/** When to send PINGREQ and when to give a silent server up (MQTT 5.0 section 3.1.2.10). Takes the time as an argument, owns no timer. */

/** What is due now. */
export type KeepAliveDecision = 'wait' | 'ping' | 'silent';

// Packets must never be further apart than the Keep Alive; timers are late, never early.
const safetyFactor = 0.9;
// A process that slept finds its timers due before it has read what came meanwhile: one more look before giving up.
const lastChanceMs = 100;

/** The keep alive of one connection. All times in milliseconds of one clock. */
export class KeepAlive {
  readonly #intervalMs: number;
  readonly #pingTimeoutMs: number;
  #lastSent: number;
  #lastReceived: number;
  /** When the open PINGREQ gives up; undefined when none is open. */
  #deadline: number | undefined;
  #lastChance = false;

  /** `keepAliveMs` above 0, from the option or, where it sent one, the server [MQTT-3.1.2-21] [MQTT-3.2.2-21]. */
  constructor(keepAliveMs: number, pingTimeoutMs: number, now: number) {
    this.#intervalMs = keepAliveMs * safetyFactor;
    this.#pingTimeoutMs = pingTimeoutMs;
    this.#lastSent = now;
    this.#lastReceived = now;
  }

  /** Bytes left. */
  sent(now: number): void {
    this.#lastSent = now;
  }

  /** Bytes came: the server is there, whatever they say. */
  received(now: number): void {
    this.#lastReceived = now;
    this.#deadline = undefined;
    this.#lastChance = false;
  }

  /** What is due; after `'ping'` a PINGREQ counts as sent. */
  decide(now: number): KeepAliveDecision {
    if (this.#deadline !== undefined && now >= this.#deadline) {
      if (this.#lastChance) return 'silent';
      this.#lastChance = true;
      this.#deadline = now + lastChanceMs;
      return 'wait';
    }
    if (now < this.#nextPing()) return 'wait';
    this.#deadline ??= now + this.#pingTimeoutMs;
    this.#lastSent = now;
    return 'ping'; // [MQTT-3.1.2-20]
  }

  /** Milliseconds until something can be due. */
  delayMs(now: number): number {
    const due = Math.min(this.#deadline ?? Number.POSITIVE_INFINITY, this.#nextPing());
    return Math.max(1, Math.ceil(due - now));
  }

  /** When to send PINGREQ; a Keep Alive shorter than the wait for PINGRESP asks for the next one while the last is open. */
  #nextPing(): number {
    if (this.#deadline !== undefined) return this.#lastSent + this.#intervalMs;
    // Also when only the server is quiet: a client that sends all the time would never learn that nobody is there.
    return Math.min(this.#lastSent, this.#lastReceived) + this.#intervalMs;
  }
}
