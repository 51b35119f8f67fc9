#!/usr/bin/env node
/** The command: a seed and a time in, progress and findings out, and an exit code. */
import { runCampaign } from './campaign.js';
import { CommandLineError, type CommandOptions, readCommandOptions, usage } from './command-options.js';
import { describeFinding } from './report.js';
import type { Target } from './target.js';

try {
  const options = readCommandOptions(process.argv.slice(2));
  if (options.help) process.stdout.write(usage);
  else process.exitCode = await fuzz(options);
} catch (error) {
  if (!(error instanceof CommandLineError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}

async function fuzz({ seed, minutes, targets, input }: CommandOptions): Promise<number> {
  const share = (minutes * 60_000) / targets.length;
  let found = 0;
  for (const target of targets) {
    if (await hasFinding(target, seed, share, input)) found++;
  }
  return found > 0 ? 1 : 0;
}

async function hasFinding(
  target: Target,
  seed: number,
  ms: number,
  input: number | undefined,
): Promise<boolean> {
  process.stdout.write(`${target.name}, seed ${seed}\n`);
  const until = performance.now() + ms;
  const only = input === undefined ? undefined : (input % target.inputsPerSubject) + 1;
  const { inputs, finding } = await runCampaign(target, {
    seed,
    ...(input !== undefined && { first: input }),
    isOver: (count) => (only === undefined ? performance.now() > until : count >= only),
    onProgress: (count) => process.stdout.write(`  ${count} inputs\n`),
  });
  process.stdout.write(
    finding === undefined ? `  ${inputs} inputs, nothing found\n` : describeFinding(target, seed, finding),
  );
  return finding !== undefined;
}
