/** `petrel config`: looks at a configuration without starting a broker. */
import { UsageError } from '@petrel/protocol';
import { type Command, readOperands } from '../command.js';
import { loadConfiguration } from '../configuration/load.js';
import { type Problem, problemLine } from '../configuration/problem.js';
import { ConfigurationError } from '../errors.js';
import { readArguments } from '../read-arguments.js';
import type { Terminal } from '../terminal.js';

const options = { json: { type: 'boolean' } } as const;

/** The command `config`. */
export const configCommand: Command = {
  summary: 'check a configuration file',
  options,
  actions: ['check'],
  operands: 'file',
  help: `petrel config check [--json] [file]

Reads a configuration as petrel broker would, with the environment variables and the files that it names, and starts nothing.
Without a file it checks what the environment says. Exit code 0: a broker starts with it; 1: it does not, and every
reason is a line with file, line and column.

      --json                 one JSON object: { "ok": …, "problems": [{ "source", "line", "column", "path", "message" }] }`,

  async run(args, terminal) {
    const { values, positionals } = readArguments(args, options);
    const [action, ...operands] = positionals;
    if (action !== 'check')
      throw new UsageError(
        `petrel config wants check, got ${action === undefined ? 'nothing' : `"${action}"`}`,
      );
    const [file] = readOperands(operands, '[file]');
    const error = await problemsOf(file);
    report(error?.problems ?? [], file ?? 'the environment', values.json ?? false, terminal);
    return error === undefined ? undefined : 1;
  },
};

async function problemsOf(file: string | undefined): Promise<ConfigurationError | undefined> {
  try {
    await loadConfiguration({ file, environment: process.env });
    return undefined;
  } catch (error) {
    if (error instanceof ConfigurationError) return error;
    throw error;
  }
}

function report(problems: readonly Problem[], name: string, json: boolean, terminal: Terminal): void {
  if (json) {
    terminal.out(JSON.stringify({ ok: problems.length === 0, problems }));
    return;
  }
  for (const problem of problems) terminal.err(problemLine(problem));
  if (problems.length === 0) terminal.out(`${name} is right`);
}
