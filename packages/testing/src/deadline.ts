/** Turns "hangs until the test runner gives up" into an error that says what was waited for. */

/**
 * Settles as `promise` does, or rejects after `ms` with an Error whose text `describe` makes at that moment.
 * The limit is generous on purpose: it is there for failures, no test measures time with it.
 */
export function withDeadline<T>(promise: Promise<T>, ms: number, describe: () => string): Promise<T> {
  return new Promise((resolve, reject) => {
    const timeout = setTimeout(() => reject(new Error(`${describe()} (waited ${ms} ms)`)), ms);
    promise.then(resolve, reject).finally(() => clearTimeout(timeout));
  });
}
