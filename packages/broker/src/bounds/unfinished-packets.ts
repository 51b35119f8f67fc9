/**
 * Bytes of packets that have not come to their end, of all connections together: a large packet is agreed with each client, and ten thousand halves of
 * one are not.
 */
import { tooMuchUnfinished } from '../errors.js';

/** Less than this is not worth an entry: it is in what a connection costs anyway. */
const smallBytes = 2_048;

/** Who sends a packet. */
export interface PacketSender {
  fail(error: unknown): void;
}

/** One per broker. */
export class UnfinishedPackets<Sender extends PacketSender> {
  readonly #maximumBytes: number;
  /** In the order in which the packets began. */
  readonly #waiting = new Map<Sender, number>();
  #bytes = 0;

  constructor(maximumBytes: number) {
    this.#maximumBytes = maximumBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /**
   * The bytes that wait for the rest of their packet; `isNew`: it is another packet than before. When the bound is passed, the sender whose packet has
   * been on its way for longest fails.
   */
  changed(sender: Sender, waitingBytes: number, isNew: boolean): void {
    const former = this.#waiting.get(sender);
    const bytes = waitingBytes < smallBytes ? 0 : waitingBytes;
    if (former === undefined && bytes === 0) return;
    this.#bytes += bytes - (former ?? 0);
    if (bytes === 0 || isNew) this.#waiting.delete(sender);
    if (bytes > 0) this.#waiting.set(sender, bytes);
    while (this.#bytes > this.#maximumBytes) this.#failOldest();
  }

  #failOldest(): void {
    const [oldest, bytes] = this.#waiting.entries().next().value as [Sender, number];
    this.#waiting.delete(oldest);
    this.#bytes -= bytes;
    oldest.fail(tooMuchUnfinished());
  }
}
