/**
 * Bytes on their way to all clients together. Each connection has a mark of its own; above the total the mark sinks to a share of it, so that many
 * slow readers cost no more than a few.
 */

/** A connection may always have as much, or nothing would get through. More than a transport holds before it reports that it has drained. */
export const smallestMarkBytes = 65_536;

/** One per broker. */
export class OutboundTotal {
  readonly #maximumBytes: number;
  readonly #fullMark: number;
  #bytes = 0;
  /** Bytes waiting in one connection above which the broker stops feeding it, at this moment. */
  mark: number;

  /** `mark` is that of a connection while the total is not reached. */
  constructor(maximumBytes: number, mark: number) {
    this.#maximumBytes = maximumBytes;
    this.#fullMark = mark;
    this.mark = mark;
  }

  /** What sockets of all connections have not taken. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The bytes that a transport holds have changed. */
  changed(by: number): void {
    this.#bytes += by;
    this.mark =
      this.#bytes < this.#maximumBytes ? this.#fullMark : Math.min(this.#fullMark, smallestMarkBytes);
  }
}
