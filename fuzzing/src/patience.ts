/** Waiting without sleeping: in one process everything happens in turns of the event loop, so a hang is a number of turns. */

/** How long something may take before it counts as a hang; both bounds must have been passed. */
export interface Patience {
  readonly turns: number;
  readonly ms: number;
}

/** For what never leaves this process. */
export const inProcess: Patience = { turns: 3_000, ms: 0 };

/** For what goes through the kernel. */
export const throughSockets: Patience = { turns: 3_000, ms: 10_000 };

/** Resolves with true once the condition holds, with false when patience is over. `onIdle` is called every 100 turns. */
export async function until(
  condition: () => boolean,
  patience: Patience,
  onIdle = () => {},
): Promise<boolean> {
  const startedAt = performance.now();
  for (let turn = 1; !condition(); turn++) {
    if (turn > patience.turns && performance.now() - startedAt > patience.ms) return false;
    if (turn % 100 === 0) onIdle();
    await nextTurn();
  }
  return true;
}

/** The next turn of the event loop. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
