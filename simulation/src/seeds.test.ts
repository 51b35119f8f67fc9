import { describe, expect, test } from 'vitest';
import { judge } from './checkers/index.js';
import { describeHistory } from './describe-history.js';
import { generateSteps } from './generate-steps.js';
import { run } from './run.js';
import { shrink } from './shrink.js';

const stepCount = 60;
const groups = 10;
const seedsOfGroup = 25;

test('the same seed gives the same history, packet by packet', async () => {
  // The third one has real clients in it.
  for (const seed of [1, 2, 12]) {
    const [first, second] = [await run(generateSteps(seed, 60)), await run(generateSteps(seed, 60))];
    expect(describeHistory(first).length).toBeGreaterThan(50);
    expect(first).toEqual(second);
  }
});

describe.each(['memory', 'disk'] as const)('no rule is broken with the store in %s', (store) => {
  const firstSeeds = Array.from({ length: groups }, (_, group) => group * seedsOfGroup);
  test.each(firstSeeds)(
    'by 25 runs from seed %i on',
    async (firstSeed) => {
      for (let seed = firstSeed; seed < firstSeed + seedsOfGroup; seed++) {
        const findings = judge(await run(generateSteps(seed, stepCount), {}, store));
        const again = `npm run sim -- --store ${store} --seed ${seed} --steps ${stepCount}`;
        expect(findings, again).toEqual([]);
      }
    },
    60_000,
  );
});

test('a failing list of steps shrinks to what matters', async () => {
  const steps = generateSteps(3, stepCount);
  const shortest = await shrink(steps, async (candidate) =>
    (await run(candidate)).some((event) => event.kind === 'take' && event.client.startsWith('c')),
  );
  expect(shortest.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['connect', 'subscribe']));
  expect(shortest.length).toBeLessThan(6);
});
