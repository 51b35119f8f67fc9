/** The way from one device to the broker: a TCP stream of its own that can be cut, as a radio link breaks. */
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';

export interface LinkOptions {
  host: string;
  port: number;
}

export class Link {
  readonly #options: LinkOptions;
  #stream: Duplex | undefined;
  #mend: NodeJS.Timeout | undefined;

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  get state(): 'up' | 'cut' {
    return this.#mend === undefined ? 'up' : 'cut';
  }

  /** Opens the stream; rejects while the link is cut. */
  open(): Promise<Duplex> {
    if (this.state === 'cut') return Promise.reject(new Error('the link is cut'));
    return new Promise((resolve, reject) => {
      const socket = connect({ ...this.#options, noDelay: true });
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        this.#stream = socket;
        resolve(socket);
      });
    });
  }

  /** Tears the stream, without a goodbye, and lets no new one through for so long; cut twice, it stays cut for the longer time. */
  cut(forMs: number): void {
    clearTimeout(this.#mend);
    this.#mend = setTimeout(() => {
      this.#mend = undefined;
    }, forMs);
    this.#stream?.destroy();
  }

  /** Forgets a pending mend, so that the process can end. */
  close(): void {
    clearTimeout(this.#mend);
    this.#mend = undefined;
  }
}
