#!/usr/bin/env node
/** `npm run sim -- --seed N --steps M [--runs R] [--store memory|disk]`: runs seeds from N on, and shows the shortest history of the first that fails. */
import { parseArgs } from 'node:util';
import { type Finding, judge } from './checkers/index.js';
import { describeHistory, describeStep } from './describe-history.js';
import { generateSteps } from './generate-steps.js';
import { run } from './run.js';
import { shrink } from './shrink.js';
import type { StoreKind } from './simulated-store.js';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '0' },
    steps: { type: 'string', default: '60' },
    runs: { type: 'string', default: '1' },
    store: { type: 'string', default: 'memory' },
  },
});

const store = storeKind(values.store);
process.exitCode = await runSeeds(
  natural('seed', values.seed),
  natural('steps', values.steps),
  natural('runs', values.runs),
);

async function runSeeds(firstSeed: number, count: number, runs: number): Promise<number> {
  for (let seed = firstSeed; seed < firstSeed + runs; seed++) {
    const steps = generateSteps(seed, count);
    const findings = judge(await run(steps, {}, store));
    if (findings.length === 0) continue;
    console.log(`Seed ${seed} breaks a rule:`);
    for (const finding of findings) console.log(`  ${finding.checker}: ${finding.what}`);
    await explain(seed, count, findings[0] as Finding);
    return 1;
  }
  console.log(
    `${runs} ${runs === 1 ? 'run' : 'runs'} of ${count} steps from seed ${firstSeed}: no rule broken`,
  );
  return 0;
}

async function explain(seed: number, count: number, { checker }: Finding): Promise<void> {
  const shortest = await shrink(generateSteps(seed, count), async (steps) =>
    judge(await run(steps, {}, store)).some((finding) => finding.checker === checker),
  );
  const events = await run(shortest, {}, store);
  console.log(`\nThe shortest steps that still break it (${shortest.length} of ${count}):`);
  for (const step of shortest) console.log(`  ${describeStep(step)}`);
  for (const finding of judge(events)) console.log(`  → ${finding.checker}: ${finding.what}`);
  console.log('\nTheir history:');
  for (const line of describeHistory(events)) console.log(`  ${line}`);
  console.log(`\nAgain: npm run sim -- --seed ${seed} --steps ${count} --store ${store}`);
}

function storeKind(text: string): StoreKind {
  if (text === 'memory' || text === 'disk') return text;
  throw new RangeError(`option "store" must be memory or disk, got ${text}`);
}

function natural(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new RangeError(`option "${name}" must be an integer from 0 on, got ${text}`);
}
