#!/usr/bin/env node
/** The command: scenarios and brokers in, tables and files out, and an exit code. */
import { writeFileSync } from 'node:fs';
import { CommandLineError, type CommandOptions, readCommandOptions, usage } from './command-options.js';
import { buildLoadGenerator, LoadError } from './load-generator.js';
import { canPin } from './pinned-process.js';
import { resultNotes, resultTable } from './result-table.js';
import type { ScenarioResult } from './results.js';
import { runScenario } from './run-scenario.js';
import { scenarios } from './scenarios.js';
import { textTable } from './table.js';

const profiles = 'benchmarks/profiles';

try {
  const options = readCommandOptions(process.argv.slice(2));
  if (options.help) process.stdout.write(usage);
  else if (options.list) listScenarios();
  else process.exitCode = await measure(options);
} catch (error) {
  if (!(error instanceof CommandLineError || error instanceof LoadError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = error instanceof LoadError ? 1 : 2;
}

function listScenarios(): void {
  const rows = scenarios.map(({ name, title }) => [name.padEnd(20), title].join(' '));
  process.stdout.write(`${rows.join('\n')}\n`);
}

async function measure(options: CommandOptions): Promise<number> {
  const generator = buildLoadGenerator();
  if (!canPin())
    process.stderr.write('Without taskset and two cores, brokers and generator share what there is.\n');
  const nodeArguments = options.profile ? ['--cpu-prof', `--cpu-prof-dir=${profiles}`] : [];
  const results: ScenarioResult[] = [];
  for (const scenario of options.scenarios) {
    const result = await runScenario(generator, scenario, options.brokers, { ...options, nodeArguments });
    const lines = [`${result.name}: ${result.title}`, textTable(resultTable(result)), ...resultNotes(result)];
    process.stdout.write(`${lines.join('\n')}\n\n`);
    results.push(result);
  }
  if (options.profile) process.stdout.write(`The profiles are in ${profiles}.\n`);
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(results, undefined, 2)}\n`);
  const petrelFailed = results.some(({ outcomes }) =>
    outcomes.some((outcome) => outcome.broker === 'petrel' && 'failed' in outcome),
  );
  return petrelFailed ? 1 : 0;
}
