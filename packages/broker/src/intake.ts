/**
 * Whether a connection is read: counts the reasons not to, and tells the transport only once bytes came that have to wait. Most
 * reasons are gone before that, and telling the system twice costs more than a packet.
 */
import type { Transport } from './transport.js';

/** One per connection; open until somebody blocks it. */
export class Intake {
  readonly #transport: Transport;
  #blocks = 0;
  #isChoked = false;
  #isPaused = false;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  get isOpen(): boolean {
    return this.#blocks === 0;
  }

  /** Closed for reasons that are not the peer's own. */
  get isBlocked(): boolean {
    return this.#blocks > (this.#isChoked ? 1 : 0);
  }

  block(): void {
    this.#blocks += 1;
  }

  /** Takes back one block(); true when nothing is left that keeps it closed. */
  unblock(): boolean {
    this.#blocks -= 1;
    if (this.#blocks > 0) return false;
    if (this.#isPaused) this.#transport.resume();
    this.#isPaused = false;
    return true;
  }

  /** Bytes came and wait: no more of them for now. */
  pause(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    this.#transport.pause();
  }

  /** Who does not take answers gets no more of them: it is not read until it does. */
  choke(): void {
    if (this.#isChoked) return;
    this.#isChoked = true;
    this.block();
  }

  /** The peer takes its answers again; true when that was what kept it closed. */
  unchoke(): boolean {
    if (!this.#isChoked) return false;
    this.#isChoked = false;
    return this.unblock();
  }
}
