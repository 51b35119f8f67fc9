/** What reaches the process when nobody caught it: always a bug of what is being fuzzed. */

/** Collects uncaught exceptions and unhandled rejections while it is installed. */
export class ProcessFaults {
  readonly #faults: string[] = [];
  readonly #onException = (error: unknown) => this.#faults.push(`uncaught exception: ${stackOf(error)}`);
  readonly #onRejection = (error: unknown) => this.#faults.push(`unhandled rejection: ${stackOf(error)}`);

  constructor() {
    process.on('uncaughtException', this.#onException);
    process.on('unhandledRejection', this.#onRejection);
  }

  /** The faults since the last call; an empty list in good times. */
  take(): string[] {
    return this.#faults.splice(0);
  }

  /** Leaves the process as it was. */
  uninstall(): void {
    process.off('uncaughtException', this.#onException);
    process.off('unhandledRejection', this.#onRejection);
  }
}

/** An error with the place it comes from. */
export function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
