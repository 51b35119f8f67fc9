#!/usr/bin/env node
/** The petrel command as a program. */
import { run } from './run.js';
import { processTerminal } from './terminal.js';

process.exitCode = await run(process.argv.slice(2), processTerminal());
// Standard input that nobody reads to its end would keep the process.
process.stdin.destroy();
