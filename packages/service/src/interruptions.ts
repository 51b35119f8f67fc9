/** Tells handlers in work that nobody waits for them any more. Knows nothing of what they do. */

/** The part of one handling in it. */
export interface Interruption {
  /** Made when it is first asked for: most handlers never do. */
  readonly signal: AbortSignal;
  /** The handling is over; its signal will never be aborted. */
  end(): void;
}

/** One signal for each handling and none for all: what listens to it is gone with the work, and no signal has many listeners. */
export class Interruptions {
  readonly #controllers = new Set<AbortController>();
  #aborted = false;

  /** Handlings in work whose signal somebody asked for. */
  get size(): number {
    return this.#controllers.size;
  }

  begin(): Interruption {
    const controllers = this.#controllers;
    const isAborted = () => this.#aborted;
    let controller: AbortController | undefined;
    let isOver = false;
    return {
      get signal() {
        if (controller === undefined) {
          controller = new AbortController();
          if (isAborted()) controller.abort();
          else if (!isOver) controllers.add(controller);
        }
        return controller.signal;
      },
      end() {
        isOver = true;
        if (controller !== undefined) controllers.delete(controller);
      },
    };
  }

  /** Aborts the signals of all handlings, also of those that ask later. */
  abort(): void {
    this.#aborted = true;
    for (const controller of this.#controllers) controller.abort();
    this.#controllers.clear();
  }
}
