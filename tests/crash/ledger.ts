/** What was promised to whom, and what came: each message with those who have it, and how many are still owed to somebody. */

/** Receivers are numbers from 0 on; every one of them is owed every acknowledged message. */
export class Ledger {
  readonly #everybody: number;
  readonly #entries = new Map<string, { isPromised: boolean; had: number }>();
  readonly #watchers = new Set<() => void>();
  #owed = 0;
  promised = 0;

  constructor(receivers: number) {
    this.#everybody = 2 ** receivers - 1;
  }

  /** The message was acknowledged. */
  promise(message: string): void {
    this.#change(message, (entry) => {
      entry.isPromised = true;
    });
    this.promised += 1;
    this.#tell();
  }

  /** A receiver got it. */
  receive(message: string, receiver: number): void {
    this.#change(message, (entry) => {
      entry.had |= 1 << receiver;
    });
    this.#tell();
  }

  /** Messages that somebody lacks. */
  get owed(): number {
    return this.#owed;
  }

  /** Settles as soon as the condition holds; asked after every event. */
  until(isTrue: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!isTrue()) return;
        this.#watchers.delete(look);
        resolve();
      };
      this.#watchers.add(look);
      look();
    });
  }

  #change(message: string, act: (entry: { isPromised: boolean; had: number }) => void): void {
    const entry = this.#entries.get(message) ?? { isPromised: false, had: 0 };
    this.#entries.set(message, entry);
    const before = this.#isOwed(entry);
    act(entry);
    this.#owed += Number(this.#isOwed(entry)) - Number(before);
  }

  #isOwed({ isPromised, had }: { isPromised: boolean; had: number }): boolean {
    return isPromised && had !== this.#everybody;
  }

  #tell(): void {
    for (const look of this.#watchers) look();
  }
}
