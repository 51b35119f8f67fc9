/** The end of all work that the event loop still has to do before time may go on. */

/** More than any storm of packets takes; two sides that answer each other for ever never end. */
const mostTurns = 20_000;

/**
 * Lets turns of the event loop pass until none is asked for any more. Exact, not patient: microtasks and ticks are run after every turn, so
 * once no immediate waits, nothing in this process moves before the clock does.
 */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < mostTurns; turn++) {
    await new Promise<void>((resolve) => setImmediate(resolve));
    if (!process.getActiveResourcesInfo().includes('Immediate')) return;
  }
  throw new Error(`no quiet after ${mostTurns} turns: somebody answers for ever`);
}
