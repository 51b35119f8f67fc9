#!/usr/bin/env node
/** The command: options in, table and JSON out, and an exit code. */
import { writeFile } from 'node:fs/promises';
import { CommandLineError, type CommandOptions, readCommandOptions, usage } from './command-options.js';
import type { RunResult } from './results.js';
import { runClient } from './run-client.js';
import { runServer } from './run-server.js';
import { formatTable } from './table.js';
import { reportingUncaught } from './uncaught-errors.js';

/** Runs the command and returns its exit code. */
async function main(args: readonly string[]): Promise<number> {
  const options = readCommandOptions(args);
  if (options.report) {
    // Loads brokers of all kinds, which no other use of the command needs.
    const { writeReport } = await import('./report.js');
    await writeReport((line) => process.stdout.write(`${line}\n`));
    return 0;
  }
  const result = await run(options);
  if (result === undefined) {
    process.stdout.write(usage);
    return 0;
  }
  const { only, json } = options;
  if (only !== undefined && result.versions.length === 0) {
    throw new CommandLineError(
      `option "--only" must be the id of a statement that binds a ${result.role}, got ${only}`,
    );
  }
  const text = `${JSON.stringify(result, undefined, 2)}\n`;
  if (json !== undefined && json !== '-') await writeFile(json, text);
  process.stdout.write(json === '-' ? text : formatTable(result));
  return result.versions.some(({ statements }) => statements.some(({ status }) => status === 'failed'))
    ? 1
    : 0;
}

/** Runs the tests of one end; undefined when neither was asked for. */
async function run({ client, name, target, ...selection }: CommandOptions): Promise<RunResult | undefined> {
  if (client === undefined) return target && name ? runServer(name, target, selection) : undefined;
  const { comparedClients } = await import('./clients/index.js');
  const adapter = comparedClients.get(client);
  if (adapter === undefined) {
    const known = [...comparedClients.keys()].join(' or ');
    throw new CommandLineError(`option "--client" must be ${known}, got ${client}`);
  }
  const say = (line: string) => process.stderr.write(`${line}\n`);
  return reportingUncaught(say, () => runClient(adapter, selection));
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
