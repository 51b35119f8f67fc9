#!/usr/bin/env node
/** The petrel command as a program. */
import { run } from './run.js';
import { processTerminal } from './terminal.js';

const terminal = processTerminal();
process.exitCode = await run(process.argv.slice(2), terminal);
// Standard input that nobody reads to its end would keep the process.
process.stdin.destroy();
// And so would a connection that was still being made: whoever interrupts does not wait for it.
if (terminal.interrupted.aborted) process.exit();
