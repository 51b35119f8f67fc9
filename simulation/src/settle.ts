/** The end of all work that the event loop still has to do before time may go on. */

/**
 * Lets turns of the event loop pass until none is asked for any more. Exact, not patient: microtasks and ticks are run after every turn, so
 * once no immediate waits, nothing in this process moves before the clock does.
 */
export async function settle(): Promise<void> {
  do await new Promise<void>((resolve) => setImmediate(resolve));
  while (process.getActiveResourcesInfo().includes('Immediate'));
}
