/** A short soak: nobody good may notice. That nothing grows takes minutes, and `npm run soak`. */
import { expect, test } from 'vitest';
import { soak } from './soak.js';

test('good clients beside hostile ones lose nothing, in order, and keep their connections', {
  timeout: 120_000,
}, async () => {
  const result = await soak({
    seconds: 10,
    seed: 1,
    pairs: 6,
    messagesPerSecond: 100,
    crowd: 15,
    windowSeconds: 5,
  });
  expect(result.faults).toEqual([]);
  expect(result.published).toBeGreaterThan(0);
  expect(result.received).toBe(result.published);
  expect(result.hostileConnections).toBeGreaterThan(15);
  // The crowd was met, and not only there.
  const met = result.windows.at(-1);
  expect(met?.turnedAway).toBeGreaterThan(0);
  expect(met?.sentAway).toBeGreaterThan(0);
  // What the limits of the broker add up to, and the process around it.
  for (const { residentBytes } of result.windows) expect(residentBytes).toBeLessThan(600e6);
});
