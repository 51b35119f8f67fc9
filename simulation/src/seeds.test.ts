import { describe, expect, test } from 'vitest';
import { judge } from './checkers/index.js';
import { generateSteps } from './generate-steps.js';
import { run } from './run.js';

describe('simulation', () => {
  test('same seed, same history', async () => {
    const steps = generateSteps(1, 60);
    expect(await run(steps)).toEqual(await run(steps));
  });

  test.each(Array.from({ length: 250 }, (_, seed) => seed))('seed %i breaks no rule', async (seed) => {
    const events = await run(generateSteps(seed, 60));
    expect(judge(events)).toEqual([]);
  });
});
