/** Whether a disk store can own anything more, and the words about it in the log of the broker. */
import { reasonCode } from '@petrel/protocol';
import { StoreError } from '../../errors.js';
import type { DiskStoreOptions } from './disk-store.js';
import type { Journal } from './journal.js';
import type { MessageTable } from './message-table.js';

/** What may wait for a disk that is slower than those who write to it. */
const maximumPendingBytes = 268_435_456;
/** How often a disk that was full is looked at again. */
const lookAgainMs = 2000;

/** One per store. */
export class DiskHealth {
  readonly #options: DiskStoreOptions;
  readonly #journal: Journal;
  readonly #messages: MessageTable;
  #isFull = false;
  #failureCode: number | undefined;
  #cancelLook: (() => void) | undefined;

  constructor(options: DiskStoreOptions, journal: Journal, messages: MessageTable) {
    this.#options = options;
    this.#journal = journal;
    this.#messages = messages;
  }

  /** See Store. */
  get refusal(): number | undefined {
    if (this.#failureCode !== undefined) return this.#failureCode;
    const noRoom =
      this.#isFull ||
      this.#messages.size >= this.#options.maximumMessages ||
      this.#messages.bytes >= this.#options.maximumBytes ||
      this.#journal.pendingBytes >= maximumPendingBytes;
    return noRoom ? reasonCode.quotaExceeded : undefined;
  }

  failed(cause: unknown): void {
    const { files, logger } = this.#options;
    const isFirst = this.#failureCode === undefined;
    const code = (cause as NodeJS.ErrnoException).code;
    const isRoom = code === 'ENOSPC' || code === 'EDQUOT';
    this.#failureCode = isRoom ? reasonCode.quotaExceeded : reasonCode.implementationSpecificError;
    if (isFirst) {
      const what = isRoom ? 'the disk is full' : 'the disk fails';
      logger.error(
        new StoreError(`${files.path}: ${what}; nothing that it would have to keep is taken`, cause),
      );
    }
  }

  recovered(): void {
    this.#failureCode = undefined;
    this.#options.logger.info(`${this.#options.files.path}: the disk takes everything again`);
  }

  /** Looks how much room the disk has; from below the minimum on, again and again. */
  async look(): Promise<void> {
    const { files, logger, minimumFreeBytes, clock } = this.#options;
    const freeBytes = await files.freeBytes();
    const wasFull = this.#isFull;
    this.#isFull = freeBytes < minimumFreeBytes;
    if (this.#isFull && !wasFull)
      logger.warn(
        `${files.path}: ${freeBytes} bytes are free, less than ${minimumFreeBytes}; nothing new is taken`,
      );
    if (!this.#isFull && wasFull) logger.info(`${files.path}: there is room on the disk again`);
    this.#cancelLook?.();
    this.#cancelLook = this.#isFull ? clock.schedule(lookAgainMs, () => this.#lookAgain()) : undefined;
  }

  close(): void {
    this.#cancelLook?.();
  }

  #lookAgain(): void {
    this.look().catch((cause: unknown) => this.#options.logger.warn(cause));
  }
}
