/** The command line as a whole: finds the command, runs it, turns every error into a sentence and an exit code. */
import { readFileSync } from 'node:fs';
import { PetrelError, TopicError, UsageError } from '@petrel/protocol';
import type { Command } from './command.js';
import { aclCommand } from './commands/acl.js';
import { benchCommand } from './commands/bench.js';
import { brokerCommand } from './commands/broker.js';
import { completionCommand } from './commands/completion.js';
import { configCommand } from './commands/config.js';
import { passwdCommand } from './commands/passwd.js';
import { publishCommand } from './commands/publish.js';
import { requestCommand } from './commands/request.js';
import { storeCommand } from './commands/store.js';
import { subscribeCommand } from './commands/subscribe.js';
import { ConfigurationError } from './errors.js';
import { nearest } from './read-arguments.js';
import { readerHasEnough, type Terminal } from './terminal.js';

const commands: ReadonlyMap<string, Command> = new Map([
  ['broker', brokerCommand],
  ['pub', publishCommand],
  ['sub', subscribeCommand],
  ['request', requestCommand],
  ['bench', benchCommand],
  ['config', configCommand],
  ['passwd', passwdCommand],
  ['acl', aclCommand],
  ['store', storeCommand],
  ['completion', completionCommand(() => commands)],
]);

/** What commands are called elsewhere. */
const familiarNames: ReadonlyMap<string, string> = new Map([
  ['publish', 'pub'],
  ['subscribe', 'sub'],
  ['rr', 'request'],
  ['serve', 'broker'],
  ['version', '--version'],
]);

/** Exit codes: the work is done, it failed, it was asked for wrongly, it was interrupted before it was done. */
export const exitCode = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/** Runs `petrel <args>`; resolves with the exit code and never rejects for what a user or a broker can do. */
export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  const [name, ...rest] = args[0] === 'help' && args.length === 2 ? [args[1] as string, '--help'] : args;
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    terminal.out(overview());
    return name === undefined ? exitCode.usage : exitCode.done;
  }
  if (name === '--version' || name === '-V') {
    terminal.out(version());
    return exitCode.done;
  }
  const command = commands.get(name);
  if (command === undefined) {
    const meant = familiarNames.get(name) ?? nearest(name, [...commands.keys()]);
    const hint = meant === undefined ? 'petrel --help lists all' : `did you mean petrel ${meant}?`;
    terminal.err(`petrel: there is no command "${name}"; ${hint}`);
    return exitCode.usage;
  }
  // `-h` is the host of those that connect, and so asks for help only where nothing follows it.
  if (rest.includes('--help') || (rest.length === 1 && rest[0] === '-h')) {
    terminal.out(command.help);
    return exitCode.done;
  }
  try {
    return (await command.run(rest, terminal)) ?? exitCode.done;
  } catch (error) {
    terminal.status('');
    if (terminal.interrupted.aborted)
      return terminal.interrupted.reason === readerHasEnough ? exitCode.done : exitCode.interrupted;
    if (!(error instanceof PetrelError)) throw error;
    if (error instanceof ConfigurationError) {
      terminal.err(error.message);
      return error.isOfArguments ? exitCode.usage : exitCode.failed;
    }
    // A topic was written by whoever asks, as all else that stands on the command line.
    const isUsage = error instanceof UsageError || error instanceof TopicError;
    terminal.err(`petrel ${name}: ${error.message}${isUsage ? '' : ` (${error.code})`}`);
    if (!isUsage) return exitCode.failed;
    terminal.err(`petrel ${name} --help tells more`);
    return exitCode.usage;
  }
}

function overview(): string {
  const lines = [...commands].map(([name, { summary }]) => `  petrel ${name.padEnd(12)}${summary}`);
  return [
    'MQTT from the command line',
    '',
    ...lines,
    '',
    'petrel <command> --help tells more, petrel --version which this is.',
  ].join('\n');
}

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return (manifest as { version: string }).version;
}
