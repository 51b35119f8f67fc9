#!/usr/bin/env node
/** The command: options in, table and JSON out, and an exit code. */
import { writeFile } from 'node:fs/promises';
import { CommandLineError, readCommandOptions, usage } from './command-options.js';
import { runServer } from './run-server.js';
import { formatTable } from './table.js';

/** Runs the command and returns its exit code. */
async function main(args: readonly string[]): Promise<number> {
  const { help, report, target, name, only, version, json } = readCommandOptions(args);
  if (report) {
    // Loads brokers of all kinds, which no other use of the command needs.
    const { writeReport } = await import('./report.js');
    await writeReport((line) => process.stdout.write(`${line}\n`));
    return 0;
  }
  if (help || target === undefined || name === undefined) {
    process.stdout.write(usage);
    return 0;
  }
  const result = await runServer(name, target, { only, version });
  if (only !== undefined && result.versions.length === 0) {
    throw new CommandLineError(
      `option "--only" must be the id of a statement that binds a server, got ${only}`,
    );
  }
  const text = `${JSON.stringify(result, undefined, 2)}\n`;
  if (json !== undefined && json !== '-') await writeFile(json, text);
  process.stdout.write(json === '-' ? text : formatTable(result));
  return result.versions.some(({ statements }) => statements.some(({ status }) => status === 'failed'))
    ? 1
    : 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
