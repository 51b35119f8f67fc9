/** The command line as a function, for programs and tests. */
export { exitCode, run } from './run.js';
export type { Terminal } from './terminal.js';
